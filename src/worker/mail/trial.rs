//! Mails that may end the process: those that were in work when one ended are sent alone.

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{Letter, Mailer, Times};
use crate::store::MailVerdict;
use crate::worker::trial::part;

impl Mailer {
    /// Takes those out that may end the process: they are sent after the others.
    pub(super) async fn apart(&self, leased: Vec<Letter>) -> (Vec<Letter>, Vec<Letter>) {
        // What was taken before was in work: it could not be sent, or its process has ended.
        let again = leased.iter().filter(|letter| letter.attempts() > 0).map(Letter::id);
        let again: Vec<Uuid> = again.collect();
        if again.is_empty() {
            return (leased, Vec::new());
        }
        let suspects = self.trials.note(&self.store, &again, self.clock.now()).await;
        let suspects = suspects.unwrap_or_else(|error| {
            tracing::warn!(%error, "mails that were taken before are not noted");
            Vec::new()
        });
        part(leased, Letter::id, &suspects)
    }

    /// Sends each alone.
    pub(super) async fn on_trial(&self, alone: Vec<Letter>, times: Times, stop: &CancellationToken) {
        for letter in alone {
            let id = letter.id();
            if Instant::now() >= times.begin || stop.is_cancelled() {
                // It is not begun, and stays noted.
                self.deliver(vec![letter], times, stop).await;
                continue;
            }
            match self.trials.begin(&self.store, id, self.clock.now()).await {
                Ok(None) => self.deliver(vec![letter], times, stop).await,
                Ok(Some(reason)) => {
                    tracing::error!(mail = %id, reason, "a mail is parked");
                    self.metrics.mail("park");
                    self.finish(&[(id, MailVerdict::Park { reason })], times.mark, stop).await;
                }
                Err(error) => {
                    tracing::warn!(%error, mail = %id, "taken again when its lease ends");
                    continue;
                }
            }
            self.trials.end(&self.store, &[id]).await;
        }
    }
}
