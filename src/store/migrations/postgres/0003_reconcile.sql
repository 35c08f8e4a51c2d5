-- Reconciliation: what the gradebooks show, compared with what is stored.

CREATE TABLE reconcile_sources (
    source       TEXT PRIMARY KEY,
    -- When this source was seen first: from then on its schedule counts.
    since        TIMESTAMPTZ NOT NULL,
    -- Who reconciles it now; one at a time.
    holder       UUID,
    leased_until TIMESTAMPTZ NOT NULL
);

CREATE TABLE reconcile_runs (
    id          UUID PRIMARY KEY,
    source      TEXT NOT NULL,
    -- Whether every course is read as a whole, markers or not.
    whole       BOOLEAN NOT NULL,
    -- Whether only some courses were asked for.
    part        BOOLEAN NOT NULL,
    why         TEXT NOT NULL,
    started_at  TIMESTAMPTZ NOT NULL,
    -- Without it the run goes on, not before `retry_at`.
    finished_at TIMESTAMPTZ,
    retry_at    TIMESTAMPTZ NOT NULL
);
CREATE INDEX reconcile_runs_newest ON reconcile_runs (source, started_at DESC, id DESC);

-- `state` is one of waiting, done, failed.
CREATE TABLE reconcile_courses (
    run_id      UUID NOT NULL REFERENCES reconcile_runs (id),
    -- As the rules name it.
    name        TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    delivery_id UUID,
    checked     BIGINT NOT NULL,
    missing     BIGINT NOT NULL,
    stale       BIGINT NOT NULL,
    withdrawn   BIGINT NOT NULL,
    unchanged   BIGINT NOT NULL,
    duplicates  BIGINT NOT NULL,
    PRIMARY KEY (run_id, name)
);

-- How far a course was read, where its LMS can tell what changed since.
CREATE TABLE reconcile_markers (
    source  TEXT NOT NULL,
    course  TEXT NOT NULL,
    marker  TEXT NOT NULL,
    PRIMARY KEY (source, course)
);

-- Courses by the names that rules use.
CREATE TABLE reconcile_names (
    source   TEXT NOT NULL,
    name     TEXT NOT NULL,
    content  TEXT NOT NULL,
    found_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (source, name)
);

CREATE INDEX outcomes_course ON outcomes (course, learner_id);
