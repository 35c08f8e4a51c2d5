//! Signing by compiled templates: the fast way to what [`super::prepare`] does.
//!
//! All badges of one achievement have the same shape: the same members, mostly with the same values, and
//! slots for those of the learner. Of such a shape the RDF is made once, with marks in the slots; what is
//! kept are the lines of its canonical form with holes in the places of the marks. A badge is made by
//! writing its values into the holes, hashing what tells its anonymous nodes apart, and putting in order
//! the few lines whose order depends on either. That takes microseconds, where JSON-LD and RDFC-1.0
//! take hundreds of them or more.
//!
//! The general path stays the judge. A template is kept only if it makes the same bytes of the badge that
//! it was made of; the first, second, fourth, eighth badge made of it, and so on, is made both ways, too.
//! It is asked instead wherever there is doubt: when the value of a slot might be refused, two things
//! might have one id, two anonymous nodes look alike, or the order of lines is one on which verifiers
//! disagree. So nothing is signed that the general path would refuse, and refusals have its words.

mod form;
mod pattern;
mod pieces;
mod slot;
mod template;
#[cfg(test)]
mod tests;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};

use super::sign::{Prepared, SignError, Signet, Way, prepare};
use super::{Document, Issuer};
use template::Template;

/// More shapes than the badges of one achievement have at one time.
const MOST_SHAPES: usize = 16;

/// How much memory templates take, roughly: some hundred badges in several shapes.
const MOST_MEMORY: usize = 16 << 20;

/// The templates of the badges that were signed last.
#[derive(Debug, Default)]
pub struct Compiled {
    /// What was signed with last.
    signet: Mutex<Option<Arc<Signet>>>,
    shapes: Mutex<Shapes>,
    /// Room for canonical forms, so that not each asks the allocator for many kilobytes.
    room: Mutex<String>,
}

/// Templates by the achievement's id.
#[derive(Debug, Default)]
struct Shapes {
    templates: HashMap<String, Arc<[Arc<Template>]>>,
    /// How often a template was looked for.
    turn: u64,
}

impl Compiled {
    /// Does what [`super::prepare`] does, faster where it can.
    ///
    /// # Errors
    /// Those of [`super::prepare`].
    pub fn prepare(
        &self,
        document: &Document<'_>,
        issuer: &Issuer,
        key: &str,
        created: DateTime<Utc>,
    ) -> Result<Prepared, SignError> {
        let general = || prepare(document.into(), issuer, key, created);
        let Some(achievement) = achievement(document) else { return general() };
        let signet = self.signet(issuer, key, created)?;
        let (known, turn) = self.known(achievement);
        for template in known.iter() {
            let Some(values) = template.read(document, &signet) else { continue };
            template.used(turn);
            let mut room = std::mem::take(&mut *lock(&self.room));
            let made = template.prepare(&values, &signet, &mut room);
            *lock(&self.room) = room;
            let Some(made) = made else { return general() };
            return if template.is_due() { judged(made, general(), template) } else { Ok(made) };
        }
        let (template, made) = Template::of(document, &signet);
        let general = general()?;
        let refuted = made.is_some_and(|made| !made.is_the_same(&general));
        if refuted {
            template.refute();
        }
        template.used(turn);
        self.keep(achievement.to_owned(), template);
        Ok(if refuted { Prepared { way: Way::Refuted, ..general } } else { general })
    }

    /// What is the same in all that this key signs in this second.
    fn signet(&self, issuer: &Issuer, key: &str, created: DateTime<Utc>) -> Result<Arc<Signet>, SignError> {
        let mut last = lock(&self.signet);
        let fits = |signet: &&Arc<Signet>| {
            signet.name == key && signet.time == created && signet.did == issuer.did()
        };
        if let Some(signet) = last.as_ref().filter(fits) {
            return Ok(Arc::clone(signet));
        }
        let signet = Arc::new(Signet::of(issuer, key, created)?);
        *last = Some(Arc::clone(&signet));
        Ok(signet)
    }

    /// How many documents were made of the templates that are kept.
    #[cfg(test)]
    pub(crate) fn made(&self) -> u64 {
        let shapes = lock(&self.shapes);
        shapes.templates.values().flat_map(|templates| templates.iter()).map(|one| one.made()).sum()
    }

    /// The templates for an achievement, and which turn it is.
    fn known(&self, achievement: &str) -> (Arc<[Arc<Template>]>, u64) {
        let mut shapes = lock(&self.shapes);
        shapes.turn += 1;
        (shapes.templates.get(achievement).cloned().unwrap_or_default(), shapes.turn)
    }

    /// Keeps a template, and lets go those that were not used for longest.
    fn keep(&self, achievement: String, template: Template) {
        let mut shapes = lock(&self.shapes);
        let before = shapes.templates.get(&achievement).cloned().unwrap_or_default();
        let mut templates: Vec<_> = before.iter().cloned().chain([Arc::new(template)]).collect();
        templates.sort_by_key(|template| std::cmp::Reverse(template.last_used()));
        templates.truncate(MOST_SHAPES);
        shapes.templates.insert(achievement, templates.into());
        let last_used = |templates: &Arc<[Arc<Template>]>| templates.iter().map(|one| one.last_used()).max();
        while shapes.size() > MOST_MEMORY {
            let oldest = shapes.templates.iter().min_by_key(|(_, templates)| last_used(templates));
            let Some(oldest) = oldest.map(|(achievement, _)| achievement.clone()) else { return };
            shapes.templates.remove(&oldest);
        }
    }
}

impl Shapes {
    fn size(&self) -> usize {
        self.templates.values().flat_map(|templates| templates.iter()).map(|template| template.size()).sum()
    }
}

/// What the general path says, and whether a template did the same.
fn judged(
    made: Prepared,
    general: Result<Prepared, SignError>,
    template: &Template,
) -> Result<Prepared, SignError> {
    if general.as_ref().is_ok_and(|general| made.is_the_same(general)) {
        return Ok(made);
    }
    template.refute();
    general.map(|general| Prepared { way: Way::Refuted, ..general })
}

/// The id of the achievement of a badge.
fn achievement<'a>(document: &'a Document<'_>) -> Option<&'a str> {
    document.get("credentialSubject")?.get("achievement")?.get("id")?.as_str()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
