-- Badges that their holders hide, and addresses that they ask mails to go to. Expand only: a process of
-- the version before works beside them.

-- When the holder hid the page of a claimed badge.
ALTER TABLE credentials ADD COLUMN hidden_at TIMESTAMPTZ;

-- Addresses that holders gave. Mails go there once somebody who reads them confirms.
CREATE TABLE address_changes (
    -- SHA-256 of the token in the mail.
    token_hash    BYTEA PRIMARY KEY,
    credential_id UUID NOT NULL REFERENCES credentials (id),
    -- Counts those of a credential: the mail is of the kind `address-NUMBER`.
    number        BIGINT NOT NULL,
    address       TEXT NOT NULL,
    asked_at      TIMESTAMPTZ NOT NULL,
    -- Confirmed later it changes nothing.
    until         TIMESTAMPTZ NOT NULL,
    confirmed_at  TIMESTAMPTZ,
    UNIQUE (credential_id, number)
);
