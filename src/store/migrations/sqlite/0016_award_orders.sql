-- Awards that are issued again by newer rules, and awards that end early. New tables, and a new column
-- that may be empty: a process of the version before works beside them.

-- The award in whose place this one stands.
ALTER TABLE awards ADD COLUMN supersedes BLOB REFERENCES awards (id);
CREATE INDEX awards_supersedes ON awards (supersedes) WHERE supersedes IS NOT NULL;

-- Awards that a worker is to issue again by the rules in use; gone when it has looked at them.
CREATE TABLE supersessions (
    award_id   BLOB PRIMARY KEY REFERENCES awards (id),
    reason     TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_at INTEGER NOT NULL
);

-- Awards that end before the end that they were signed with; gone when they have ended.
CREATE TABLE early_ends (
    award_id   BLOB PRIMARY KEY REFERENCES awards (id),
    ends_at    INTEGER NOT NULL,
    reason     TEXT NOT NULL,
    ordered_by TEXT NOT NULL,
    ordered_at INTEGER NOT NULL
);
CREATE INDEX early_ends_due ON early_ends (ends_at, award_id);
