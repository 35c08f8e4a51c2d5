//! What differs between a copy and its original.
//!
//! In brackets, for [`Dialect::expression`]: `[timed X]` is an id that sorts by time, `[first X]` that of
//! what the award's own delivery led to, `[named X]` an id that is derived, `[hash X]` a hash, `[digest X]`
//! the SHA-256 of bytes, `[at N]` a time, N seconds after the delivery, `[days N]` so many days ago, as a
//! number like `c.at`, `[learner]` the number of a learner. `o` is the original, `c` the copy: its number
//! `g` of all, the number `copy` of the copy of all originals, `part` its number among the deliveries of
//! one award, and `at` its time in milliseconds.

use super::Numbers;
use super::dialect::Dialect;

/// For what there is a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Every {
    Award,
    Delivery,
    /// Every third delivery of an award, beginning with the one that led to it.
    Third,
}

/// A table that is filled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Table {
    pub(super) name: &'static str,
    /// Where the originals have its id.
    pub(super) key: &'static str,
    pub(super) id: &'static str,
    pub(super) every: Every,
    pub(super) changed: &'static [(&'static str, &'static str)],
}

/// Retention keeps 90 days (`config/default.toml`); after some days nobody is reminded any more.
pub(super) const TABLES: &[Table] = &[
    Table {
        name: "deliveries",
        key: "delivery_id",
        id: "id",
        every: Every::Delivery,
        changed: &[
            ("id", "[timed id]"),
            ("received_at", "[at 0]"),
            ("body", "CASE WHEN c.at >= [days 90] THEN o.body END"),
            ("body_sha256", "CASE WHEN c.at < [days 90] THEN [digest body] END"),
            ("body_gone_at", "CASE WHEN c.at < [days 90] THEN [at 7776000] END"),
            ("body_gone", "CASE WHEN c.at < [days 90] THEN 'retention' END"),
        ],
    },
    Table {
        name: "signals",
        key: "signal_id",
        id: "id",
        every: Every::Delivery,
        changed: &[
            ("id", "[timed id]"),
            ("delivery_id", "[timed delivery_id]"),
            ("key", "'event:assessment.passed:filled-' || c.g"),
            ("learner", "o.learner || '-' || c.copy"),
            ("due_at", "[at 0]"),
            ("sweep_at", "[at 30]"),
            ("created_at", "[at 0]"),
            ("finished_at", "[at 1]"),
        ],
    },
    Table {
        name: "persons",
        key: "person_id",
        id: "id",
        every: Every::Award,
        changed: &[("id", "[named id]")],
    },
    Table {
        name: "learners",
        key: "learner_id",
        id: "id",
        every: Every::Award,
        changed: &[
            ("id", "[timed id]"),
            ("lms_id", "o.lms_id || '-' || c.copy"),
            ("person_id", "[named person_id]"),
            ("email", "replace(o.email, '@', '-' || c.copy || '@')"),
            ("email_key", "replace(o.email_key, '@', '-' || c.copy || '@')"),
            ("as_of", "[at 0]"),
        ],
    },
    Table {
        name: "outcomes",
        key: "outcome_id",
        id: "id",
        every: Every::Award,
        changed: &[
            ("id", "[timed id]"),
            ("learner_id", "[timed learner_id]"),
            ("as_of", "[at 0]"),
            ("confirmed_at", "[at 1]"),
        ],
    },
    Table {
        name: "events",
        key: "event_id",
        id: "id",
        every: Every::Third,
        changed: &[
            ("id", "[timed id]"),
            ("signal_id", "[timed signal_id]"),
            ("delivery_id", "[timed delivery_id]"),
            ("learner_id", "[first learner_id]"),
            ("outcome_id", "[first outcome_id]"),
            ("due_at", "[at 1]"),
            ("sweep_at", "[at 31]"),
            ("created_at", "[at 1]"),
            ("finished_at", "[at 2]"),
        ],
    },
    Table {
        name: "awards",
        key: "award_id",
        id: "id",
        every: Every::Award,
        changed: &[
            ("id", "[named id]"),
            ("person_id", "[named person_id]"),
            ("event_id", "[timed event_id]"),
            ("awarded_at", "[at 2]"),
        ],
    },
    Table {
        name: "credentials",
        key: "award_id",
        id: "id",
        every: Every::Award,
        changed: &[
            ("id", "[named id]"),
            ("status_list", "o.status_list + 1000 * c.copy"),
            ("email", "replace(o.email, '@', '-' || c.copy || '@')"),
            ("claim_hash", "[hash claim_hash]"),
            ("claim_until", "[at 5184000]"),
            ("claimed_at", "CASE WHEN c.number % 5 < 3 THEN [at 86400] END"),
            ("remind_at", "CASE WHEN c.at >= [days 7] THEN o.remind_at END"),
        ],
    },
    Table {
        name: "mails",
        key: "mail_id",
        id: "id",
        every: Every::Award,
        changed: &[
            ("id", "[named id]"),
            ("credential_id", "[named credential_id]"),
            ("delivery_id", "[timed delivery_id]"),
            ("message_id", "c.copy || '.' || o.message_id"),
            ("date", "[at 2]"),
            ("reason", "CASE WHEN c.at < [days 90] THEN '' ELSE o.reason END"),
            ("due_at", "[at 2]"),
            ("sweep_at", "[at 32]"),
            ("created_at", "[at 2]"),
            ("finished_at", "[at 3]"),
        ],
    },
];

/// Passes that wait, as webhooks of other learners tell them.
pub(super) const WAITING: &[Table] = &[
    Table {
        name: "deliveries",
        key: "delivery_id",
        id: "id",
        every: Every::Delivery,
        changed: &[("id", "[timed id]"), ("received_at", "[at 0]"), ("state", "'waiting'"), ("reason", "''")],
    },
    Table {
        name: "signals",
        key: "signal_id",
        id: "id",
        every: Every::Delivery,
        changed: &[
            ("id", "[timed id]"),
            ("delivery_id", "[timed delivery_id]"),
            ("key", "'event:assessment.passed:attempt-' || [learner]"),
            ("learner", "'u-' || [learner]"),
            (
                "content",
                // Of a signal that is done the content is not kept: its event has what it told.
                "'{\"key\":\"event:assessment.passed:attempt-' || [learner] || '\",\"batch\":\"\",'
                    || '\"event\":\"assessment.passed\",\"learner\":\"u-' || [learner] || '\",\"detail\":null,'
                    || '\"outcome\":' || replace(replace(replace(
                    (SELECT e.content FROM original_events AS e WHERE e.number = o.number),
                    '\"' || o.learner || '\"', '\"u-' || [learner] || '\"'),
                    'learner-' || substr(o.learner, 3) || '@', 'learner-' || [learner] || '@'),
                    'Learner Number ' || substr(o.learner, 3), 'Learner Number ' || [learner]) || '}'",
            ),
            ("state", "'waiting'"),
            ("reason", "''"),
            ("due_at", "[at 0]"),
            ("sweep_at", "[at 30]"),
            ("created_at", "[at 0]"),
            ("finished_at", "NULL"),
        ],
    },
];

/// Status lists for the copies: full, and before those of the originals. And what the guard remembers
/// (`MEMORY` in `store/learned.rs`).
pub(super) fn others(dialect: Dialect, numbers: &Numbers) -> [String; 2] {
    let copies = dialect.series(1, numbers.awards.div_ceil(numbers.originals) + 1);
    let hours = dialect.series(1, 400 * 24);
    [
        format!(
            "INSERT INTO status_lists (id, issuer, number, size, seed, used, changed_at)
            SELECT l.id + 1000 * c.g, l.issuer, -(l.number + 1000 * c.g), l.size, l.seed, l.size, l.changed_at
            FROM ({copies}) AS c JOIN status_lists AS l ON l.number > 0"
        ),
        format!(
            "INSERT INTO guard_counts (scope, hour, counted, known)
            SELECT s.scope, {}, 5, 0 FROM ({hours}) AS c JOIN guard_scopes AS s ON true",
            dialect.time(&format!("{} - 3600000 * c.g", numbers.now / 3_600_000 * 3_600_000))
        ),
    ]
}
