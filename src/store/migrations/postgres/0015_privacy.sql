-- What is held about one learner: found, handed out, erased, and not kept for ever. Expand only; but
-- processes of the version before do not know who was erased: erase once all are of this version.

-- Whom a signal is about, as `learners.lms_id` has it; empty where it is about nobody. Of one that
-- a process of the version before stored it is not known and has to be read from the content.
ALTER TABLE signals ADD COLUMN learner TEXT;
-- Before the first quote that is not part of a text; what has escapes is read from the content.
UPDATE signals SET learner = CASE WHEN content = '{}' THEN ''
        ELSE substring(content FROM '"learner":"([^"\\]*)"') END;
UPDATE signals SET learner = NULL WHERE octet_length(learner) > 400;
CREATE INDEX signals_learner ON signals (source, learner) WHERE learner <> '';
CREATE INDEX signals_unread ON signals (source) WHERE learner IS NULL;

CREATE INDEX events_learner ON events (learner_id);
CREATE INDEX events_outcome ON events (outcome_id);

-- Of a body that is not kept any more: its SHA-256, since when it is gone, and why.
ALTER TABLE deliveries ADD COLUMN body_sha256 BYTEA;
ALTER TABLE deliveries ADD COLUMN body_gone_at TIMESTAMPTZ;
ALTER TABLE deliveries ADD COLUMN body_gone TEXT;
CREATE INDEX deliveries_first ON deliveries (first_id) WHERE first_id IS NOT NULL;
CREATE INDEX deliveries_bodies ON deliveries (received_at, id) WHERE body IS NOT NULL;

-- What is done, and still says more than that.
CREATE INDEX signals_settled ON signals (finished_at, id) WHERE state = 'done' AND content <> '{}';
CREATE INDEX mails_settled ON mails (finished_at, id) WHERE state = 'done' AND reason <> '';

-- Learners who were erased and are not taken up again: HMAC of source and LMS id under a secret of
-- the installation, nothing else.
CREATE TABLE erased_learners (
    mark      BYTEA PRIMARY KEY,
    erased_at TIMESTAMPTZ NOT NULL
);

-- What is left of a credential whose holder was erased: its id and its places in the status lists.
CREATE TABLE erased_credentials (
    id           UUID PRIMARY KEY,
    status_list  BIGINT NOT NULL REFERENCES status_lists (id),
    status_index BIGINT NOT NULL,
    revoked_at   TIMESTAMPTZ NOT NULL,
    UNIQUE (status_list, status_index)
);
