-- What holders say of badges that they were sent, mails beyond the first, and what came back. Expand
-- only: a process of the version before works beside them.

-- When the holder declined it; nothing once it is claimed after all.
ALTER TABLE credentials ADD COLUMN declined_at INTEGER;
-- Where mails about it go, if not to the address of its issue.
ALTER TABLE credentials ADD COLUMN mail_to TEXT;
-- Counts the claim links: each new one ends those before it.
ALTER TABLE credentials ADD COLUMN link INTEGER NOT NULL DEFAULT 0;
-- When a mail with the link left last, how many reminders there were, and when to think of the next.
ALTER TABLE credentials ADD COLUMN invited_at INTEGER;
ALTER TABLE credentials ADD COLUMN reminded INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN remind_at INTEGER;
CREATE INDEX credentials_remind ON credentials (remind_at, id) WHERE remind_at IS NOT NULL;

-- Links that a new one ended: they claim nothing, and can still ask for a new one.
CREATE TABLE former_links (
    claim_hash    BLOB PRIMARY KEY,
    credential_id BLOB NOT NULL REFERENCES credentials (id)
) STRICT;

-- "This is not me": no mail about that badge leaves to that address.
CREATE TABLE disowned (
    credential_id BLOB PRIMARY KEY REFERENCES credentials (id),
    issuer        TEXT NOT NULL,
    badge         TEXT NOT NULL,
    -- In lower case.
    address       TEXT NOT NULL,
    since         INTEGER NOT NULL
) STRICT;
CREATE INDEX disowned_address ON disowned (address, badge);

-- What came back: hard (no such mailbox), soft (it may work later) or delayed.
ALTER TABLE mails ADD COLUMN bounce TEXT;
ALTER TABLE mails ADD COLUMN bounced_at INTEGER;
ALTER TABLE mails ADD COLUMN bounce_reason TEXT;
CREATE INDEX mails_message ON mails (message_id);
CREATE INDEX mails_bounced ON mails (bounced_at) WHERE bounced_at IS NOT NULL;
