//! One semester: the whole installation runs beside the sandbox, week after week; after each a
//! night's reconciliation, and what is found is compared with the oracle.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use accolade::app::Role;
use accolade::clock::Clock;
use accolade::demo::sandbox::{Sandbox, Shared};
use accolade::store::Work;
use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::Instant;

use super::campus::{Account, Campus, Lms, Place, name};
use super::found::{Found, held_mails};
use super::operations::{Operation, Plan, Told, told};
use super::oracle::{Oracle, Person};
use super::rules::{self, badge_id};
use super::standings::Standings;
use super::webhooks::{FORMS_SECRET, Webhook};
use crate::support::app::{Process, Site, Way};

/// How much faster than the machine's clock the semester's goes.
const PACE: u32 = 20;
/// How often it is set forward.
const TICK: Duration = Duration::from_millis(10);
/// Long enough for the sweeper and the reconciler to look at a clock that was set forward.
const ROUND: Duration = Duration::from_millis(1_300);
/// How long nothing may move before the clock is set forward.
const STUCK: Duration = Duration::from_millis(700);

/// What a semester came to.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Figures {
    pub(super) learners: usize,
    pub(super) operations: usize,
    pub(super) webhooks: usize,
    pub(super) awards: usize,
    pub(super) lost: usize,
}

/// What was found otherwise than expected.
#[derive(Debug, Clone)]
pub(super) struct Counterexample {
    pub(super) what: String,
    /// Whose badge it is, and which.
    pub(super) about: Option<(usize, usize)>,
    pub(super) story: Vec<String>,
}

struct Semester<'a> {
    plan: &'a Plan,
    site: &'a Site,
    process: &'a Process,
    client: reqwest::Client,
    campus: Campus,
    oracle: Oracle,
    story: Vec<String>,
    figures: Figures,
    /// Told at the end of the week.
    late: Vec<Webhook>,
    under_way: JoinSet<Result<(), String>>,
    /// When the clock was set forward last.
    moved: Instant,
}

/// Runs a semester.
pub(super) async fn run(plan: &Plan, way: Way) -> Option<Result<Figures, Counterexample>> {
    let mut site = Site::new(way, None).await?;
    site.clock = Clock::manual("2026-11-23T08:00:00Z".parse().unwrap());
    let campus =
        Campus::new(plan.humans.clone(), plan.badges.iter().flat_map(|badge| badge.ask.places()).collect());
    campus.build(&site.sandbox);
    let folder = site.folder.path().join("badges");
    rules::write(&plan.badges, &folder);
    let process = site
        .start_with(&Role::ALL, |settings| {
            settings.badges = folder;
            settings.worker.settle_seconds = 30;
            // As many awards as the plan wants: who holds them up is not what is tried here.
            settings.guard.enabled = false;
            // Nor how quick the machine is.
            settings.server.stop_seconds = 120;
            let forms = settings.sources.get_mut("forms").unwrap();
            forms.verified_addresses = Some(true);
            forms.table.remove("bearer");
            forms.table.insert("secret".to_owned(), json!(FORMS_SECRET));
        })
        .await;
    for lms in Lms::BOOKS {
        process.store.reconciled_since(lms.source(), site.clock.now()).await.unwrap();
    }
    let flow = flow(site.clock.clone());
    let mut semester = Semester {
        plan,
        site: &site,
        process: &process,
        client: reqwest::Client::new(),
        campus,
        oracle: Oracle::default(),
        story: Vec::new(),
        figures: Figures::default(),
        late: Vec::new(),
        under_way: JoinSet::new(),
        moved: Instant::now(),
    };
    let ran = Box::pin(semester.live()).await;
    let (story, figures) = (std::mem::take(&mut semester.story), semester.figures);
    drop(semester);
    flow.abort();
    process.stop().await;
    site.end().await;
    Some(ran.map(|()| figures).map_err(|(what, about)| Counterexample { what, about, story }))
}

fn flow(clock: Clock) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            tokio::time::sleep(TICK).await;
            clock.advance(TICK * PACE);
        }
    })
}

/// The gradebooks as they are now, unseen by the installation.
fn copy(sandbox: &Sandbox) -> Sandbox {
    Sandbox {
        moodle: Shared::new(sandbox.moodle.lock().clone()),
        canvas: Shared::new(sandbox.canvas.lock().clone()),
        blackboard: Shared::new(sandbox.blackboard.lock().clone()),
        ..sandbox.clone()
    }
}

/// What is wrong, and whose badge it is.
type Wrong = (String, Option<(usize, usize)>);

fn wrong(what: impl Into<String>) -> Wrong {
    (what.into(), None)
}

impl Semester<'_> {
    async fn live(&mut self) -> Result<(), Wrong> {
        self.figures.learners = self.plan.humans.len();
        for (week, operations) in self.plan.weeks.iter().enumerate() {
            self.story.push(format!("Week {}", week + 1));
            for operation in operations {
                self.act(operation).await?;
            }
            for webhook in std::mem::take(&mut self.late).into_iter().rev() {
                self.post(&webhook, 1);
            }
            self.idle().await?;
            Box::pin(self.night()).await?;
        }
        self.story.push("Nothing happens for some days".to_owned());
        for _ in 0..4 {
            self.advance(Duration::from_hours(24));
        }
        Box::pin(self.night()).await?;
        self.last_night().await
    }

    fn now(&self) -> DateTime<Utc> {
        self.site.clock.now()
    }

    fn advance(&mut self, by: Duration) {
        self.site.clock.advance(by);
        self.moved = Instant::now();
    }

    async fn act(&mut self, operation: &Operation) -> Result<(), Wrong> {
        let number = self.figures.operations;
        self.figures.operations += 1;
        // Moodle dates by whole seconds.
        self.site.clock.advance(Duration::from_secs(2));
        if operation.told == Told::Early {
            // What it will tell shows on a copy of the campus.
            let (mut campus, copy, now) = (self.campus.clone(), copy(&self.site.sandbox), self.now());
            let done = operation.perform(&mut campus, &copy, number, now);
            for webhook in done.webhooks {
                if webhook.tells.is_none() {
                    self.post(&webhook, 1);
                }
            }
            self.settle_posts().await?;
            let big = self.plan.humans.len() > 100;
            tokio::time::sleep(Duration::from_millis(if big { 2 } else { 60 })).await;
        }
        let now = self.now();
        let done = operation.perform(&mut self.campus, &self.site.sandbox, number, now);
        if done.story.is_empty() {
            return Ok(());
        }
        self.story.push(format!("  {} {}", now.format("%a %H:%M:%S"), done.story));
        for account in &done.concerns {
            self.note(*account);
        }
        for webhook in done.webhooks {
            let of_forms = webhook.tells.is_some();
            match operation.told {
                Told::Late => self.late.push(webhook),
                Told::Lost | Told::Early if !of_forms => {}
                Told::Twice => self.post(&webhook, 2),
                _ => self.post(&webhook, 1),
            }
        }
        if self.under_way.len() > 16 {
            self.settle_posts().await?;
        }
        Ok(())
    }

    fn note(&mut self, account: Account) {
        for place in Place::of(account.lms) {
            let state = self.campus.state(&self.site.sandbox, account, place);
            self.oracle.note(account, place, state);
        }
    }

    /// Sends a webhook so often; all are accepted.
    fn post(&mut self, webhook: &Webhook, times: usize) {
        if let Some(form) = &webhook.tells {
            told(&mut self.campus, form);
            self.note(Account { lms: Lms::Forms, human: form.human, spare: false });
        }
        for _ in 0..times {
            self.figures.webhooks += 1;
            let headers = webhook.headers_at(self.figures.webhooks, self.now());
            let url = format!("{}/hooks/{}", self.process.url, webhook.path);
            let mut request = self.client.post(url).body(webhook.body.clone());
            for (name, value) in headers {
                request = request.header(name, value);
            }
            self.under_way.spawn(async move {
                let answer = request.send().await.map_err(|error| error.to_string())?;
                let status = answer.status();
                if status.is_success() {
                    return Ok(());
                }
                Err(format!(
                    "a webhook is answered with {status}: {}",
                    answer.text().await.unwrap_or_default()
                ))
            });
        }
    }

    async fn settle_posts(&mut self) -> Result<(), Wrong> {
        while let Some(posted) = self.under_way.join_next().await {
            posted.unwrap().map_err(wrong)?;
        }
        Ok(())
    }

    /// Waits until nothing waits any more, and sets the clock forward where only time helps.
    async fn idle(&mut self) -> Result<(), Wrong> {
        self.settle_posts().await?;
        let started = Instant::now();
        let limit = Duration::from_secs(90)
            + Duration::from_millis(200) * u32::try_from(self.plan.humans.len()).unwrap();
        let (mut last, mut since) = (None, Instant::now());
        loop {
            let mut backlog = Vec::new();
            for work in Work::ALL {
                let of = self.process.store.backlog(work, 1_000_000).await.unwrap();
                if of.parked > 0 {
                    return Err(wrong(format!("{} of {} are parked", of.parked, work.as_str())));
                }
                backlog.push(of.waiting);
            }
            // No time helps mails that wait because their badge is suspended.
            let held = match backlog[..] {
                [0, 0, mails] if mails > 0 => held_mails(self.site.database_url()).await == mails,
                _ => false,
            };
            let waiting = !held && backlog.iter().any(|waiting| *waiting > 0);
            if !waiting && self.moved.elapsed() > ROUND {
                return Ok(());
            }
            if last.as_ref() != Some(&backlog) {
                (last, since) = (Some(backlog.clone()), Instant::now());
            }
            if waiting && since.elapsed() > STUCK {
                self.advance(Duration::from_secs(35));
                since = Instant::now();
            }
            if started.elapsed() > limit {
                return Err(wrong(format!("signals, events and mails still wait: {backlog:?}")));
            }
            tokio::time::sleep(Duration::from_millis(25)).await;
        }
    }

    /// The sources of whose courses a rule speaks.
    fn read_sources(&self) -> BTreeSet<&'static str> {
        let places = self.plan.badges.iter().flat_map(|badge| badge.ask.places());
        places.filter(|place| place.lms != Lms::Forms).map(|place| place.lms.source()).collect()
    }

    /// Goes on to half past two, and waits for what reconciliation finds.
    async fn reconcile(&mut self) -> Result<(), Wrong> {
        let now = self.now();
        let at = NaiveTime::from_hms_opt(2, 31, 0).unwrap();
        let mut night = now.date_naive().and_time(at).and_utc();
        if night <= now {
            night += TimeDelta::days(1);
        }
        self.advance((night - now).to_std().unwrap());
        let started = Instant::now();
        for source in self.read_sources() {
            loop {
                let runs = self.process.store.runs(Some(source), 1).await.unwrap();
                if runs.first().is_some_and(|run| run.started_at >= night && run.finished_at.is_some()) {
                    break;
                }
                if started.elapsed() > Duration::from_mins(3) {
                    return Err(wrong(format!("{source} is not reconciled: {runs:#?}")));
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }
        self.idle().await
    }

    async fn night(&mut self) -> Result<(), Wrong> {
        self.reconcile().await?;
        self.story.push(format!("  {} the night's reconciliation", self.now().format("%a %H:%M:%S")));
        let found = Box::pin(Found::read(self.site.database_url())).await;
        if let Some(first) = found.wrong.first() {
            return Err(wrong(first.clone()));
        }
        let people = self.people(&found)?;
        let (campus, sandbox) = (self.campus.clone(), &self.site.sandbox);
        let shown = |account: Account, place: Place| campus.state(sandbox, account, place);
        let expected = self.oracle.night(&self.plan.badges, &people, self.site.clock.now(), shown);
        let mut awards = found.awards.clone();
        self.figures.awards = awards.len();
        self.figures.lost = awards.values().filter(|standing| **standing != Standings::VALID).count();
        for person in &people {
            for (index, badge) in self.plan.badges.iter().enumerate() {
                let is = awards.remove(&(person.id.clone(), badge_id(index))).unwrap_or(Standings::NONE);
                let should = expected[&(person.id.clone(), index)];
                let human = person.accounts[0].human;
                // Who is known as two persons after their address changed is one in doubt.
                let is_one = people.iter().filter(|other| other.accounts[0].human == human).count() == 1;
                let waits = !is_one && found.is_in_doubt(&person.id, &badge_id(index));
                if !(should.may_be(is) || waits && is == Standings::NONE) {
                    let waiting = found.waits.get(&(person.id.clone(), badge_id(index)));
                    let what = format!(
                        "{} (h{human}): {} should be {should:?} and is {is:?} (it waits: {waiting:?})\n  Its rule:\n    {}\n  What may be \
                         believed:\n    {}",
                        name(human),
                        badge_id(index),
                        badge.toml(index).lines().skip(5).collect::<Vec<_>>().join("\n    "),
                        self.oracle.tell(person, badge),
                    );
                    return Err((what, Some((human, index))));
                }
                self.oracle.found(&person.id, index, is);
            }
        }
        match awards.first_key_value() {
            Some((award, _)) => Err(wrong(format!("an award of nobody: {award:?}"))),
            None => Ok(()),
        }
    }

    /// The people as the installation knows them; those whom it does not know each for themselves.
    fn people(&self, found: &Found) -> Result<Vec<Person>, Wrong> {
        let mut people: BTreeMap<String, Person> = BTreeMap::new();
        for human in 0..self.campus.humans.len() {
            let mut own = BTreeSet::new();
            for account in self.campus.accounts(human) {
                let name = (account.lms.source().to_owned(), account.id());
                let known = found.persons.get(&name).cloned();
                if let Some(known) = known.clone().filter(|_| !account.spare) {
                    own.insert(known);
                }
                let id = known.unwrap_or_else(|| format!("unknown {human} {}", account.spare));
                let person = people.entry(id.clone()).or_insert_with(|| Person { id, accounts: Vec::new() });
                person.accounts.push(account);
                if person.accounts.iter().any(|other| other.human != human) {
                    let what = format!("h{human} is taken for somebody else: {:?}", person.accounts);
                    return Err((what, Some((human, 0))));
                }
            }
            if own.len() > 1 && self.campus.moves[human] == 0 {
                let what = format!("h{human} has one address, and is taken for {} persons", own.len());
                return Err((what, Some((human, 0))));
            }
        }
        Ok(people.into_values().collect())
    }

    /// Once more, and nothing is missing any more.
    async fn last_night(&mut self) -> Result<(), Wrong> {
        self.reconcile().await?;
        for source in self.read_sources() {
            let runs = self.process.store.runs(Some(source), 1).await.unwrap();
            let counts = runs[0].counts();
            if counts.missing > 0 || counts.stale > 0 {
                return Err(wrong(format!("the last reconciliation of {source} finds {counts:?}")));
            }
        }
        Ok(())
    }
}
