-- Who is one person: what links learners, doubts about it, and what administrators decided.
-- Expand only: a process of the version before works beside them.

-- The institution's id in the form in which ids are compared.
ALTER TABLE learners ADD COLUMN institution_key TEXT;
UPDATE learners SET institution_key = TRIM(institution_id)
    WHERE length(CAST(institution_id AS BLOB)) <= 400 AND TRIM(institution_id) <> '';
CREATE INDEX learners_institution ON learners (institution_key) WHERE institution_key IS NOT NULL;

-- Whether it is another one than was known first: it links nobody by itself any more.
ALTER TABLE learners ADD COLUMN email_changed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE learners ADD COLUMN institution_changed INTEGER NOT NULL DEFAULT 0;

-- A learner who may be the same person as others. It is open while one of these is another
-- person and not kept separate from the learner's.
CREATE TABLE doubts (
    id         BLOB PRIMARY KEY,
    learner_id BLOB NOT NULL UNIQUE REFERENCES learners (id),
    reason     TEXT NOT NULL,
    since      INTEGER NOT NULL
) STRICT;

CREATE TABLE doubt_candidates (
    doubt_id   BLOB NOT NULL REFERENCES doubts (id),
    learner_id BLOB NOT NULL REFERENCES learners (id),
    PRIMARY KEY (doubt_id, learner_id)
) STRICT;
CREATE INDEX doubt_candidates_learner ON doubt_candidates (learner_id);

-- Learners whom an administrator keeps separate; each pair stands in both directions.
CREATE TABLE separations (
    learner_id BLOB NOT NULL REFERENCES learners (id),
    other_id   BLOB NOT NULL REFERENCES learners (id),
    PRIMARY KEY (learner_id, other_id)
) STRICT;

-- What administrators decided about who is who, kept for ever.
CREATE TABLE people_decisions (
    id         BLOB PRIMARY KEY,
    -- link or separate.
    kind       TEXT NOT NULL,
    learner_id BLOB NOT NULL REFERENCES learners (id),
    other_id   BLOB NOT NULL REFERENCES learners (id),
    reason     TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at INTEGER NOT NULL
) STRICT;
