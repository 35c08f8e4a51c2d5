-- Mailboxes in one file, and marks of erased learners that say which secret made them. Expand only.

-- How far a mailbox (mbox) was read: where its last message began, where that ended, and a hash of the
-- bytes before that end. `file` is the device and the number of the file: a path can have several.
CREATE TABLE mailboxes (
    path       TEXT NOT NULL,
    file       TEXT NOT NULL,
    message_at INTEGER NOT NULL,
    read_to    INTEGER NOT NULL,
    tail       BLOB NOT NULL,
    read_at    INTEGER NOT NULL,
    PRIMARY KEY (path, file)
) STRICT;

-- A hash of the secret under which a mark was made: under another one it recognises nobody.
ALTER TABLE erased_learners ADD COLUMN made_with BLOB;
