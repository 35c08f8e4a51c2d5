-- Mailboxes in one file, and marks of erased learners that say which secret made them. Expand only.

-- How far a mailbox (mbox) was read: where its last message began, where that ended, and a hash of the
-- bytes before that end. `file` is the device and the number of the file: a path can have several.
CREATE TABLE mailboxes (
    path       TEXT NOT NULL,
    file       TEXT NOT NULL,
    message_at BIGINT NOT NULL,
    read_to    BIGINT NOT NULL,
    tail       BYTEA NOT NULL,
    read_at    TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (path, file)
);

-- A hash of the secret under which a mark was made: under another one it recognises nobody.
ALTER TABLE erased_learners ADD COLUMN made_with BYTEA;
