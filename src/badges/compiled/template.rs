//! One template: what is known of all badges of one shape, and how a badge is made of it.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use serde_json::{Value, json};

use super::form::Form;
use super::pattern::Pattern;
use super::pieces::{self, Piece};
use super::slot::{self, Kind, Written};
use crate::badges::sign::{Prepared, Signet, Way};
use crate::badges::{Document, canonical, json_text, proof, rdf};

/// A shape of badges, with what was learnt of it.
#[derive(Debug)]
pub(super) struct Template {
    pattern: Pattern,
    kinds: Vec<Kind>,
    /// The issuer's DID.
    did: String,
    /// `None` for a shape that only the general path can sign.
    compiled: Option<Compiled>,
    /// A badge came out otherwise than by the general path: it is not used any more.
    refuted: AtomicBool,
    /// How many badges were made of it.
    made: AtomicU64,
    /// When it was used last, in turns of its cache.
    used: AtomicU64,
}

#[derive(Debug)]
struct Compiled {
    form: Form,
    /// The document as it leaves, with the values of the proof as its last slots.
    text: Vec<Piece>,
    /// The ids in what all badges have in common.
    ids: Vec<String>,
}

impl Template {
    /// The template of a document's shape, and what it makes of the document: what the general path
    /// says of that is not looked at here.
    pub(super) fn of(document: &Document<'_>, signet: &Signet) -> (Self, Option<Prepared>) {
        let (pattern, kinds) = Pattern::of(document);
        let compiled = Compiled::of(document, &pattern, kinds.len());
        let template = Self {
            pattern,
            kinds,
            did: signet.did.clone(),
            compiled,
            refuted: AtomicBool::new(false),
            made: AtomicU64::new(0),
            used: AtomicU64::new(0),
        };
        let values = template.read(document, signet);
        let made = values.and_then(|values| template.prepare(&values, signet, &mut String::new()));
        (template, made)
    }

    /// The values of a document's slots; `None` if the document is of another shape.
    pub(super) fn read<'a>(&self, document: &'a Document<'_>, signet: &Signet) -> Option<Vec<&'a str>> {
        if self.did != signet.did {
            return None;
        }
        let mut values = Vec::with_capacity(self.kinds.len());
        self.pattern.read(document, &mut values).then_some(values)
    }

    /// What is to be signed of a document of this shape; `None` where the general path has to judge.
    /// `room` is for the canonical form, which is longer than what else is needed.
    pub(super) fn prepare(&self, values: &[&str], signet: &Signet, room: &mut String) -> Option<Prepared> {
        let compiled = self.compiled.as_ref().filter(|_| !self.refuted.load(Ordering::Relaxed))?;
        let mut written = Vec::with_capacity(values.len());
        for (kind, value) in self.kinds.iter().zip(values) {
            written.push(Written::of(*kind, value)?);
        }
        self.fit(compiled, values)?;
        let quads: Vec<&str> = written.iter().map(|value| &*value.quads).collect();
        compiled.form.fill(&quads, room)?;
        if !canonical::has_one_order(room) {
            return None;
        }
        let message = proof::joined(&signet.configuration, &proof::digest(room));
        let mut text = String::with_capacity(room.len());
        let mut at = None;
        for piece in &compiled.text {
            match piece {
                Piece::Text(fixed) => text.push_str(fixed),
                Piece::Slot(slot) => match (written.get(*slot), slot.checked_sub(written.len())) {
                    (Some(value), _) => text.push_str(&value.json),
                    (None, Some(0)) => text.push_str(&signet.created),
                    (None, Some(1)) => text.push_str(&signet.method),
                    _ => at = Some(text.len()),
                },
                Piece::Node(_) => return None,
            }
        }
        Some(Prepared { text, value_at: at?, message, key: signet.key, way: Way::Compiled })
    }

    /// What is asked of several values together.
    fn fit(&self, compiled: &Compiled, values: &[&str]) -> Option<()> {
        let all = || self.kinds.iter().zip(values);
        let mut things: Vec<&str> = all().filter(|(kind, _)| kind.is_thing()).map(|(_, id)| *id).collect();
        if things.iter().any(|id| compiled.ids.iter().any(|known| known == id)) {
            return None;
        }
        things.sort_unstable();
        if things.array_windows().any(|[one, other]| one == other) {
            return None;
        }
        let time = |wanted| all().find(|(kind, _)| **kind == wanted).map(|(_, text)| slot::time(text));
        match (time(Kind::From), time(Kind::Until)) {
            (Some(from), Some(until)) if until? <= from? => None,
            _ => Some(()),
        }
    }

    /// Counts one more; whether it is to be judged by the general path: the first, the second, the
    /// fourth, the eighth, …
    pub(super) fn is_due(&self) -> bool {
        (self.made.fetch_add(1, Ordering::Relaxed) + 1).is_power_of_two()
    }

    #[cfg(test)]
    pub(super) fn made(&self) -> u64 {
        self.made.load(Ordering::Relaxed)
    }

    /// Never again.
    pub(super) fn refute(&self) {
        self.refuted.store(true, Ordering::Relaxed);
    }

    /// Makes it wrong, as if its pieces were of something else.
    #[cfg(test)]
    pub(super) fn spoil(&mut self) {
        if let Some(compiled) = &mut self.compiled {
            compiled.text.push(Piece::Text(" ".to_owned()));
        }
    }

    /// Notes the turn of the cache in which it was used.
    pub(super) fn used(&self, turn: u64) {
        self.used.fetch_max(turn, Ordering::Relaxed);
    }

    pub(super) fn last_used(&self) -> u64 {
        self.used.load(Ordering::Relaxed)
    }

    /// How much memory it takes, roughly.
    pub(super) fn size(&self) -> usize {
        let form = self.compiled.as_ref().map_or(0, |compiled| compiled.form.size());
        4096 + 2 * form
    }
}

impl Compiled {
    fn of(document: &Document<'_>, pattern: &Pattern, slots: usize) -> Option<Self> {
        if pieces::is_marked(&Value::from(document).to_string()) {
            return None;
        }
        let mut marked = pattern.with(&pieces::mark);
        let form = Form::of(&rdf::dataset(&marked).ok()?)?;
        let mut options = proof::options(&pieces::mark(slots + 1), &pieces::mark(slots));
        options["proofValue"] = json!(pieces::mark(slots + 2));
        marked["proof"] = options;
        let text = pieces::cut(&json_text::write(&marked))?;
        let mut ids = Vec::new();
        pattern.ids(&mut ids);
        Some(Self { form, text, ids })
    }
}
