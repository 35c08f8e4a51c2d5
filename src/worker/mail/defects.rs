//! What the mailer of the test build does wrong when it is told to (`crate::faults`).

use uuid::Uuid;

use super::{Letter, Mailer};
use crate::faults::{self, Break};
use crate::store::{LeasedMail, MailVerdict};

impl Mailer {
    pub(super) async fn marked_first(&self, leased: &[Letter]) {
        if faults::broken(Break::MarksFirst) {
            let sent = |mail: &Letter| (mail.id(), MailVerdict::Sent { response: "not yet".to_owned() });
            let marks: Vec<_> = leased.iter().map(sent).collect();
            let _ = self.store.finish_mails(&marks, self.clock.now()).await;
        }
    }
}

pub(super) fn renamed(mut mails: Vec<LeasedMail>) -> Vec<LeasedMail> {
    if faults::broken(Break::RenamesMails) {
        for mail in &mut mails {
            mail.message_id = format!("{}@renamed.example.test", Uuid::new_v4());
        }
    }
    mails
}

pub(super) fn unmarked(letter: &Letter) -> bool {
    faults::broken(Break::MarksSecond) && letter.attempts() == 0
}
