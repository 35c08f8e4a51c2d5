//! What is to be done about one badge of one person: pure, no I/O and no clock.
//!
//! A human's decision outranks the rules: while one stands, what it says holds. Else the rule
//! awards, and what a regrade does is the badge's own policy.

use chrono::{DateTime, Utc};

use crate::config::{Regrade, RegradePolicy};
use crate::store::{Consequence, DecisionKind, HeldAward};

/// What is known about one badge of one person.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing<'a> {
    /// The award that counts: one that is not revoked, if there is any.
    pub(super) held: Option<&'a HeldAward>,
    /// The newest decision of a human.
    pub(super) decided: Option<DecisionKind>,
    /// Whether the rule is met.
    pub(super) met: bool,
    /// Whether the LMS shows every result that the rule names and that may have been good enough.
    pub(super) shown: bool,
    /// What a regrade does.
    pub(super) regrade: Regrade,
}

/// What is to be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// It is awarded.
    Award,
    /// Not earned, not held.
    NotEarned,
    /// Earned, or met again, but a human refused it.
    Refused,
    /// Earned in a new cycle, but a human took the badge away before.
    Barred,
    /// Held, and its rule is met.
    Held,
    /// A human's decision says what it is.
    Decided,
    /// The rule is met again.
    Regain,
    /// The rule is not met, and that changes nothing.
    Kept,
    /// The rule is not met, but the LMS only does not show a result any more.
    Unshown,
    /// The rule is still not met, and the badge is suspended already.
    Suspended,
    /// The rule is not met since then.
    Lose(DateTime<Utc>, Consequence),
    /// Revoked, for good.
    Final,
}

impl Standing<'_> {
    /// What is to be done now.
    pub(super) fn step(self, now: DateTime<Utc>) -> Step {
        let Some(held) = self.held.filter(|held| !held.revoked) else {
            return match self.decided {
                Some(DecisionKind::Grant) => Step::Award,
                _ if self.held.is_some() => Step::Final,
                Some(DecisionKind::Refuse) if self.met => Step::Refused,
                Some(DecisionKind::Revoke | DecisionKind::Suspend) if self.met => Step::Barred,
                _ if self.met => Step::Award,
                _ => Step::NotEarned,
            };
        };
        match self.decided {
            Some(kind) if kind != DecisionKind::Refuse => Step::Decided,
            // Suspended by something else than a regrade: not for a rule to lift.
            _ if self.met && held.loss.is_none() => Step::Held,
            Some(_) if self.met && held.suspended => Step::Refused,
            _ if self.met => Step::Regain,
            _ => self.lose(held, now),
        }
    }

    fn lose(self, held: &HeldAward, now: DateTime<Utc>) -> Step {
        let Regrade { then, grace } = self.regrade;
        let consequence = match then {
            RegradePolicy::Keep => return Step::Kept,
            // What is hidden, deleted, or belongs to a course that was left, was not graded
            // otherwise: courses are reset and gradebooks closed when their badges are out.
            _ if !self.shown => return Step::Unshown,
            RegradePolicy::Suspend if held.suspended => return Step::Suspended,
            RegradePolicy::Suspend => Consequence::Suspend,
            RegradePolicy::Revoke => Consequence::Revoke,
        };
        let since = held.loss.as_ref().map_or(now, |loss| loss.since);
        let due = since.checked_add_signed(grace).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Step::Lose(since, if now < due { Consequence::Wait(due) } else { consequence })
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;
    use uuid::Uuid;

    use super::*;
    use crate::store::Loss;

    fn at(days: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_423_000 + days * 86_400, 0).unwrap()
    }

    fn held(suspended: bool, lost: Option<i64>) -> HeldAward {
        HeldAward {
            issuer: "school".to_owned(),
            badge: "first-aid".to_owned(),
            cycle: "once".to_owned(),
            credential: Uuid::from_u128(1),
            awarded_at: at(0),
            valid_until: None,
            renews: None,
            basis: Vec::new(),
            revoked: false,
            suspended,
            loss: lost.map(|day| Loss { since: at(day), reason: String::new() }),
            decision: None,
            supersedes: None,
            again: false,
            declined: false,
        }
    }

    fn regrade(then: RegradePolicy, days: i64) -> Regrade {
        Regrade { then, grace: TimeDelta::days(days) }
    }

    fn step(held: Option<&HeldAward>, decided: Option<DecisionKind>, met: bool, regrade: Regrade) -> Step {
        Standing { held, decided, met, shown: true, regrade }.step(at(10))
    }

    #[test]
    fn without_a_decision_the_rule_awards_and_the_policy_takes() {
        let suspend = regrade(RegradePolicy::Suspend, 0);
        assert_eq!(step(None, None, true, suspend), Step::Award);
        assert_eq!(step(None, None, false, suspend), Step::NotEarned);
        let valid = held(false, None);
        assert_eq!(step(Some(&valid), None, true, suspend), Step::Held);
        assert_eq!(step(Some(&valid), None, false, suspend), Step::Lose(at(10), Consequence::Suspend));
        let revoke = regrade(RegradePolicy::Revoke, 0);
        assert_eq!(step(Some(&valid), None, false, revoke), Step::Lose(at(10), Consequence::Revoke));
        assert_eq!(step(Some(&valid), None, false, regrade(RegradePolicy::Keep, 0)), Step::Kept);
        let unshown =
            Standing { held: Some(&valid), decided: None, met: false, shown: false, regrade: revoke };
        assert_eq!(unshown.step(at(10)), Step::Unshown);
    }

    #[test]
    fn a_grace_counts_from_the_first_loss() {
        let week = regrade(RegradePolicy::Suspend, 7);
        let wait = |since: i64| Step::Lose(at(since), Consequence::Wait(at(since + 7)));
        assert_eq!(step(Some(&held(false, None)), None, false, week), wait(10));
        assert_eq!(step(Some(&held(false, Some(4))), None, false, week), wait(4));
        let over = Step::Lose(at(3), Consequence::Suspend);
        assert_eq!(step(Some(&held(false, Some(3))), None, false, week), over, "the time itself is over");
        assert_eq!(step(Some(&held(false, Some(4))), None, true, week), Step::Regain);
        let endless = Regrade { then: RegradePolicy::Revoke, grace: TimeDelta::MAX };
        assert!(matches!(
            step(Some(&held(false, Some(3))), None, false, endless),
            Step::Lose(_, Consequence::Wait(_))
        ));
    }

    #[test]
    fn what_a_regrade_suspended_it_reinstates_and_nothing_else() {
        let suspend = regrade(RegradePolicy::Suspend, 0);
        assert_eq!(step(Some(&held(true, Some(1))), None, false, suspend), Step::Suspended);
        assert_eq!(step(Some(&held(true, Some(1))), None, true, suspend), Step::Regain);
        assert_eq!(step(Some(&held(true, None)), None, true, suspend), Step::Held);
        let refused = Some(DecisionKind::Refuse);
        assert_eq!(step(Some(&held(true, Some(1))), refused, true, suspend), Step::Refused);
        assert_eq!(step(Some(&held(false, Some(1))), refused, true, suspend), Step::Regain, "still valid");
    }

    #[test]
    fn a_revoked_badge_comes_back_only_by_a_grant() {
        let suspend = regrade(RegradePolicy::Suspend, 0);
        let revoked = HeldAward { revoked: true, ..held(false, Some(1)) };
        assert_eq!(step(Some(&revoked), None, true, suspend), Step::Final);
        assert_eq!(step(Some(&revoked), Some(DecisionKind::Revoke), true, suspend), Step::Final);
        assert_eq!(step(Some(&revoked), Some(DecisionKind::Grant), false, suspend), Step::Award);
    }

    fn any_decision() -> impl Strategy<Value = Option<DecisionKind>> {
        prop::sample::select(vec![
            None,
            Some(DecisionKind::Grant),
            Some(DecisionKind::Refuse),
            Some(DecisionKind::Revoke),
            Some(DecisionKind::Suspend),
            Some(DecisionKind::Reinstate),
        ])
    }

    fn any_held() -> impl Strategy<Value = Option<HeldAward>> {
        prop::option::of((any::<bool>(), any::<bool>(), prop::option::of(-20_i64..10)).prop_map(
            |(revoked, suspended, lost)| HeldAward { revoked, ..held(suspended && !revoked, lost) },
        ))
    }

    fn any_regrade() -> impl Strategy<Value = Regrade> {
        let policies = vec![RegradePolicy::Keep, RegradePolicy::Suspend, RegradePolicy::Revoke];
        (prop::sample::select(policies), 0_i64..20).prop_map(|(then, days)| regrade(then, days))
    }

    proptest! {
        #[test]
        fn a_human_outranks_the_rules(
            held in any_held(), decided in any_decision(), met: bool, shown: bool, regrade in any_regrade(),
        ) {
            let standing = Standing { held: held.as_ref(), decided, met, shown, regrade };
            let step = standing.step(at(10));
            let valid = held.as_ref().is_some_and(|held| !held.revoked);
            match decided {
                Some(DecisionKind::Refuse) => prop_assert_ne!(step, Step::Award),
                Some(_) if valid => prop_assert_eq!(step, Step::Decided),
                Some(DecisionKind::Grant) => prop_assert_eq!(step, Step::Award),
                _ => {}
            }
            // Nothing is awarded twice, nothing is taken without a reason, nothing from nobody.
            prop_assert!(!(valid && step == Step::Award));
            if let Step::Lose(since, then) = step {
                prop_assert!(valid && !met && shown && regrade.then != RegradePolicy::Keep);
                prop_assert!(since <= at(10));
                prop_assert_eq!(matches!(then, Consequence::Wait(_)), since + regrade.grace > at(10));
            }
            if step == Step::Regain {
                prop_assert!(met && held.is_some_and(|held| held.loss.is_some()));
            }
        }
    }
}
