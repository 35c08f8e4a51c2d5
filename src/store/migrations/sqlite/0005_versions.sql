-- Versions of badges and rules, and the facts on which awards rest. Expand only: a process of the
-- version before works beside them.

-- What was published once, by content: it never changes.
CREATE TABLE rule_versions (
    -- SHA-256 over names and bytes of its files, hex: what an award names in `rules`.
    version   TEXT PRIMARY KEY,
    -- The sources that the configuration had: JSON, a list of names.
    sources   TEXT NOT NULL,
    stored_at INTEGER NOT NULL
) STRICT;

CREATE TABLE rule_files (
    version TEXT NOT NULL REFERENCES rule_versions (version),
    name    TEXT NOT NULL,
    content BLOB NOT NULL,
    PRIMARY KEY (version, name)
) STRICT;

-- The newest is in use.
CREATE TABLE publications (
    -- From 1; two at the same time cannot have the same.
    number       INTEGER PRIMARY KEY,
    version      TEXT NOT NULL REFERENCES rule_versions (version),
    published_at INTEGER NOT NULL,
    published_by TEXT NOT NULL,
    note         TEXT NOT NULL
) STRICT;

-- The facts that a decision was made on: without name and address of the learner.
CREATE TABLE award_inputs (
    award_id BLOB PRIMARY KEY REFERENCES awards (id),
    -- SHA-256 over the content, hex.
    hash     TEXT NOT NULL,
    content  TEXT NOT NULL
) STRICT;

-- Whether the event is about everything that is known of its person, not its outcome alone.
ALTER TABLE events ADD COLUMN whole INTEGER NOT NULL DEFAULT 0;
-- Set, the event is judged by the rules of this publication or a later one.
ALTER TABLE events ADD COLUMN publication INTEGER;
