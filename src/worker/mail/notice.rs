//! The message to an administrator that awards are held.

use super::Mailer;
use crate::config::Catalog;
use crate::mail::{Composed, NoticeMail, SendError};
use crate::store::{GuardedAward, LeasedNotice, Scope};

impl Mailer {
    /// A fault of the settings is temporary: a human mends it.
    pub(super) fn notice(&self, notice: &LeasedNotice) -> Result<Composed, SendError> {
        let catalog = self.catalogs.current();
        let hold = &notice.hold;
        let of = match &hold.scope {
            Scope::Badge(badge) => format!("of {}", title(&catalog, badge)),
            Scope::Source(source) => format!("from the source {source}"),
            Scope::All => "of all badges together".to_owned(),
        };
        let mail = NoticeMail {
            recipient: &notice.recipient,
            issuer: &self.issuer,
            url: &self.public_url,
            id: hold.id,
            held: hold.held,
            of: &of,
            since: hold.opened_at,
            expected: hold.expected,
            window: &hold.window(),
            basis: &hold.basis,
            awarded: hold.awarded,
            examples: notice.examples.iter().map(|award| line(&catalog, award)).collect(),
            message_id: &notice.message_id,
            date: notice.date,
        };
        self.composer.notice(&mail).map_err(|error| SendError::Temporary(error.to_string()))
    }
}

/// A badge's title; its id where its file is gone.
fn title(catalog: &Catalog, badge: &str) -> String {
    format!("“{}”", catalog.badge(badge).map_or(badge, |badge| badge.achievement.name.as_str()))
}

/// `Ada Example (forms:ada), “First Aid”, Final test: 41 of 50 points`.
fn line(catalog: &Catalog, award: &GuardedAward) -> String {
    let GuardedAward { source, learner, badge, grade, .. } = award;
    let name = award.name.as_deref().unwrap_or("somebody without a name");
    format!("{name} ({source}:{learner}), {}, {grade}", title(catalog, badge))
}
