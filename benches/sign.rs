//! What it costs to sign a badge, one core, against the floor: SHA-256 over both canonical forms and one
//! Ed25519 signature, with everything before and after them left out. `cargo bench --bench sign`
//!
//! With `ACCOLADE_WRITE_SIGNING=FILE` the badge, its key and the rate are written there:
//! `tests/interop/speed` has another signer sign the same badge.

use std::hint::black_box;
use std::time::{Duration, Instant};

use accolade::badges::{
    Achievement, Alignment, BadgeImage, Compiled, Document, Evidence, Issue, Issuer, Prepared, Profile,
    Related, ResultEntry, Signatory, SigningKey, Way, canonical, credential, document, prepare, proof,
    seal_own, sign,
};
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use criterion::{Criterion, Throughput};
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

/// Learners whose badges are signed in turn.
const LEARNERS: usize = 64;
/// Badges that are checked and closed together, as a worker's batch.
const BATCH: usize = 50;
const SEED: [u8; 32] = [9; 32];

fn url(text: &str) -> anyhow::Result<Url> {
    text.parse().with_context(|| text.to_owned())
}

fn signatory() -> anyhow::Result<Signatory> {
    let profile = Profile {
        slug: "northwood".to_owned(),
        name: "Northwood College of Further Education".to_owned(),
        url: url("https://www.northwood.example.edu/")?,
        description: Some("A college of further education with four thousand learners.".to_owned()),
        email: Some("badges@northwood.example.edu".to_owned()),
        image: Some(url("https://www.northwood.example.edu/logo.png")?),
    };
    let issuer = Issuer::with_did_web(profile, &url("https://badges.northwood.example.edu")?)?;
    Ok(Signatory::new(issuer, SigningKey::from_seed(SEED)))
}

fn achievement() -> anyhow::Result<Achievement> {
    let alignment = |code: &str, name: &str| {
        anyhow::Ok(Alignment {
            name: name.to_owned(),
            url: url(&format!("https://frameworks.example.org/safety#{code}"))?,
            code: Some(code.to_owned()),
            description: Some(format!("{name}, alone and in a team, under supervision at first.")),
            framework: Some("National Framework of Safety at Work".to_owned()),
            target_type: Some("CFItem".to_owned()),
        })
    };
    Ok(Achievement {
        issuer: None,
        id: "workplace-safety".to_owned(),
        name: "Workplace Safety".to_owned(),
        description: "Recognises hazards at a place of work, judges their risk, and acts on them.".to_owned(),
        criteria:
            "Holders have\n\n- passed the **final quiz** with 70 % or more,\n- inspected a workshop and \
                   reported what they found,\n- shown a colleague how to work safely with one machine.\n\n\
                   The report is graded by two teachers; the quiz can be repeated once."
                .to_owned(),
        criteria_url: None,
        achievement_type: "Badge".to_owned(),
        tags: ["safety", "workshop", "risk assessment"].map(str::to_owned).to_vec(),
        credits: Some("2.5".parse()?),
        field_of_study: Some("Occupational safety".to_owned()),
        language: "en".to_owned(),
        alignment: vec![alignment("1.2", "Identifies hazards")?, alignment("1.4", "Reports hazards")?],
        related: vec![Related {
            name: "Fire Warden".to_owned(),
            url: url("https://badges.northwood.example.edu/achievements/fire-warden")?,
        }],
        image: None,
        image_caption: Some("A green shield with a white helmet".to_owned()),
        translations: std::collections::BTreeMap::new(),
    })
}

/// What is learnt of one learner.
struct Learner {
    number: usize,
    email: String,
    salt: String,
}

impl Learner {
    fn of(number: usize) -> Self {
        let email = format!("learner-{number}@northwood.example.edu");
        Self { number, email, salt: format!("{:032x}", number * 0x1f3d_5b79) }
    }

    /// The badge, with everything that a badge has: evidence and result, credit, alignment, an end, a
    /// place in the status list.
    fn issue<'a>(&'a self, issuer: &'a Issuer, achievement: &'a Achievement) -> anyhow::Result<Issue<'a>> {
        let Self { number, email, salt } = self;
        let awarded_at = DateTime::UNIX_EPOCH + TimeDelta::seconds(1_790_000_000 + i64::try_from(*number)?);
        let points = 70 + u32::try_from(number % 30)?;
        let review = format!("https://moodle.northwood.example.edu/mod/quiz/review.php?attempt={number}");
        Ok(Issue {
            id: Uuid::from_u128(0x018f_0000_0000_5000_8000_0000_0000_0000 + *number as u128 * 0x1_0001),
            issuer,
            achievement,
            image: Some(&IMAGE),
            email,
            salt,
            awarded_at,
            valid_until: Some(awarded_at + TimeDelta::days(3 * 365)),
            evidence: vec![Evidence {
                url: Some(url(&review)?),
                name: "Final Quiz (Workplace Safety 101)".to_owned(),
                narrative: format!("Result: {points} of 100 points. Graded on 4 March 2026."),
                genre: "Assessment".to_owned(),
            }],
            results: vec![ResultEntry {
                key: "result-1".to_owned(),
                name: "Final Quiz (Workplace Safety 101)".to_owned(),
                percent: Some(points.into()),
                points: Some((points.into(), Some(100.into()))),
                text: None,
                passed: true,
            }],
            status_list: 3,
            status_index: i64::try_from(number * 1_009)?,
        })
    }
}

static IMAGE: BadgeImage = BadgeImage::Svg(String::new());

/// What the floor hashes and signs.
struct Forms {
    configuration: String,
    document: String,
}

fn forms(badge: &Value, signatory: &Signatory, created: &str) -> anyhow::Result<Forms> {
    let configuration = json!({
        "@context": badge["@context"],
        "type": "DataIntegrityProof",
        "cryptosuite": proof::CRYPTOSUITE,
        "created": created,
        "verificationMethod": signatory.verification_method(),
        "proofPurpose": "assertionMethod",
    });
    let configuration = canonical::document(&configuration)?;
    Ok(Forms { configuration, document: canonical::document(badge)? })
}

/// The time of one of many.
fn time(count: u32, mut one: impl FnMut(usize)) -> Duration {
    let begin = Instant::now();
    (0..count as usize).for_each(&mut one);
    begin.elapsed() / count
}

fn main() -> anyhow::Result<()> {
    let (signatory, achievement) = (signatory()?, achievement()?);
    let created: DateTime<Utc> = "2026-09-21T12:00:00Z".parse()?;
    let (key, name) = (signatory.key(), signatory.key().public_multibase());
    let learners: Vec<Learner> = (0..LEARNERS).map(Learner::of).collect();
    let issues = learners.iter().map(|learner| learner.issue(&signatory, &achievement));
    let issues: Vec<Issue<'_>> = issues.collect::<anyhow::Result<_>>()?;
    let badges: Vec<Value> = issues.iter().map(credential).collect();
    let forms: Vec<Forms> = badges
        .iter()
        .map(|badge| forms(badge, &signatory, "2026-09-21T12:00:00Z"))
        .collect::<anyhow::Result<_>>()?;
    let compiled = Compiled::default();
    let made = |badge: &Document<'_>| compiled.prepare(badge, &signatory, &name, created);
    let documents: Vec<Document<'_>> = issues.iter().map(document).collect();
    for (document, badge) in documents.iter().zip(&badges) {
        let general = prepare(badge.clone(), &signatory, &name, created)?;
        anyhow::ensure!(made(document)?.message() == general.message(), "both ways must lead to the same");
    }
    for document in &documents {
        anyhow::ensure!(made(document)?.way() == Way::Compiled, "a template must be in use");
    }

    let of = |number: usize| number % LEARNERS;
    let floor = |number: usize| {
        let form = &forms[of(number)];
        black_box(key.sign(&proof::hash(&form.configuration, &form.document)));
    };
    let signed = |prepared: Prepared| {
        let signature = key.sign(prepared.message());
        (prepared, signature)
    };
    let by_template = |number: usize| made(&documents[of(number)]).ok().map(signed);
    let in_general = |number: usize| {
        let badge = badges[of(number)].clone();
        prepare(badge, &signatory, &name, created).ok().map(signed)
    };

    let mut criterion = Criterion::default().configure_from_args();
    let mut group = criterion.benchmark_group("sign a badge");
    group.throughput(Throughput::Elements(1));
    let mut turn = 0;
    let mut next = || {
        turn += 1;
        of(turn)
    };
    group.bench_function("floor: 2 x SHA-256 + Ed25519", |b| b.iter(|| floor(next())));
    group.bench_function("compiled template", |b| {
        b.iter(|| by_template(next()));
    });
    group.bench_function("general path", |b| {
        b.iter(|| in_general(next()));
    });
    group.finish();
    criterion.final_summary();
    if std::env::args().any(|argument| argument == "--test") {
        return Ok(());
    }

    // Side by side, in turns, so that the machine is the same for all; of each the best turn, as what else
    // the machine does only adds to it.
    // A turn is short, so that it may go by without an interruption.
    let mut times = [Duration::MAX; 5];
    for _ in 0..400 {
        let (prepared, signatures): (Vec<_>, Vec<_>) = (0..BATCH).filter_map(by_template).unzip();
        let mut batch = Some(prepared);
        let now = [
            time(40, floor),
            time(40, |number| drop(black_box(by_template(number)))),
            time(1, |_| drop(black_box(batch.take().map(|batch| seal_own(batch, &signatures)))))
                / u32::try_from(BATCH)?,
            time(40, |number| drop(black_box(document(&issues[of(number)])))),
            time(4, |number| drop(black_box(in_general(number)))),
        ];
        for (best, now) in times.iter_mut().zip(now) {
            *best = now.min(*best);
        }
    }
    let [floor, template, sealed, built, general] = times.map(|time| time.as_secs_f64() * 1e6);
    let line = |what: &str, time: f64| {
        println!("{what:<58}{time:>9.1} µs{:>10.0}/s{:>8.2} x floor", 1e6 / time, time / floor);
    };
    println!("\none badge, {} bytes in canonical form:", forms[0].document.len());
    line("floor: 2 x SHA-256 + Ed25519", floor);
    line("compiled template: prepared and signed", template);
    line("  and sealed, its signature checked in batches of 50", template + sealed);
    line("  and made of what is known of the learner", template + sealed + built);
    line("general path: prepared and signed", general);

    if let Some(file) = std::env::var_os("ACCOLADE_WRITE_SIGNING") {
        let text = sign(badges[0].clone(), &signatory, created)?;
        let about = json!({
            "key": key.to_pem(),
            "signed": serde_json::from_str::<Value>(&text)?,
            "perSecond": {"signed": 1e6 / template, "sealed": 1e6 / (template + sealed)},
        });
        std::fs::write(file, about.to_string())?;
    }
    Ok(())
}
