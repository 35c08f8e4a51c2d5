//! The parts that send mails and look after them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;

use super::{App, host};
use crate::mail::{Composer, Transport};
use crate::worker::{Bounces, Mailbox, Mailer, Mbox, Retention, Sweeper, Trials};

impl App {
    pub(super) fn mailer(&self, trials: Trials) -> anyhow::Result<Mailer> {
        Ok(Mailer {
            store: self.store.clone(),
            queue: Arc::clone(&self.queue),
            catalogs: self.catalogs.clone(),
            issuer: self.settings.issuer.name.as_str().into(),
            issuers: Arc::new(
                self.settings.issuers.iter().map(|(slug, one)| (slug.clone(), one.name.clone())).collect(),
            ),
            secret: self.secret.clone(),
            transport: Arc::new(Transport::new(&self.settings.mail).context("mail.url")?),
            composer: Arc::new(Composer::new(&self.settings.mail).context("mail")?),
            connections: self.settings.mail.connections,
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            public_url: self.settings.public_url.clone(),
            trials,
        })
    }

    /// Takes down what comes back.
    pub(super) fn bounces(&self) -> Bounces {
        Bounces { store: self.store.clone(), clock: self.clock.clone(), metrics: Arc::clone(&self.metrics) }
    }

    /// Reads the mailbox of what comes back, if there is one.
    pub(super) fn mailbox(&self, embedded: bool) -> Option<Mailbox> {
        let maildir = self.settings.bounces.maildir.clone()?;
        Some(Mailbox { maildir, bounces: self.bounces(), every: look(embedded) })
    }

    /// Reads it where it is one file.
    pub(super) fn mbox(&self, embedded: bool) -> Option<Mbox> {
        let path = self.settings.bounces.mbox.clone()?;
        Some(Mbox::new(path, self.bounces(), look(embedded)))
    }

    pub(super) fn retention(&self, embedded: bool) -> Retention {
        Retention {
            store: self.store.clone(),
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            delivery_days: self.settings.retention.delivery_days,
            mail_days: self.settings.retention.mail_days,
            every: Duration::from_secs(if embedded { 5 } else { 60 }),
        }
    }

    pub(super) fn sweeper(&self, embedded: bool) -> anyhow::Result<Sweeper> {
        Ok(Sweeper {
            store: self.store.clone(),
            queue: Arc::clone(&self.queue),
            clock: self.clock.clone(),
            metrics: Arc::clone(&self.metrics),
            public_url: Arc::clone(&self.public_url),
            reminders: self.settings.claim.reminders(),
            domain: host(&self.settings.public_url)?.into(),
            every: Duration::from_secs(if embedded { 1 } else { 5 }),
            starts_empty: embedded,
        })
    }
}

/// Time between two looks into a mailbox.
fn look(embedded: bool) -> Duration {
    Duration::from_secs(if embedded { 5 } else { 30 })
}
