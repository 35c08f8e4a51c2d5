-- The guard: awards beyond the expected number are held until a human decides. Only new tables:
-- a process of the version before works beside them.

-- What is watched: `badge:ID`, `source:NAME` or `all`. Awards are counted under the lock of its row.
CREATE TABLE guard_scopes (
    scope       TEXT PRIMARY KEY,
    -- The most awards in one window so far, of which window (hours), and the hour in which that
    -- was found; nothing where it has to be found anew.
    peak        BIGINT,
    peak_window BIGINT,
    peak_hour   TIMESTAMPTZ
);

-- Awards by the hour.
CREATE TABLE guard_counts (
    scope   TEXT NOT NULL REFERENCES guard_scopes (scope),
    hour    TIMESTAMPTZ NOT NULL,
    -- Those that met the guard since a human decided last.
    counted BIGINT NOT NULL,
    -- Those of which a human knows: released, or counted before a decision.
    known   BIGINT NOT NULL,
    PRIMARY KEY (scope, hour)
);

CREATE TABLE guard_holds (
    id          UUID PRIMARY KEY,
    scope       TEXT NOT NULL REFERENCES guard_scopes (scope),
    -- open, released or cancelled.
    state       TEXT NOT NULL,
    -- So many awards were expected in so many hours, where that number comes from, and how many
    -- had left.
    expected    BIGINT NOT NULL,
    hours       BIGINT NOT NULL,
    basis       TEXT NOT NULL,
    awarded     BIGINT NOT NULL,
    opened_at   TIMESTAMPTZ NOT NULL,
    decided_at  TIMESTAMPTZ,
    decided_by  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    -- How many awards the decision was about.
    decided     BIGINT NOT NULL,
    -- Decided, and some of its awards do not know yet.
    telling     BOOLEAN NOT NULL
);
-- One at a time.
CREATE UNIQUE INDEX guard_holds_open ON guard_holds (scope) WHERE state = 'open';
CREATE INDEX guard_holds_telling ON guard_holds (id) WHERE telling;

-- Awards that are, or were, held. One that was cancelled stays until its evidence changes.
CREATE TABLE guard_awards (
    person_id UUID NOT NULL REFERENCES persons (id),
    issuer    TEXT NOT NULL,
    badge     TEXT NOT NULL,
    hold_id   UUID NOT NULL REFERENCES guard_holds (id),
    -- The event that was judged last.
    event_id  UUID NOT NULL REFERENCES events (id),
    -- A hash of what it rests on, and the same for people.
    evidence  TEXT NOT NULL,
    grade     TEXT NOT NULL,
    since     TIMESTAMPTZ NOT NULL,
    -- It knows what was decided.
    told      BOOLEAN NOT NULL,
    PRIMARY KEY (person_id, issuer, badge)
);
CREATE INDEX guard_awards_hold ON guard_awards (hold_id, since, person_id);
CREATE INDEX guard_awards_event ON guard_awards (event_id);

-- Messages to administrators, sent like the mails of learners: one for each hold and recipient.
CREATE TABLE notices (
    id           UUID PRIMARY KEY,
    hold_id      UUID NOT NULL REFERENCES guard_holds (id),
    recipient    TEXT NOT NULL,
    -- The delivery that brought the first award of the hold.
    delivery_id  UUID NOT NULL REFERENCES deliveries (id),
    source       TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    date         TIMESTAMPTZ NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    attempts     BIGINT NOT NULL,
    due_at       TIMESTAMPTZ NOT NULL,
    sweep_at     TIMESTAMPTZ NOT NULL,
    leased_until TIMESTAMPTZ,
    created_at   TIMESTAMPTZ NOT NULL,
    finished_at  TIMESTAMPTZ,
    UNIQUE (hold_id, recipient)
);
CREATE INDEX notices_sweep ON notices (sweep_at, id) WHERE state = 'waiting';
