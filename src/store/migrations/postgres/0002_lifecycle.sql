-- What happens to an award after it was made. Only new tables: a process of the version before
-- works beside them.

-- Awards whose rule is not met any more. The row goes when the rule is met again; that of a
-- revoked award stays, as the reason.
CREATE TABLE losses (
    award_id UUID PRIMARY KEY REFERENCES awards (id),
    -- The event that found it.
    event_id UUID NOT NULL REFERENCES events (id),
    lost_at  TIMESTAMPTZ NOT NULL,
    reason   TEXT NOT NULL,
    -- When the grace ends; nothing once it was looked at then.
    due_at   TIMESTAMPTZ
);
CREATE INDEX losses_due ON losses (due_at, award_id) WHERE due_at IS NOT NULL;

-- What administrators decided, kept for ever; of one badge and person the newest counts.
CREATE TABLE decisions (
    id         UUID PRIMARY KEY,
    issuer     TEXT NOT NULL,
    badge      TEXT NOT NULL,
    person_id  UUID NOT NULL REFERENCES persons (id),
    -- grant, refuse, revoke, suspend or reinstate.
    kind       TEXT NOT NULL,
    reason     TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_at TIMESTAMPTZ NOT NULL
);
CREATE INDEX decisions_person ON decisions (person_id, badge, decided_at);

-- Badges that are earned and not signed, because something about their learner is in doubt.
CREATE TABLE waiting_awards (
    person_id UUID NOT NULL REFERENCES persons (id),
    issuer    TEXT NOT NULL,
    badge     TEXT NOT NULL,
    -- The event that was judged last.
    event_id  UUID NOT NULL REFERENCES events (id),
    reason    TEXT NOT NULL,
    since     TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (person_id, issuer, badge)
);
CREATE INDEX waiting_awards_since ON waiting_awards (since);
