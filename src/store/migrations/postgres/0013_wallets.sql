-- Badges taken to wallets. Only new tables: a process of the version before works beside them.
-- No row holds a ticket, a code or a token: they are made again from the installation's secret.

-- A badge offered to a wallet (OpenID4VCI, pre-authorized code), with the mail that brings the
-- transaction code: `state` and what follows are as in `mails`.
CREATE TABLE wallet_offers (
    id            UUID PRIMARY KEY,
    credential_id UUID NOT NULL REFERENCES credentials (id),
    language      TEXT NOT NULL,
    -- Nobody redeems it after that.
    expires_at    TIMESTAMPTZ NOT NULL,
    wrong_codes   BIGINT NOT NULL,
    redeemed_at   TIMESTAMPTZ,
    -- SHA-256 of the DID to which the badge was bound, and when that was first.
    holder        BYTEA,
    bound_at      TIMESTAMPTZ,
    -- Those of the award: for logs and messages, whether or not the delivery is still kept.
    delivery_id   UUID NOT NULL,
    source        TEXT NOT NULL,
    state         TEXT NOT NULL,
    reason        TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    due_at        TIMESTAMPTZ NOT NULL,
    sweep_at      TIMESTAMPTZ NOT NULL,
    leased_until  TIMESTAMPTZ,
    created_at    TIMESTAMPTZ NOT NULL,
    finished_at   TIMESTAMPTZ
);
CREATE INDEX wallet_offers_credential ON wallet_offers (credential_id, created_at);
CREATE INDEX wallet_offers_created ON wallet_offers (created_at);
CREATE INDEX wallet_offers_sweep ON wallet_offers (sweep_at, id) WHERE state = 'waiting';

-- Challenges that were answered, by their SHA-256, until they end: none is answered twice.
CREATE TABLE wallet_challenges (
    hash       BYTEA PRIMARY KEY,
    expires_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX wallet_challenges_expired ON wallet_challenges (expires_at);
