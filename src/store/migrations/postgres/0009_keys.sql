-- Keys of issuers: which sign, which are still trusted. The private halves are never here. Only a
-- new table and a column that may be empty: a process of the version before works beside them.

CREATE TABLE issuer_keys (
    -- The issuer's slug.
    issuer         TEXT NOT NULL,
    -- badge (embedded proofs) or jwt (the JWT form).
    purpose        TEXT NOT NULL,
    -- Counts the keys of one issuer and purpose: two processes cannot bring the same one.
    number         BIGINT NOT NULL,
    -- What follows the # in its DID URL.
    name           TEXT NOT NULL,
    -- The public half: Multikey, or a JWK as JSON.
    public_key     TEXT NOT NULL,
    -- announced, active, retired or compromised.
    state          TEXT NOT NULL,
    announced_at   TIMESTAMPTZ NOT NULL,
    -- When it may sign: verifiers that kept the list of keys have read it again by then.
    signs_from     TIMESTAMPTZ NOT NULL,
    activated_at   TIMESTAMPTZ,
    retired_at     TIMESTAMPTZ,
    compromised_at TIMESTAMPTZ,
    -- Why it is compromised.
    reason         TEXT NOT NULL,
    PRIMARY KEY (issuer, purpose, number),
    UNIQUE (issuer, name)
);
CREATE UNIQUE INDEX issuer_keys_active ON issuer_keys (issuer, purpose) WHERE state = 'active';
CREATE UNIQUE INDEX issuer_keys_announced ON issuer_keys (issuer, purpose) WHERE state = 'announced';

-- The name of the key that signed it; nothing for the first key of its issuer.
ALTER TABLE credentials ADD COLUMN signed_by TEXT;
CREATE INDEX credentials_signed_by ON credentials (signed_by, id);
