//! A mail server that puts off, refuses, hangs, and takes mails without saying so.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use crate::checks::{Check, complaints};
use crate::ledger::Mail;
use crate::sender::Grade;
use crate::support::smtp::{Act, Script};
use crate::world::{PATIENCE, Plan, Way, World};

/// What is done to mails: to those of learners whose ids begin so.
const KINDS: [&str; 6] = ["later", "full", "cut", "hang", "never", "usual"];
/// Learners of each.
const EACH: usize = 3;
/// How often it is done before a mail goes through.
const TIMES: usize = 2;
/// How much faster the clocks run: a mail server that hangs is given up after half a minute, long before
/// the lease of its mail ends, which is four.
const SPEED: u32 = 4;

/// Whose mail is under way, by connection, and how often each was.
#[derive(Default)]
struct Seen {
    to: BTreeMap<usize, String>,
    times: BTreeMap<String, usize>,
}

fn script() -> Script {
    let seen = Mutex::new(Seen::default());
    Script::new(move |at| {
        let mut seen = seen.lock().unwrap();
        if let Some(rest) = at.line.strip_prefix("RCPT TO:<") {
            let address = rest.split('@').next().unwrap().to_owned();
            *seen.times.entry(address.clone()).or_default() += 1;
            seen.to.insert(at.connection, address);
        }
        let Some(address) = seen.to.get(&at.connection) else { return Act::Usual };
        let times = seen.times.get(address).copied().unwrap_or_default();
        let kind = address.split('-').next().unwrap_or_default();
        match kind {
            "later" if times <= TIMES && at.line.starts_with("RCPT") => {
                Act::Say("451 4.7.1 greylisted, come again".to_owned())
            }
            "full" if times <= TIMES && at.line == "." => Act::Say("452 4.3.1 no room".to_owned()),
            "cut" if times <= TIMES && at.line == "." => Act::Cut,
            // One alone, once: each takes half a minute.
            "hang" if times == 1 && address == "hang-0" && at.line == "." => Act::Hang,
            "never" if at.line == "." => Act::Say("554 5.7.1 this is spam".to_owned()),
            _ => Act::Usual,
        }
    })
}

async fn mails(way: Way) {
    let plan = Plan { script: script(), speed: SPEED, ..Plan::new(way) };
    let Some(mut world) = World::start(plan).await else { return };
    let grades =
        KINDS.iter().flat_map(|kind| (0..EACH).map(move |number| Grade::pass(&format!("{kind}-{number}"))));
    world.sender.post_all(grades.collect(), 4, Duration::ZERO).await;
    let evidence = world.evidence(PATIENCE).await;

    let times = |id: &str| evidence.taken.iter().filter(|taken| *taken == id).count();
    for kind in KINDS {
        let awards = evidence.ledger.awards.iter().filter(|award| award.learner.starts_with(kind));
        let of = |credential| evidence.ledger.mails.iter().find(|mail| mail.credential == credential);
        let mails: Vec<(&str, &Mail)> =
            awards.map(|award| (award.learner.as_str(), of(award.credential).unwrap())).collect();
        assert_eq!(mails.len(), EACH, "{kind}");
        for (learner, mail) in mails {
            // The same Message-ID each time. This server keeps every mail that came whole, whatever it says.
            let (state, taken) = match kind {
                "full" | "cut" => ("done", TIMES + 1),
                "hang" if learner == "hang-0" => ("done", 2),
                "never" => ("parked", 1),
                _ => ("done", 1),
            };
            assert_eq!(
                (mail.state.as_str(), times(&mail.message_id)),
                (state, taken),
                "{learner}\n{}",
                world.said()
            );
        }
    }
    // Those that are refused are parked with the server's words.
    assert_eq!(evidence.ledger.parked.len(), EACH);
    assert!(
        evidence.ledger.parked.iter().all(|(table, why)| table == "mails" && why.contains("this is spam"))
    );
    // Copies are what this server asked for; nothing else is amiss.
    let others: Vec<_> =
        complaints(&evidence).into_iter().filter(|complaint| complaint.check != Check::Copies).collect();
    assert_eq!(others, [], "{}", world.said());
    println!("{way:?}: {}", evidence.figures());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mail_server_puts_off_comes_again_and_what_it_refuses_is_parked_in_production() {
    mails(Way::Production).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_mail_server_puts_off_comes_again_and_what_it_refuses_is_parked_embedded() {
    mails(Way::Embedded).await;
}
