//! MAIL: sends what the outbox rows say.
//!
//! A row is leased in a short transaction, the mail is sent outside of it, and the row is
//! marked. Dying in between sends the mail once more, with the same Message-ID: the only
//! duplicate that is allowed.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::StreamExt as _;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tokio_util::sync::CancellationToken;
use url::Url;
use uuid::Uuid;

use super::outage::{PAUSE, Patience};
use super::retry::{backoff, unstored};
use super::trial::Trials;
use super::unwind::guarded;
use crate::catalogs::Catalogs;
use crate::claim::ClaimSecret;
use crate::clock::Clock;
use crate::faults::{self, Point};
use crate::locales::Language;
use crate::mail::{ClaimMail, Composed, Composer, SendError, Transport};
use crate::queue::{Delivery, Queue};
use crate::store::{
    BounceKind, CONFIRM_WITHIN, LeasedCode, LeasedMail, LeasedNotice, MailVerdict, Store, StoreError, Work,
};
use crate::telemetry::Metrics;

/// How long a batch gathers.
const LINGER: Duration = Duration::from_millis(20);
/// How long a lease lasts: longer than a whole batch takes with a mail server that hangs.
const LEASE: Duration = Duration::from_mins(4);
/// How long a mail can be marked after it was leased: half a minute less than the lease, which
/// is longer than a database that hangs takes to be given up.
const MARKABLE: Duration = Duration::from_secs(210);
/// How long a process that is to stop goes on trying to mark what it has sent.
const LAST_TRIES: Duration = Duration::from_secs(4);
/// Mails that are marked together while others are still being sent.
const MARKED: usize = 128;
/// How long after it was leased a mail can be begun. One that hangs may take a minute, and another one
/// that is sent before it on the same connection, too.
const BEGIN: Duration = Duration::from_mins(1);
/// Batches under way at a time: one is taken or marked while another one is being sent.
const ABREAST: usize = 2;
/// Waits after a temporary refusal.
const WAIT: (Duration, Duration) = (Duration::from_secs(30), Duration::from_hours(2));
/// Tries before a mail is parked: some three days.
const ATTEMPTS: u32 = 40;

/// Sends mails. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Mailer {
    /// The database.
    pub store: Store,
    /// The queue.
    pub queue: Arc<Queue>,
    /// The badges.
    pub catalogs: Catalogs,
    /// The institution's name.
    pub issuer: Arc<str>,
    /// The names of the other issuers, by slug.
    pub issuers: Arc<BTreeMap<String, String>>,
    /// Makes claim tokens.
    pub secret: ClaimSecret,
    /// How mails leave.
    pub transport: Arc<Transport>,
    /// How mails look.
    pub composer: Arc<Composer>,
    /// Connections to the mail server: as many mails are sent at a time.
    pub connections: usize,
    /// The time.
    pub clock: Clock,
    /// Counters.
    pub metrics: Arc<Metrics>,
    /// Where this installation answers.
    pub public_url: Url,
    /// What may end the process.
    pub trials: Trials,
}

/// What of a lease's time is for what.
#[derive(Debug, Clone, Copy)]
struct Times {
    /// A mail is begun before then, or not at all.
    begin: Instant,
    /// Until then its row is this process's to mark.
    mark: Instant,
    /// When it ends, as its row says.
    lease: DateTime<Utc>,
}

/// A mail that was taken to be sent.
#[derive(Debug)]
enum Letter {
    /// To a learner.
    Claim(Box<LeasedMail>),
    /// To an administrator.
    Notice(Box<LeasedNotice>),
    /// A code for a learner's wallet.
    Code(Box<LeasedCode>),
}

impl Letter {
    fn id(&self) -> Uuid {
        match self {
            Self::Claim(mail) => mail.id,
            Self::Notice(notice) => notice.id,
            Self::Code(code) => code.id,
        }
    }

    /// How often it was taken before.
    fn attempts(&self) -> u32 {
        match self {
            Self::Claim(mail) => mail.attempts,
            Self::Notice(notice) => notice.attempts,
            Self::Code(code) => code.attempts,
        }
    }
}

impl Mailer {
    /// Mails that are taken together, and so the most that a process sends once more which dies
    /// before it has marked them.
    pub fn window(batch: u16, connections: usize) -> usize {
        usize::from(batch).min(MARKED + connections) * ABREAST
    }

    /// Works until `stop`, finishing what it has begun.
    pub async fn run(self, batch: u16, stop: CancellationToken) {
        let mut consumer = self.queue.consume(Work::Mails, batch.saturating_mul(2), stop.clone());
        let patience = Patience::new(stop.clone());
        let mut batches = JoinSet::new();
        loop {
            // The next one is taken, or marked, while a batch is being sent.
            while batches.len() >= ABREAST && batches.join_next().await.is_some() {}
            let Some(deliveries) = consumer.next_batch(usize::from(batch), LINGER).await else { break };
            let ids: Vec<Uuid> = deliveries.iter().map(|delivery| delivery.id).collect();
            match patience.hold().until(|| self.lease(&ids)).await {
                Ok((leased, times)) => {
                    let (this, stop) = (self.clone(), stop.clone());
                    batches.spawn(async move {
                        let (leased, alone) = this.apart(leased).await;
                        this.marked_first(&leased).await;
                        faults::at(Point::MailUnsent).await;
                        let ids: Vec<Uuid> = leased.iter().map(Letter::id).collect();
                        this.deliver(leased, times, &stop).await;
                        this.trials.end(&this.store, &ids).await;
                        this.on_trial(alone, times, &stop).await;
                        faults::at(Point::MailUnacknowledged).await;
                        // The sweeper brings back what waits, or was not begun: its time is in the
                        // row. What could not be marked comes back when its lease ends.
                        for delivery in deliveries {
                            delivery.ack();
                        }
                    });
                }
                Err(StoreError::Unavailable(_)) => {
                    drop(deliveries);
                    patience.pause(&mut consumer, &self.store).await;
                }
                Err(error) => {
                    tracing::error!(%error, "mails cannot be taken; trying again later");
                    Delivery::retry_all(deliveries, unstored(&error)).await;
                }
            }
        }
        while batches.join_next().await.is_some() {}
        self.transport.close().await;
    }

    /// Leases mails, and says until when they can be sent and marked.
    async fn lease(&self, ids: &[Uuid]) -> Result<(Vec<Letter>, Times), StoreError> {
        let (now, began) = (self.clock.now(), Instant::now());
        let mails = defects::renamed(self.store.lease_mails(ids, now, now + LEASE).await?);
        let taken: HashSet<Uuid> = mails.iter().map(|mail| mail.id).collect();
        let mut leased: Vec<Letter> = mails.into_iter().map(|mail| Letter::Claim(Box::new(mail))).collect();
        let others: Vec<Uuid> = ids.iter().copied().filter(|id| !taken.contains(id)).collect();
        match self.store.lease_notices(&others, now, now + LEASE).await {
            Ok(notices) => leased.extend(notices.into_iter().map(|notice| Letter::Notice(Box::new(notice)))),
            // The mails are taken, and must not wait for the end of their lease.
            Err(error) if !leased.is_empty() => tracing::warn!(%error, "messages to administrators wait"),
            Err(error) => return Err(error),
        }
        match self.store.lease_codes(&others, now, now + LEASE).await {
            Ok(codes) => leased.extend(codes.into_iter().map(|code| Letter::Code(Box::new(code)))),
            Err(error) if !leased.is_empty() => tracing::warn!(%error, "codes for wallets wait"),
            Err(error) => return Err(error),
        }
        Ok((leased, Times { begin: began + BEGIN, mark: began + MARKABLE, lease: now + LEASE }))
    }

    /// Sends leased mails and marks them.
    async fn deliver(&self, leased: Vec<Letter>, times: Times, stop: &CancellationToken) {
        // Each in a task of its own: what makes one of them panic must not take its neighbours
        // with it.
        let sending = leased.into_iter().map(|mail| {
            let this = self.clone();
            async move {
                if Instant::now() >= times.begin || stop.is_cancelled() {
                    return Err(mail.id());
                }
                let mail = Arc::new(mail);
                let sent = guarded({
                    let (this, mail) = (this.clone(), Arc::clone(&mail));
                    async move { this.send(&mail).await }
                });
                let sent = sent.await.unwrap_or_else(|| {
                    let reason = "sending it failed inside the program; please report it";
                    Err(SendError::Temporary(reason.to_owned()))
                });
                let verdict = this.verdict(&mail, sent);
                faults::at(Point::MailUnmarked).await;
                Ok((mail.id(), verdict))
            }
        });
        // As many at a time as there are connections; each is marked soon after it left.
        let mut sending = futures_util::stream::iter(sending).buffer_unordered(self.connections.max(1));
        let (mut results, mut unbegun) = (Vec::new(), Vec::new());
        while let Some(result) = sending.next().await {
            match result {
                Ok(result) => results.push(result),
                Err(mail) => unbegun.push(mail),
            }
            // Where that fails they are marked with the others: what is being sent must not wait.
            if results.len() >= MARKED && self.store.finish_mails(&results, self.clock.now()).await.is_ok() {
                results.clear();
            }
        }
        self.finish(&results, times.mark, stop).await;
        if !unbegun.is_empty() {
            tracing::info!(mails = unbegun.len(), "not begun; taken again by the next who can");
            if let Err(error) = self.store.release_mails(&unbegun, times.lease, self.clock.now()).await {
                tracing::warn!(%error, mails = unbegun.len(), "they are taken again when their lease ends");
            }
        }
    }

    /// Marking is tried hard: a mail that left and is not marked by the end of its lease leaves
    /// again.
    async fn finish(&self, results: &[(Uuid, MailVerdict)], until: Instant, stop: &CancellationToken) {
        let (mut until, mut stopping) = (until, false);
        while let Err(error) = self.store.finish_mails(results, self.clock.now()).await {
            tracing::warn!(%error, mails = results.len(), "mails are not marked yet");
            tokio::select! {
                () = sleep(PAUSE) => {}
                () = stop.cancelled(), if !stopping => {
                    stopping = true;
                    until = until.min(Instant::now() + LAST_TRIES);
                }
            }
            if Instant::now() >= until {
                tracing::error!(%error, mails = results.len(), "mails could not be marked: those that were sent are sent once more, with the same Message-ID");
                return;
            }
        }
    }

    async fn send(&self, letter: &Letter) -> Result<String, SendError> {
        let composed = match letter {
            Letter::Claim(mail) => self.composed(mail)?,
            Letter::Notice(notice) => match notice.hold.state.decision() {
                Some(decision) => return Ok(format!("not sent: {} had decided before", decision.by)),
                None => self.notice(notice)?,
            },
            Letter::Code(code) if code.needless => return Ok("not sent: nobody needs the code".to_owned()),
            Letter::Code(code) if code.expires_at <= self.clock.now() => {
                return Ok("not sent: the offer has ended".to_owned());
            }
            Letter::Code(code) => self.code(code)?,
        };
        defects::misread(self.transport.send(&composed).await)
    }

    /// The name of an issuer.
    fn name_of(&self, slug: &str) -> &str {
        self.issuers.get(slug).map_or(&*self.issuer, String::as_str)
    }

    /// What the mail server's answer means.
    fn verdict(&self, letter: &Letter, sent: Result<String, SendError>) -> MailVerdict {
        let verdict = match sent {
            Ok(reason) if defects::unmarked(letter) => MailVerdict::Wait { until: self.clock.now(), reason },
            Ok(response) => MailVerdict::Sent { response },
            Err(SendError::Permanent(reason)) => MailVerdict::Park { reason },
            Err(SendError::NoMailbox(reason)) => MailVerdict::Lost { reason },
            Err(SendError::Temporary(reason)) if letter.attempts().saturating_add(1) >= ATTEMPTS => {
                MailVerdict::Park { reason: format!("tried {ATTEMPTS} times; last: {reason}") }
            }
            Err(SendError::Temporary(reason)) => {
                let wait = TimeDelta::from_std(backoff(WAIT.0, WAIT.1, letter.attempts()))
                    .unwrap_or(TimeDelta::hours(1));
                MailVerdict::Wait { until: self.clock.now() + wait, reason }
            }
        };
        let (state, detail) = match &verdict {
            MailVerdict::Sent { response } => ("sent", response),
            MailVerdict::Wait { reason, .. } => ("wait", reason),
            MailVerdict::Park { reason } => ("park", reason),
            MailVerdict::Lost { reason } => {
                self.metrics.bounce(BounceKind::Hard.as_str());
                ("park", reason)
            }
        };
        self.metrics.mail(state);
        match letter {
            Letter::Claim(mail) => {
                tracing::info!(delivery = %mail.delivery, mail = %mail.id, credential = %mail.credential, state, detail, "claim mail");
            }
            Letter::Notice(notice) => {
                tracing::info!(delivery = %notice.delivery, mail = %notice.id, hold = %notice.hold.id, state, detail, "message to an administrator");
            }
            Letter::Code(code) => {
                tracing::info!(delivery = %code.delivery, offer = %code.id, credential = %code.credential, state, detail, "code for a wallet");
            }
        }
        verdict
    }

    /// A fault of the settings is temporary: it hits every mail alike, and a human mends it.
    fn composed(&self, mail: &LeasedMail) -> Result<Composed, SendError> {
        #[cfg(test)]
        super::unwind::crashes::pass(mail.id);
        faults::touch("mail", &mail.email);
        let settings = |error: &dyn std::fmt::Display| SendError::Temporary(error.to_string());
        // A process may not have taken up yet the version that awarded it. A badge that later
        // versions do not have was earned all the same.
        let catalog = self.catalogs.current();
        let badge = catalog.known(&mail.badge).ok_or_else(|| {
            settings(&format!(
                "the badge “{}” is in no published version that this process can read",
                mail.badge
            ))
        })?;
        let spoken = mail.language.as_deref().and_then(Language::of_tag).unwrap_or_default();
        let own = (&badge.achievement.name, &badge.achievement.description);
        let translated = badge.achievement.translation(spoken.tag());
        let (name, description) = translated.map_or(own, |texts| (&texts.name, &texts.description));
        let number = mail.kind.strip_prefix("address-").and_then(|number| number.parse().ok());
        let path = match number {
            Some(number) => format!("/address/{}", self.secret.address_token(mail.credential, number)),
            None => format!("/claim/{}", self.secret.link_token(mail.credential, mail.link)),
        };
        let join = |path: &str| self.public_url.join(path).map_err(|error| settings(&error));
        let mut link = join(&path)?;
        // The page goes by the language of the mail, until its reader chooses another.
        if let Some(language) = mail.language.as_deref().and_then(Language::of_tag) {
            link.query_pairs_mut().append_pair("lang", language.tag());
        }
        let image = join(&format!("/achievements/{}/image.png", mail.badge))?;
        let claim = ClaimMail {
            name: &mail.name,
            email: &mail.email,
            badge: name,
            description,
            issuer: self.name_of(&mail.issuer),
            link: &link,
            image: badge.image.is_some().then_some(&image),
            until: number.map_or(mail.claim_until, |_| mail.date + CONFIRM_WITHIN),
            valid_until: mail.valid_until,
            renews_award_of: mail.renews_award_of,
            replaces_award_of: mail.replaces_award_of,
            message_id: &mail.message_id,
            date: mail.date,
            language: mail.language.as_deref(),
        };
        let composed = match mail.kind.split_once('-') {
            Some(("reminder", _)) => self.composer.remind(&claim),
            Some(("address", _)) => self.composer.ask_for_address(&claim),
            _ => self.composer.compose(&claim),
        };
        composed.map_err(|error| SendError::Permanent(error.to_string()))
    }
}

mod code;
mod defects;
mod notice;
#[cfg(test)]
mod tests;
mod trial;
