-- Badges that their holders hide, and addresses that they ask mails to go to. Expand only: a process of
-- the version before works beside them.

-- When the holder hid the page of a claimed badge.
ALTER TABLE credentials ADD COLUMN hidden_at INTEGER;

-- Addresses that holders gave. Mails go there once somebody who reads them confirms.
CREATE TABLE address_changes (
    -- SHA-256 of the token in the mail.
    token_hash    BLOB PRIMARY KEY,
    credential_id BLOB NOT NULL REFERENCES credentials (id),
    -- Counts those of a credential: the mail is of the kind `address-NUMBER`.
    number        INTEGER NOT NULL,
    address       TEXT NOT NULL,
    asked_at      INTEGER NOT NULL,
    -- Confirmed later it changes nothing.
    until         INTEGER NOT NULL,
    confirmed_at  INTEGER,
    UNIQUE (credential_id, number)
) STRICT;
