//! Who is whom: whether a learner is a person who is known already. Pure decisions, no database.
//!
//! A link is made only without doubt. What is possible and not certain is a doubt, which a human
//! decides; until then the learner is a person of their own.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use uuid::Uuid;

use super::learners::StoredLearner;
use crate::config::SourceIdentity;

/// What of each source links learners. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub(super) struct Identities(Arc<BTreeMap<String, SourceIdentity>>);

/// What is to be done about a learner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nobody else is like them.
    Alone,
    /// They are this person.
    Link(Uuid),
    /// They may be one of these learners' persons.
    Doubt {
        /// The learners, sorted.
        candidates: Vec<Uuid>,
        /// Why it is not certain, for people.
        reason: String,
    },
}

/// Pairs of learners whom an administrator keeps separate, in both directions.
pub(super) type Separations = BTreeSet<(Uuid, Uuid)>;

/// How a learner is like another one.
#[derive(Debug, Clone, Copy, Default)]
struct Likeness {
    email: bool,
    institution: bool,
    /// At least one of them was never another one, on either side.
    original: bool,
}

impl Likeness {
    fn any(self) -> bool {
        self.email || self.institution
    }
}

impl Identities {
    pub(super) fn new(sources: BTreeMap<String, SourceIdentity>) -> Self {
        Self(Arc::new(sources))
    }

    /// The address, if those of the source link.
    pub(super) fn email<'a>(&self, source: &str, email: Option<&'a str>) -> Option<&'a str> {
        email.filter(|_| self.0.get(source).is_none_or(|source| source.verified_addresses))
    }

    /// What the institution's ids of the source are called, and the id, if they link.
    pub(super) fn institution<'a>(&'a self, source: &str, id: Option<&'a str>) -> Option<(&'a str, &'a str)> {
        Some((self.0.get(source)?.institution_ids.as_deref()?, id?))
    }

    fn institution_of<'a>(&'a self, learner: &'a StoredLearner) -> Option<(&'a str, &'a str)> {
        self.institution(&learner.source, learner.institution_key.as_deref())
    }

    fn likeness(&self, one: &StoredLearner, other: &StoredLearner) -> Likeness {
        let email = self.email(&one.source, one.email_key.as_deref());
        let same_email = email.is_some() && email == self.email(&other.source, other.email_key.as_deref());
        let institution = self.institution_of(one);
        let same_institution = institution.is_some() && institution == self.institution_of(other);
        Likeness {
            email: same_email,
            institution: same_institution,
            original: same_email && !one.email_changed && !other.email_changed
                || same_institution && !one.institution_changed && !other.institution_changed,
        }
    }

    /// Whether both have an id of the same name, and not the same one.
    fn contradict(&self, one: &StoredLearner, other: &StoredLearner) -> bool {
        match (self.institution_of(one), self.institution_of(other)) {
            (Some((name, id)), Some((other_name, other_id))) => name == other_name && id != other_id,
            _ => false,
        }
    }

    /// Whether `one` is somebody among `others`, which holds every learner of each person who is
    /// like them, and of their own person; `one` itself may be among them.
    pub(super) fn decide(
        &self,
        one: &StoredLearner,
        others: &[StoredLearner],
        separations: &Separations,
    ) -> Verdict {
        let person_of = |person: Uuid| others.iter().filter(move |other| other.person_id == person);
        let own: Vec<&StoredLearner> =
            person_of(one.person_id).filter(|other| other.id != one.id).chain([one]).collect();
        let kept_from = |person: Uuid| {
            let of_own =
                |other: &StoredLearner| own.iter().any(|own| separations.contains(&(own.id, other.id)));
            person_of(person).any(of_own)
        };
        let mut like: BTreeMap<Uuid, Vec<(&StoredLearner, Likeness)>> = BTreeMap::new();
        for other in others.iter().filter(|other| other.person_id != one.person_id) {
            let likeness = self.likeness(one, other);
            if likeness.any() {
                like.entry(other.person_id).or_default().push((other, likeness));
            }
        }
        like.retain(|person, _| !kept_from(*person));
        let doubt = |reason: String| {
            let mut candidates: Vec<Uuid> = like.values().flatten().map(|(other, _)| other.id).collect();
            candidates.sort_unstable();
            Verdict::Doubt { candidates, reason }
        };
        let (Some((person, alike)), 1) = (like.first_key_value(), like.len()) else {
            return if like.is_empty() { Verdict::Alone } else { doubt(self.several(one, &like)) };
        };
        let (first, _) = alike[0];
        let first = format!("{}:{}", first.source, first.lms_id);
        let shared = self.shared(one, alike);
        if !alike.iter().any(|(_, likeness)| likeness.original) {
            return doubt(format!("{shared} is that of {first}, but it was another one before"));
        }
        let same_source = |own: &&StoredLearner| {
            person_of(*person).find(|other| other.source == own.source).map(|other| other.lms_id.clone())
        };
        if let Some((source, id)) = own.iter().find_map(|own| Some((&own.source, same_source(own)?))) {
            return doubt(format!(
                "{shared} is that of {first}, but in {source} that person is {id} already"
            ));
        }
        let contradicts = |own: &&&StoredLearner| person_of(*person).any(|other| self.contradict(own, other));
        if let Some((name, _)) = own.iter().find(contradicts).and_then(|own| self.institution_of(own)) {
            return doubt(format!("{shared} is that of {first}, but the {name} is another one"));
        }
        Verdict::Link(*person)
    }

    /// What a learner has in common with one person, for people.
    fn shared(&self, one: &StoredLearner, alike: &[(&StoredLearner, Likeness)]) -> String {
        let name = self.institution_of(one).map_or("id", |(name, _)| name);
        if alike.iter().any(|(_, likeness)| likeness.institution) {
            format!("the {name}")
        } else {
            "the address".to_owned()
        }
    }

    /// Why several persons are possible, for people.
    fn several(&self, one: &StoredLearner, like: &BTreeMap<Uuid, Vec<(&StoredLearner, Likeness)>>) -> String {
        let name = self.institution_of(one).map_or("id", |(name, _)| name);
        let count = |by: fn(&Likeness) -> bool| {
            like.values().filter(|alike| alike.iter().any(|(_, likeness)| by(likeness))).count()
        };
        match (count(|by| by.email), count(|by| by.institution)) {
            (2.., _) => "the address is that of several persons".to_owned(),
            (_, 2..) => format!("the {name} is that of several persons"),
            _ => format!("the address is that of one person, and the {name} that of another"),
        }
    }
}

#[cfg(test)]
mod tests;
