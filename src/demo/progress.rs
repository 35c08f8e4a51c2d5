//! What the demo shows in the terminal.

use std::collections::HashMap;
use std::io::{IsTerminal as _, Write as _};

use uuid::Uuid;

use super::Posted;
use crate::claim::ClaimLinks;
use crate::store::DeliveryTrail;

/// Says what is done next.
pub(super) fn step(what: &str) {
    println!("• {what}");
}

/// A line that counts up. In a file, where nobody watches, only its end is written.
pub(super) struct Bar {
    what: &'static str,
    all: usize,
    shown: usize,
    live: bool,
}

impl Bar {
    pub(super) fn new(what: &'static str, all: usize) -> Self {
        Self { what, all, shown: usize::MAX, live: std::io::stdout().is_terminal() }
    }

    pub(super) fn set(&mut self, done: usize) {
        if self.shown != done {
            self.shown = done;
            if self.live {
                print!("\r• {}: {done} of {}", self.what, self.all);
                // A terminal that is gone is no reason to stop.
                let _ = std::io::stdout().flush();
            }
        }
    }

    pub(super) fn end(&self) {
        let start = if self.live { "\r" } else { "" };
        println!("{start}• {}: {} of {}", self.what, self.shown, self.all);
    }
}

/// The table at the end: delivery, verdict, badge, claim link.
pub(super) fn table(posted: &[Posted], trails: &[DeliveryTrail], links: &ClaimLinks) {
    let by_id: HashMap<Uuid, &DeliveryTrail> = trails.iter().map(|trail| (trail.id, trail)).collect();
    // The xAPI answer is a list of statement ids and names no delivery.
    let mut unnamed = trails.iter().filter(|trail| !posted.iter().any(|posted| posted.id == Some(trail.id)));
    println!("\n{:<50} {:<9}  what became of it", "delivery", "verdict");
    let mut badges: Vec<(Uuid, String, String, String)> = Vec::new();
    for delivery in posted {
        let trail = match delivery.id {
            Some(id) => by_id.get(&id).copied(),
            None if delivery.status == 200 => unnamed.next(),
            None => None,
        };
        let state = trail.map_or("refused", |trail| trail.state.as_str());
        println!("{:<50} {state:<9}  {}", cut(&delivery.what, 50), cut(&became(trail), 118));
        let credentials =
            trail.into_iter().flat_map(|trail| &trail.signals).flat_map(|signal| &signal.events);
        for (credential, badge, mail) in credentials.flat_map(|event| &event.credentials) {
            if !badges.iter().any(|(already, ..)| already == credential) {
                let mail = if mail == "done" { "sent".to_owned() } else { mail.clone() };
                badges.push((*credential, badge.clone(), mail, delivery.what.clone()));
            }
        }
    }
    println!("\n{:<18} {:<8} {:<46} claim link", "badge", "mail", "awarded for");
    for (credential, badge, mail, what) in badges {
        println!("{:<18} {mail:<8} {:<46} {}", cut(&badge, 18), cut(&what, 46), links.link(credential));
    }
}

/// The decisions that followed from a delivery, or else what was found.
fn became(trail: Option<&DeliveryTrail>) -> String {
    let Some(trail) = trail else { return String::new() };
    let mut events: Vec<_> = trail.signals.iter().flat_map(|signal| &signal.events).collect();
    // What was awarded comes first: the line is cut to the screen.
    events.sort_by_key(|event| event.credentials.is_empty());
    let decisions: Vec<&str> = events.iter().map(|event| event.reason.as_str()).collect();
    if decisions.is_empty() { trail.reason.clone() } else { decisions.join("; ") }
}

/// One line of at most `width` characters.
fn cut(text: &str, width: usize) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= width { line } else { line.chars().take(width - 1).chain(['…']).collect() }
}
