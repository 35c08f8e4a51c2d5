//! The register: every table, every column, and what it holds of a person.
//!
//! A test compares it with the tables of both databases, so that nothing can be added to these
//! without saying here whether it is somebody's. What stands here is handed out and erased by that
//! alone.

use super::super::statement::Statement;
use super::super::value::Kind;

/// By which ids the rows of a table are found that are about a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The person's.
    Person,
    /// Those of their learners.
    Learner,
    /// Those of their credentials.
    Credential,
    /// Those of the signals about them.
    Signal,
    /// Those of the deliveries that told of them.
    Delivery,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Something that is handed out.
    Given,
    /// JSON that is handed out.
    Json,
    /// Something that is handed out and may name others, too: a text of an administrator, a reason.
    Mixed,
    /// The request of a sender. It is handed out where it is about nobody else.
    Body,
    /// Something that gives power to whoever has it, as a link does, or stands for it: it is not handed
    /// out.
    Secret,
    /// Nothing of a person.
    Nothing,
}

/// What becomes of the rows of a person who is erased.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// They go.
    Deleted,
    /// They stay, without what they hold of the person.
    Emptied,
    /// They are about nobody.
    Untouched,
}

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What it holds.
    pub class: Class,
    pub(super) kind: Kind,
}

/// A table.
#[derive(Debug)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// What its rows are, for people; empty for a table about nobody.
    pub what: &'static str,
    /// What becomes of its rows at an erasure.
    pub fate: Fate,
    /// Every column.
    pub columns: &'static [Column],
    /// How the rows of a person are found, read and deleted; nothing for a table about nobody.
    pub(super) theirs: Option<Theirs>,
}

#[derive(Debug)]
pub(super) struct Theirs {
    pub(super) by: By,
    pub(super) select: &'static Statement,
    pub(super) delete: &'static Statement,
}

/// Tables with rows about persons, parents before their children: `{in $1}` are the ids of `by`.
macro_rules! held {
    ($(#[doc = $what:literal] $select:ident $delete:ident $table:ident $fate:ident by $by:ident $which:literal
        { $first:ident $first_kind:ident $first_class:ident $(, $column:ident $kind:ident $class:ident)* $(,)? })+) => {
        $(
            static $select: Statement = Statement::new(
                stringify!($select),
                concat!(
                    "SELECT ", stringify!($first) $(, ", ", stringify!($column))*,
                    " FROM ", stringify!($table), " WHERE ", $which, " ORDER BY 1"
                ),
                &[],
            );
            static $delete: Statement = Statement::new(
                stringify!($delete),
                concat!("DELETE FROM ", stringify!($table), " WHERE ", $which),
                &[],
            );
        )+

        pub(super) static STATEMENTS: &[&Statement] = &[$(&$select, &$delete),+];

        /// Every table with rows about persons.
        pub(super) static HELD: &[Table] = &[$(Table {
            name: stringify!($table),
            what: $what,
            fate: Fate::$fate,
            columns: &[
                Column { name: stringify!($first), kind: Kind::$first_kind, class: Class::$first_class }
                $(, Column { name: stringify!($column), kind: Kind::$kind, class: Class::$class })*
            ],
            theirs: Some(Theirs { by: By::$by, select: &$select, delete: &$delete }),
        }),+];
    };
}

/// Tables about nobody.
macro_rules! nobody {
    ($($table:ident { $($column:ident),+ $(,)? })+) => {
        static NOBODY: &[Table] = &[$(Table {
            name: stringify!($table),
            what: "",
            fate: Fate::Untouched,
            columns: &[
                $(Column { name: stringify!($column), kind: Kind::Text, class: Class::Nothing }),+
            ],
            theirs: None,
        }),+];
    };
}

held! {
    /// One person, who may be a learner in several LMSs.
    PERSONS DELETE_PERSONS persons Deleted by Person "id {in $1}" {
        id Uuid Given, version Int Given,
    }
    /// Who the person is in each LMS, with the name and the address that it tells.
    LEARNERS DELETE_LEARNERS learners Deleted by Learner "id {in $1}" {
        id Uuid Given, source Text Given, lms_id Text Given, person_id Uuid Given, name Text Given,
        email Text Given, email_key Text Given, institution_id Text Given, language Text Given,
        as_of Time Given, institution_key Text Given, email_changed Bool Given,
        institution_changed Bool Given,
    }
    /// Results that the LMS confirmed, the newest of each assessment.
    OUTCOMES DELETE_OUTCOMES outcomes Deleted by Learner "learner_id {in $1}" {
        id Uuid Given, learner_id Uuid Given, course Text Given, assessment Text Given,
        content Text Json, passes Bool Given, as_of Time Given, confirmed_at Time Given,
    }
    /// Requests of an LMS that told of the person, and what administrators typed.
    DELIVERIES DELETE_DELIVERIES deliveries Emptied by Delivery "id {in $1}" {
        id Uuid Given, source Text Given, received_at Time Given, user_agent Text Given,
        body Bytes Body, state Text Given, reason Text Mixed, note Text Mixed, status Int Given,
        first_id Uuid Given, body_sha256 Bytes Given, body_gone_at Time Given, body_gone Text Given,
    }
    /// What these requests said may have changed.
    SIGNALS DELETE_SIGNALS signals Emptied by Signal "id {in $1}" {
        id Uuid Given, delivery_id Uuid Given, source Text Given, key Text Given, batch Text Given,
        event Text Given, content Text Json, state Text Given, reason Text Mixed, attempts Int Given,
        due_at Time Given, sweep_at Time Given, created_at Time Given, finished_at Time Given,
        learner Text Given,
    }
    /// Changes of results that were judged by the rules.
    EVENTS DELETE_EVENTS events Deleted by Learner "learner_id {in $1}" {
        id Uuid Given, signal_id Uuid Given, delivery_id Uuid Given, source Text Given,
        learner_id Uuid Given, outcome_id Uuid Given, passed Bool Given, content Text Json,
        state Text Given, reason Text Mixed, attempts Int Given, due_at Time Given,
        sweep_at Time Given, created_at Time Given, finished_at Time Given, whole Bool Given,
        publication Int Given,
    }
    /// Badges that the person was awarded, and why.
    AWARDS DELETE_AWARDS awards Deleted by Credential "id {in $1}" {
        id Uuid Given, issuer Text Given, badge Text Given, person_id Uuid Given, cycle Text Given,
        event_id Uuid Given, awarded_at Time Given, rules Text Given, explanation Text Json,
        valid_until Time Given, renews Uuid Given, basis Text Json, supersedes Uuid Given,
        inputs_hash Text Given, inputs Text Json,
    }
    /// Awards that are to be issued again by newer rules.
    SUPERSESSIONS DELETE_SUPERSESSIONS supersessions Deleted by Credential "award_id {in $1}" {
        award_id Uuid Given, reason Text Mixed, ordered_by Text Mixed, ordered_at Time Given,
    }
    /// Awards that are to end early.
    EARLY_ENDS DELETE_EARLY_ENDS early_ends Deleted by Credential "award_id {in $1}" {
        award_id Uuid Given, ends_at Time Given, reason Text Mixed, ordered_by Text Mixed,
        ordered_at Time Given,
    }
    /// The signed badges, with the name and the address of that time.
    CREDENTIALS DELETE_CREDENTIALS credentials Deleted by Credential "id {in $1}" {
        id Uuid Given, document Text Json, status_list Int Given, status_index Int Given,
        name Text Given, email Text Given, claim_hash Bytes Secret, claim_until Time Given,
        claimed_at Time Given, revoked Bool Given, suspended Bool Given, declined_at Time Given,
        mail_to Text Given, link Int Given, invited_at Time Given, reminded Int Given,
        remind_at Time Given, signed_by Text Given, hidden_at Time Given,
    }
    /// Addresses that the holder gave for mails.
    ADDRESS_CHANGES DELETE_ADDRESS_CHANGES address_changes Deleted by Credential "credential_id {in $1}" {
        token_hash Bytes Secret, credential_id Uuid Given, number Int Given, address Text Given,
        asked_at Time Given, until Time Given, confirmed_at Time Given,
    }
    /// Claim links that newer ones replaced.
    FORMER_LINKS DELETE_FORMER_LINKS former_links Deleted by Credential "credential_id {in $1}" {
        claim_hash Bytes Secret, credential_id Uuid Given,
    }
    /// Badges of which whoever read their mails said that they are somebody else's.
    DISOWNED DELETE_DISOWNED disowned Deleted by Credential "credential_id {in $1}" {
        credential_id Uuid Given, issuer Text Given, badge Text Given, address Text Given,
        since Time Given,
    }
    /// The facts on which the decision about an earlier badge rests.
    AWARD_INPUTS DELETE_AWARD_INPUTS award_inputs Deleted by Credential "award_id {in $1}" {
        award_id Uuid Given, hash Text Given, content Text Json,
    }
    /// Badges whose rule is not met any more.
    LOSSES DELETE_LOSSES losses Deleted by Credential "award_id {in $1}" {
        award_id Uuid Given, event_id Uuid Given, lost_at Time Given, reason Text Mixed,
        due_at Time Given,
    }
    /// Mails about badges. Their text is made when they leave, and not kept.
    MAILS DELETE_MAILS mails Deleted by Credential "credential_id {in $1}" {
        id Uuid Given, credential_id Uuid Given, delivery_id Uuid Given, source Text Given,
        kind Text Given, message_id Text Given, date Time Given, language Text Given,
        state Text Given, reason Text Mixed, attempts Int Given, due_at Time Given,
        sweep_at Time Given, leased_until Time Given, created_at Time Given, finished_at Time Given,
        bounce Text Given, bounced_at Time Given, bounce_reason Text Given,
    }
    /// Badges that were offered to a wallet, with the mails that brought the codes.
    WALLET_OFFERS DELETE_WALLET_OFFERS wallet_offers Deleted by Credential "credential_id {in $1}" {
        id Uuid Given, credential_id Uuid Given, language Text Given, expires_at Time Given,
        wrong_codes Int Given, redeemed_at Time Given, holder Bytes Given, bound_at Time Given,
        delivery_id Uuid Given, source Text Given, state Text Given, reason Text Mixed,
        attempts Int Given, due_at Time Given, sweep_at Time Given, leased_until Time Given,
        created_at Time Given, finished_at Time Given,
    }
    /// What administrators decided about badges of the person.
    DECISIONS DELETE_DECISIONS decisions Deleted by Person "person_id {in $1}" {
        id Uuid Given, issuer Text Given, badge Text Given, person_id Uuid Given,
        award_id Uuid Given, kind Text Given, reason Text Mixed, decided_by Text Mixed,
        decided_at Time Given,
    }
    /// Badges that are earned and wait, because something is in doubt.
    WAITING_AWARDS DELETE_WAITING_AWARDS waiting_awards Deleted by Person "person_id {in $1}" {
        person_id Uuid Given, issuer Text Given, badge Text Given, event_id Uuid Given,
        reason Text Mixed, since Time Given,
    }
    /// Badges that were held because there were more than expected.
    GUARD_AWARDS DELETE_GUARD_AWARDS guard_awards Deleted by Person "person_id {in $1}" {
        person_id Uuid Given, issuer Text Given, badge Text Given, hold_id Uuid Given,
        event_id Uuid Given, evidence Text Given, grade Text Given, since Time Given, told Bool Given,
    }
    /// Doubts about who the person is.
    DOUBTS DELETE_DOUBTS doubts Deleted by Learner "learner_id {in $1}" {
        id Uuid Given, learner_id Uuid Given, reason Text Mixed, since Time Given,
    }
    /// Who may be one person with whom.
    DOUBT_CANDIDATES DELETE_DOUBT_CANDIDATES doubt_candidates Deleted by Learner
        "learner_id {in $1} OR doubt_id IN (SELECT id FROM doubts WHERE learner_id {in $1})" {
        doubt_id Uuid Given, learner_id Uuid Given,
    }
    /// Who is kept separate from whom, by a decision.
    SEPARATIONS DELETE_SEPARATIONS separations Deleted by Learner
        "learner_id {in $1} OR other_id {in $1}" {
        learner_id Uuid Given, other_id Uuid Given,
    }
    /// What administrators decided about who is who.
    PEOPLE_DECISIONS DELETE_PEOPLE_DECISIONS people_decisions Deleted by Learner
        "learner_id {in $1} OR other_id {in $1}" {
        id Uuid Given, kind Text Given, learner_id Uuid Given, other_id Uuid Given,
        reason Text Mixed, decided_by Text Mixed, decided_at Time Given,
    }
}

nobody! {
    status_lists { id, issuer, number, size, seed, used, changed_at }
    issuer_keys {
        issuer, purpose, number, name, public_key, state, announced_at, signs_from, activated_at,
        retired_at, compromised_at, reason,
    }
    reconcile_sources { source, since, holder, leased_until }
    reconcile_runs { id, source, whole, part, why, started_at, finished_at, retry_at }
    reconcile_courses {
        run_id, name, state, reason, delivery_id, checked, missing, stale, withdrawn, unchanged,
        duplicates,
    }
    reconcile_markers { source, course, marker }
    reconcile_names { source, name, content, found_at }
    rule_versions { version, sources, stored_at }
    rule_files { version, name, content }
    publications { number, version, published_at, published_by, note }
    guard_scopes { scope, peak, peak_window, peak_hour }
    guard_counts { scope, hour, counted, known }
    guard_holds {
        id, scope, state, expected, hours, basis, awarded, opened_at, decided_at, decided_by, reason,
        decided, telling,
    }
    notices {
        id, hold_id, recipient, delivery_id, source, message_id, date, state, reason, attempts,
        due_at, sweep_at, leased_until, created_at, finished_at,
    }
    wallet_challenges { hash, expires_at }
    mailboxes { path, file, message_at, read_to, tail, read_at }
    // Ids of rows that go with their persons; theirs are forgotten when work on them ends.
    trials { id, alone, began_at }
    // A mark is a person's only for whoever has the secret and the id already.
    erased_learners { mark, erased_at, made_with, readmitted_at }
    erased_credentials { id, status_list, status_index, revoked_at }
}

/// Every table: those with rows about persons, and those about nobody.
pub static ALL_TABLES: [&[Table]; 2] = [HELD, NOBODY];
