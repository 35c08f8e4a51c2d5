-- Reconciliation: what the gradebooks show, compared with what is stored.

CREATE TABLE reconcile_sources (
    source       TEXT PRIMARY KEY,
    -- When this source was seen first: from then on its schedule counts.
    since        INTEGER NOT NULL,
    -- Who reconciles it now; one at a time.
    holder       BLOB,
    leased_until INTEGER NOT NULL
) STRICT;

CREATE TABLE reconcile_runs (
    id          BLOB PRIMARY KEY,
    source      TEXT NOT NULL,
    -- Whether every course is read as a whole, markers or not.
    whole       INTEGER NOT NULL,
    -- Whether only some courses were asked for.
    part        INTEGER NOT NULL,
    why         TEXT NOT NULL,
    started_at  INTEGER NOT NULL,
    -- Without it the run goes on, not before `retry_at`.
    finished_at INTEGER,
    retry_at    INTEGER NOT NULL
) STRICT;
CREATE INDEX reconcile_runs_newest ON reconcile_runs (source, started_at DESC, id DESC);

-- `state` is one of waiting, done, failed.
CREATE TABLE reconcile_courses (
    run_id      BLOB NOT NULL REFERENCES reconcile_runs (id),
    -- As the rules name it.
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    delivery_id BLOB,
    checked     INTEGER NOT NULL,
    missing     INTEGER NOT NULL,
    stale       INTEGER NOT NULL,
    withdrawn   INTEGER NOT NULL,
    unchanged   INTEGER NOT NULL,
    duplicates  INTEGER NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT;

-- How far a course was read, where its LMS can tell what changed since.
CREATE TABLE reconcile_markers (
    source  TEXT NOT NULL,
    course  TEXT NOT NULL,
    marker  TEXT NOT NULL,
    PRIMARY KEY (source, course)
) STRICT;

-- Courses by the names that rules use.
CREATE TABLE reconcile_names (
    source   TEXT NOT NULL,
    name     TEXT NOT NULL,
    content  TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    PRIMARY KEY (source, name)
) STRICT;

CREATE INDEX outcomes_course ON outcomes (course, learner_id);
