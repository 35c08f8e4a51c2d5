//! Who must hold a badge, who must not, and of whom it cannot be said: computed from what the
//! gradebooks show, by other code than the engine's.
//!
//! Between two nights nobody knows which of the states that a gradebook went through was read, and
//! together with which of another one. So of each result all states are kept that may be believed,
//! and of each badge all standings in which it may be. After a night's reconciliation only one
//! state is left of each result, the one shown, and the standings follow from it.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::campus::{Account, Lms, Place, State};
use super::rules::{Ask, Badge, Need, Policy};
use super::standings::Standings;

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Known {
    No,
    Maybe,
    Yes,
}

/// What may be believed of a result.
#[derive(Debug, Clone)]
struct Belief {
    states: Vec<State>,
    /// Whether it was known with a grade before.
    before: Known,
}

impl Default for Belief {
    fn default() -> Self {
        Self { states: vec![State::Nothing], before: Known::No }
    }
}

impl Belief {
    /// Something else is shown, and may have been read.
    fn note(&mut self, state: Option<State>) {
        // Of an account that is gone some answers still tell, and say that it has left.
        let state = state.unwrap_or(State::Withheld);
        if state != State::Nothing {
            self.before = self.before.max(Known::Maybe);
        }
        if !self.states.contains(&state) {
            self.states.push(state);
        }
    }

    /// It was read.
    fn settle(&mut self, lms: Lms, state: Option<State>) {
        let Some(state) = state else { return };
        let mut states = vec![state.clone()];
        if let State::Shown { score, passed: Some(false), all_graded } = &state
            && lms == Lms::Moodle
        {
            // A pass that Moodle decided is not asked about again while the grade stays.
            let passed = State::Shown { score: *score, passed: Some(true), all_graded: *all_graded };
            let same = |known: &State| match known {
                State::Shown { score: own, passed: Some(true), .. } => own == score,
                _ => false,
            };
            if self.states.iter().any(same) {
                states.push(passed);
            }
        }
        self.states = states;
        match state {
            State::Shown { .. } => self.before = Known::Yes,
            State::Withheld => self.before = self.before.max(Known::Maybe),
            State::Nothing => {}
        }
    }

    /// Whether it keeps a badge from being taken: it is only not shown any more.
    fn protects(&self, state: &State) -> Known {
        match state {
            State::Shown { .. } => Known::No,
            State::Withheld => self.before.max(Known::Maybe),
            State::Nothing => self.before,
        }
    }

    fn may_protect(&self) -> bool {
        self.states.iter().any(|state| self.protects(state) > Known::No)
    }

    fn surely_protects(&self) -> bool {
        self.states.iter().all(|state| self.protects(state) == Known::Yes)
    }
}

/// Which of the states that may be believed are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    /// Those that do not surely keep a badge from being taken.
    Unprotected,
}

/// Whether a rule may be met, and whether it may be not met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Truth {
    may: bool,
    may_not: bool,
}

/// A badge of a person.
#[derive(Debug, Clone, Copy)]
struct Held {
    standings: Standings,
    /// Since when the rule may be not met at the earliest, as far as a grace counts.
    unmet_since: Option<DateTime<Utc>>,
    /// Since when it surely is not met.
    surely_since: Option<DateTime<Utc>>,
}

/// Somebody as the installation knows them.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub(super) id: String,
    pub(super) accounts: Vec<Account>,
}

/// The oracle.
#[derive(Debug, Default)]
pub(super) struct Oracle {
    beliefs: BTreeMap<(Account, Place), Belief>,
    held: BTreeMap<(String, usize), Held>,
    /// When the last night ended.
    last: Option<DateTime<Utc>>,
}

impl Oracle {
    /// A gradebook shows something else.
    pub(super) fn note(&mut self, account: Account, place: Place, state: Option<State>) {
        self.beliefs.entry((account, place)).or_default().note(state);
    }

    /// The standings that each badge of each person may have after a night; `shown` says what the
    /// gradebooks show now.
    pub(super) fn night(
        &mut self,
        badges: &[Badge],
        people: &[Person],
        now: DateTime<Utc>,
        shown: impl Fn(Account, Place) -> Option<State>,
    ) -> BTreeMap<(String, usize), Standings> {
        self.step(badges, people, |oracle, person, index, badge| oracle.meanwhile(person, index, badge, now));
        for person in people {
            for account in &person.accounts {
                for place in Place::of(account.lms) {
                    let belief = self.beliefs.entry((*account, place)).or_default();
                    belief.settle(account.lms, shown(*account, place));
                }
            }
        }
        self.step(badges, people, |oracle, person, index, badge| oracle.settled(person, index, badge, now));
        self.last = Some(now);
        self.held.iter().map(|(key, held)| (key.clone(), held.standings)).collect()
    }

    /// What was found counts from now on.
    pub(super) fn found(&mut self, person: &str, badge: usize, standing: Standings) {
        if let Some(held) = self.held.get_mut(&(person.to_owned(), badge)) {
            held.standings = standing;
        }
    }

    /// What may be believed of the places of a badge, for people.
    pub(super) fn tell(&self, person: &Person, badge: &Badge) -> String {
        let mut lines = Vec::new();
        for place in badge.ask.places() {
            for account in person.accounts.iter().filter(|account| account.lms == place.lms) {
                let belief = self.beliefs.get(&(*account, place)).cloned().unwrap_or_default();
                lines.push(format!("{place}: {:?} (graded before: {:?})", belief.states, belief.before));
            }
        }
        lines.join("\n    ")
    }

    /// Badges in their order: each comes after those on which it rests.
    fn step(
        &mut self,
        badges: &[Badge],
        people: &[Person],
        next: impl Fn(&Self, &Person, usize, &Badge) -> Held,
    ) {
        for person in people {
            for (index, badge) in badges.iter().enumerate() {
                let held = next(self, person, index, badge);
                self.held.insert((person.id.clone(), index), held);
            }
        }
    }

    fn held(&self, person: &Person, index: usize) -> Held {
        let nobody = Held { standings: Standings::NONE, unmet_since: None, surely_since: None };
        self.held.get(&(person.id.clone(), index)).copied().unwrap_or(nobody)
    }

    /// What may have become of a badge since the last night.
    fn meanwhile(&self, person: &Person, index: usize, badge: &Badge, now: DateTime<Utc>) -> Held {
        let mut held = self.held(person, index);
        let truth = self.truth(person, &badge.ask, Of::All);
        // What takes a badge away is a state in which nothing protects it.
        let may_lose = self.truth(person, &badge.ask, Of::Unprotected).may_not;
        let safe = self.beliefs_of(person, badge).any(Belief::surely_protects);
        for _ in 0..2 {
            if truth.may {
                if held.standings.may_be(Standings::NONE) || held.standings.may_be(Standings::SUSPENDED) {
                    held.standings = held.standings.with(Standings::VALID);
                }
                held.surely_since = None;
            }
            if may_lose && !safe && held.standings.may_be(Standings::VALID) {
                let since = *held.unmet_since.get_or_insert(self.last.unwrap_or(now - TimeDelta::days(1)));
                if now - since >= grace(badge.policy) {
                    held.standings = held.standings.with(lost(badge.policy));
                }
            }
        }
        held
    }

    /// What has become of it once everything is known.
    fn settled(&self, person: &Person, index: usize, badge: &Badge, now: DateTime<Utc>) -> Held {
        let mut held = self.held(person, index);
        let truth = self.truth(person, &badge.ask, Of::All);
        let safe = self.beliefs_of(person, badge).any(Belief::surely_protects);
        let unsafe_ = !self.beliefs_of(person, badge).any(Belief::may_protect);
        if !truth.may_not {
            (held.unmet_since, held.surely_since) = (None, None);
        }
        if !truth.may && unsafe_ {
            held.unmet_since.get_or_insert(now);
            held.surely_since.get_or_insert(now);
        } else {
            held.surely_since = None;
        }
        let over = held.surely_since.is_some_and(|since| now - since >= grace(badge.policy));
        let may_be_over = held.unmet_since.is_some_and(|since| now - since >= grace(badge.policy));
        let mut next = Standings::default();
        for one in [Standings::NONE, Standings::VALID, Standings::SUSPENDED, Standings::REVOKED] {
            if !held.standings.may_be(one) {
                continue;
            }
            if one == Standings::REVOKED {
                next = next.with(one);
                continue;
            }
            if truth.may {
                next = next.with(Standings::VALID);
            }
            if !truth.may_not {
                continue;
            }
            next = match one {
                Standings::VALID if safe || badge.policy == Policy::Keep => next.with(one),
                Standings::VALID if !truth.may && unsafe_ && over => next.with(lost(badge.policy)),
                Standings::VALID if may_be_over || grace(badge.policy).is_zero() => {
                    next.with(one).with(lost(badge.policy))
                }
                _ => next.with(one),
            };
        }
        held.standings = next;
        held
    }

    fn beliefs_of<'a>(&'a self, person: &'a Person, badge: &'a Badge) -> impl Iterator<Item = &'a Belief> {
        let places = badge.ask.places();
        places.into_iter().flat_map(move |place| {
            let theirs = person.accounts.iter().filter(move |account| account.lms == place.lms);
            theirs.filter_map(move |account| self.beliefs.get(&(*account, place)))
        })
    }

    fn states(&self, person: &Person, place: Place, of: Of) -> Vec<State> {
        let mut states = Vec::new();
        for account in person.accounts.iter().filter(|account| account.lms == place.lms) {
            if let Some(belief) = self.beliefs.get(&(*account, place)) {
                let seen = |state: &&State| of == Of::All || belief.protects(state) != Known::Yes;
                states.extend(belief.states.iter().filter(seen).cloned());
            }
        }
        if states.is_empty() { vec![State::Nothing] } else { states }
    }

    fn truth(&self, person: &Person, ask: &Ask, of: Of) -> Truth {
        let each = |parts: &[Ask]| parts.iter().map(|part| self.truth(person, part, of)).collect::<Vec<_>>();
        match ask {
            Ask::At(place, need) => {
                let states = self.states(person, *place, of);
                let met = |state: &State| reached(state, *need);
                Truth { may: states.iter().any(met), may_not: !states.iter().all(met) }
            }
            Ask::All(parts) => {
                let parts = each(parts);
                Truth { may: parts.iter().all(|it| it.may), may_not: parts.iter().any(|it| it.may_not) }
            }
            Ask::Any(parts) => {
                let parts = each(parts);
                Truth { may: parts.iter().any(|it| it.may), may_not: parts.iter().all(|it| it.may_not) }
            }
            Ask::AtLeast(count, parts) => {
                let parts = each(parts);
                let surely = parts.iter().filter(|it| !it.may_not).count();
                Truth { may: parts.iter().filter(|it| it.may).count() >= *count, may_not: surely < *count }
            }
            Ask::None(parts) => {
                let parts = each(parts);
                Truth { may: parts.iter().all(|it| it.may_not), may_not: parts.iter().any(|it| it.may) }
            }
            Ask::Badge(index) => {
                let standings = self.held(person, *index).standings;
                let others = [Standings::NONE, Standings::SUSPENDED, Standings::REVOKED];
                Truth {
                    may: standings.may_be(Standings::VALID),
                    may_not: others.into_iter().any(|one| standings.may_be(one)),
                }
            }
            Ask::Weighted(parts, mark) => {
                let most = self.weighted(person, parts, *mark, of, true);
                let least = self.weighted(person, parts, *mark, of, false);
                Truth { may: most, may_not: !least }
            }
        }
    }

    /// Whether a weighted result reaches the mark, with the best or the worst that may be believed.
    fn weighted(&self, person: &Person, parts: &[(Place, i64)], mark: i64, of: Of, best: bool) -> bool {
        // Σ weight × given ÷ possible as one fraction.
        let (mut above, mut below) = (0_i128, 1_i128);
        let mut weights = 0_i128;
        for (place, weight) in parts {
            weights += i128::from(*weight);
            let shares = self.states(person, *place, of).into_iter().map(|state| match state {
                State::Shown { score: Some((given, possible)), .. } if possible > 0 => (given, possible),
                _ => (0, 1),
            });
            let compare = |a: &(i64, i64), b: &(i64, i64)| {
                (i128::from(a.0) * i128::from(b.1)).cmp(&(i128::from(b.0) * i128::from(a.1)))
            };
            let share = if best { shares.max_by(compare) } else { shares.min_by(compare) };
            let (given, possible) = share.unwrap_or((0, 1));
            above = above * i128::from(possible) + i128::from(*weight) * i128::from(given) * below;
            below *= i128::from(possible);
        }
        above * 100 >= i128::from(mark) * weights * below
    }
}

fn reached(state: &State, need: Need) -> bool {
    let State::Shown { score, passed, all_graded } = state else { return false };
    let percent = |mark: i64| {
        score.is_some_and(|(given, possible)| {
            possible > 0 && i128::from(given) * 100 >= i128::from(mark) * i128::from(possible)
        })
    };
    match need {
        Need::Percent(mark) => percent(mark),
        Need::Whole(mark) => *all_graded && percent(mark),
        Need::Points(mark) => score.is_some_and(|(given, _)| given >= mark * 1_000),
        Need::Passed => *passed == Some(true),
    }
}

fn grace(policy: Policy) -> TimeDelta {
    match policy {
        Policy::SuspendAfter(days) => TimeDelta::days(days),
        _ => TimeDelta::zero(),
    }
}

fn lost(policy: Policy) -> Standings {
    match policy {
        Policy::Keep => Standings::VALID,
        Policy::Suspend | Policy::SuspendAfter(_) => Standings::SUSPENDED,
        Policy::Revoke => Standings::REVOKED,
    }
}
