-- Times are whole microseconds since 1970, in UTC; ids are the 16 bytes of a UUID.
-- Every `state` is one of waiting, done, parked; a delivery's also duplicate, ignored, refused.
-- `due_at`: not to be worked on before. `sweep_at`: when the sweeper takes the row for lost.

CREATE TABLE deliveries (
    id          BLOB PRIMARY KEY,
    source      TEXT NOT NULL,
    received_at INTEGER NOT NULL,
    user_agent  TEXT,
    body        BLOB,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    -- What was known at once: ignored and repeated parts.
    note        TEXT NOT NULL,
    -- The HTTP status of a refusal.
    status      INTEGER,
    -- The delivery that told a signal of this one first.
    first_id    BLOB
) STRICT;
CREATE INDEX deliveries_newest ON deliveries (received_at DESC, id DESC);
CREATE INDEX deliveries_open ON deliveries (state, received_at DESC, id DESC)
    WHERE state IN ('waiting', 'parked');

CREATE TABLE signals (
    id          BLOB PRIMARY KEY,
    delivery_id BLOB NOT NULL REFERENCES deliveries (id),
    source      TEXT NOT NULL,
    key         TEXT NOT NULL,
    batch       TEXT NOT NULL,
    event       TEXT NOT NULL,
    content     TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    sweep_at    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER,
    UNIQUE (source, key)
) STRICT;
CREATE INDEX signals_delivery ON signals (delivery_id);
CREATE INDEX signals_batch ON signals (source, batch, created_at) WHERE state = 'waiting';
CREATE INDEX signals_sweep ON signals (sweep_at, id) WHERE state = 'waiting';
CREATE INDEX signals_parked ON signals (created_at) WHERE state = 'parked';

CREATE TABLE persons (
    id      BLOB PRIMARY KEY,
    version INTEGER NOT NULL
) STRICT;

CREATE TABLE learners (
    id             BLOB PRIMARY KEY,
    source         TEXT NOT NULL,
    lms_id         TEXT NOT NULL,
    person_id      BLOB NOT NULL REFERENCES persons (id),
    name           TEXT,
    email          TEXT,
    -- The address in the form in which addresses are compared.
    email_key      TEXT,
    institution_id TEXT,
    language       TEXT,
    as_of          INTEGER NOT NULL,
    UNIQUE (source, lms_id)
) STRICT;
CREATE INDEX learners_person ON learners (person_id);
CREATE INDEX learners_email ON learners (email_key) WHERE email_key IS NOT NULL;

CREATE TABLE outcomes (
    id           BLOB PRIMARY KEY,
    learner_id   BLOB NOT NULL REFERENCES learners (id),
    course       TEXT NOT NULL,
    assessment   TEXT NOT NULL,
    content      TEXT NOT NULL,
    passes       INTEGER NOT NULL,
    as_of        INTEGER NOT NULL,
    confirmed_at INTEGER NOT NULL,
    UNIQUE (learner_id, course, assessment)
) STRICT;

CREATE TABLE events (
    id          BLOB PRIMARY KEY,
    signal_id   BLOB NOT NULL REFERENCES signals (id),
    delivery_id BLOB NOT NULL REFERENCES deliveries (id),
    source      TEXT NOT NULL,
    learner_id  BLOB NOT NULL REFERENCES learners (id),
    outcome_id  BLOB NOT NULL REFERENCES outcomes (id),
    passed      INTEGER NOT NULL,
    content     TEXT NOT NULL,
    state       TEXT NOT NULL,
    reason      TEXT NOT NULL,
    attempts    INTEGER NOT NULL,
    due_at      INTEGER NOT NULL,
    sweep_at    INTEGER NOT NULL,
    created_at  INTEGER NOT NULL,
    finished_at INTEGER
) STRICT;
CREATE INDEX events_delivery ON events (delivery_id);
CREATE INDEX events_sweep ON events (sweep_at, id) WHERE state = 'waiting';
CREATE INDEX events_parked ON events (created_at) WHERE state = 'parked';

CREATE TABLE status_lists (
    id         INTEGER PRIMARY KEY,
    issuer     TEXT NOT NULL,
    -- Counts the lists of one issuer: two processes cannot open the same one.
    number     INTEGER NOT NULL,
    size       INTEGER NOT NULL,
    seed       INTEGER NOT NULL,
    used       INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    UNIQUE (issuer, number)
) STRICT;

-- The id of an award is the id of its credential.
CREATE TABLE awards (
    id          BLOB PRIMARY KEY,
    issuer      TEXT NOT NULL,
    badge       TEXT NOT NULL,
    person_id   BLOB NOT NULL REFERENCES persons (id),
    cycle       TEXT NOT NULL,
    event_id    BLOB NOT NULL REFERENCES events (id),
    awarded_at  INTEGER NOT NULL,
    rules       TEXT NOT NULL,
    explanation TEXT NOT NULL,
    UNIQUE (issuer, badge, person_id, cycle)
) STRICT;
CREATE INDEX awards_person ON awards (person_id);
CREATE INDEX awards_event ON awards (event_id);

CREATE TABLE credentials (
    id           BLOB PRIMARY KEY REFERENCES awards (id),
    document     TEXT NOT NULL,
    status_list  INTEGER NOT NULL REFERENCES status_lists (id),
    status_index INTEGER NOT NULL,
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    claim_hash   BLOB NOT NULL UNIQUE,
    claim_until  INTEGER NOT NULL,
    claimed_at   INTEGER,
    revoked      INTEGER NOT NULL,
    suspended    INTEGER NOT NULL,
    UNIQUE (status_list, status_index)
) STRICT;
CREATE INDEX credentials_status ON credentials (status_list) WHERE revoked OR suspended;

CREATE TABLE mails (
    id            BLOB PRIMARY KEY,
    credential_id BLOB NOT NULL REFERENCES credentials (id),
    delivery_id   BLOB NOT NULL REFERENCES deliveries (id),
    source        TEXT NOT NULL,
    kind          TEXT NOT NULL,
    message_id    TEXT NOT NULL,
    date          INTEGER NOT NULL,
    language      TEXT,
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    attempts      INTEGER NOT NULL,
    due_at        INTEGER NOT NULL,
    sweep_at      INTEGER NOT NULL,
    leased_until  INTEGER,
    created_at    INTEGER NOT NULL,
    finished_at   INTEGER,
    UNIQUE (credential_id, kind)
) STRICT;
CREATE INDEX mails_delivery ON mails (delivery_id);
CREATE INDEX mails_sweep ON mails (sweep_at, id) WHERE state = 'waiting';
CREATE INDEX mails_parked ON mails (created_at) WHERE state = 'parked';
