-- The guard: awards beyond the expected number are held until a human decides. Only new tables:
-- a process of the version before works beside them.

-- What is watched: `badge:ID`, `source:NAME` or `all`. Awards are counted under the lock of its row.
CREATE TABLE guard_scopes (
    scope       TEXT PRIMARY KEY,
    -- The most awards in one window so far, of which window (hours), and the hour in which that
    -- was found; nothing where it has to be found anew.
    peak        INTEGER,
    peak_window INTEGER,
    peak_hour   INTEGER
) STRICT;

-- Awards by the hour.
CREATE TABLE guard_counts (
    scope   TEXT NOT NULL REFERENCES guard_scopes (scope),
    hour    INTEGER NOT NULL,
    -- Those that met the guard since a human decided last.
    counted INTEGER NOT NULL,
    -- Those of which a human knows: released, or counted before a decision.
    known   INTEGER NOT NULL,
    PRIMARY KEY (scope, hour)
) STRICT;

CREATE TABLE guard_holds (
    id          BLOB PRIMARY KEY,
    scope       TEXT NOT NULL REFERENCES guard_scopes (scope),
    -- open, released or cancelled.
    state       TEXT NOT NULL,
    -- So many awards were expected in so many hours, where that number comes from, and how many
    -- had left.
    expected    INTEGER NOT NULL,
    hours       INTEGER NOT NULL,
    basis       TEXT NOT NULL,
    awarded     INTEGER NOT NULL,
    opened_at   INTEGER NOT NULL,
    decided_at  INTEGER,
    decided_by  TEXT NOT NULL,
    reason      TEXT NOT NULL,
    -- How many awards the decision was about.
    decided     INTEGER NOT NULL,
    -- Decided, and some of its awards do not know yet.
    telling     INTEGER NOT NULL
) STRICT;
-- One at a time.
CREATE UNIQUE INDEX guard_holds_open ON guard_holds (scope) WHERE state = 'open';
CREATE INDEX guard_holds_telling ON guard_holds (id) WHERE telling;

-- Awards that are, or were, held. One that was cancelled stays until its evidence changes.
CREATE TABLE guard_awards (
    person_id BLOB NOT NULL REFERENCES persons (id),
    issuer    TEXT NOT NULL,
    badge     TEXT NOT NULL,
    hold_id   BLOB NOT NULL REFERENCES guard_holds (id),
    -- The event that was judged last.
    event_id  BLOB NOT NULL REFERENCES events (id),
    -- A hash of what it rests on, and the same for people.
    evidence  TEXT NOT NULL,
    grade     TEXT NOT NULL,
    since     INTEGER NOT NULL,
    -- It knows what was decided.
    told      INTEGER NOT NULL,
    PRIMARY KEY (person_id, issuer, badge)
) STRICT;
CREATE INDEX guard_awards_hold ON guard_awards (hold_id, since, person_id);
CREATE INDEX guard_awards_event ON guard_awards (event_id);

-- Messages to administrators, sent like the mails of learners: one for each hold and recipient.
CREATE TABLE notices (
    id           BLOB PRIMARY KEY,
    hold_id      BLOB NOT NULL REFERENCES guard_holds (id),
    recipient    TEXT NOT NULL,
    -- The delivery that brought the first award of the hold.
    delivery_id  BLOB NOT NULL REFERENCES deliveries (id),
    source       TEXT NOT NULL,
    message_id   TEXT NOT NULL,
    date         INTEGER NOT NULL,
    state        TEXT NOT NULL,
    reason       TEXT NOT NULL,
    attempts     INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    sweep_at     INTEGER NOT NULL,
    leased_until INTEGER,
    created_at   INTEGER NOT NULL,
    finished_at  INTEGER,
    UNIQUE (hold_id, recipient)
) STRICT;
CREATE INDEX notices_sweep ON notices (sweep_at, id) WHERE state = 'waiting';
