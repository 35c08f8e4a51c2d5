-- Versions of badges and rules, and the facts on which awards rest. Expand only: a process of the
-- version before works beside them.

-- What was published once, by content: it never changes.
CREATE TABLE rule_versions (
    -- SHA-256 over names and bytes of its files, hex: what an award names in `rules`.
    version   TEXT PRIMARY KEY,
    -- The sources that the configuration had: JSON, a list of names.
    sources   TEXT NOT NULL,
    stored_at TIMESTAMPTZ NOT NULL
);

CREATE TABLE rule_files (
    version TEXT NOT NULL REFERENCES rule_versions (version),
    name    TEXT NOT NULL,
    content BYTEA NOT NULL,
    PRIMARY KEY (version, name)
);

-- The newest is in use.
CREATE TABLE publications (
    -- From 1; two at the same time cannot have the same.
    number       BIGINT PRIMARY KEY,
    version      TEXT NOT NULL REFERENCES rule_versions (version),
    published_at TIMESTAMPTZ NOT NULL,
    published_by TEXT NOT NULL,
    note         TEXT NOT NULL
);

-- The facts that a decision was made on: without name and address of the learner.
CREATE TABLE award_inputs (
    award_id UUID PRIMARY KEY REFERENCES awards (id),
    -- SHA-256 over the content, hex.
    hash     TEXT NOT NULL,
    content  TEXT NOT NULL
);

-- Whether the event is about everything that is known of its person, not its outcome alone.
ALTER TABLE events ADD COLUMN whole BOOLEAN NOT NULL DEFAULT false;
-- Set, the event is judged by the rules of this publication or a later one.
ALTER TABLE events ADD COLUMN publication BIGINT;
