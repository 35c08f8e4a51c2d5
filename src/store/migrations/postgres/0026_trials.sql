-- Work that is begun with care, because it may have ended the process that had it before. Expand only.

-- A row is here while a process works on it, and stays when that process ends. `alone`: how often it
-- was worked on with nothing beside it.
CREATE TABLE trials (
    id       UUID PRIMARY KEY,
    alone    BIGINT NOT NULL,
    began_at TIMESTAMPTZ NOT NULL
);
