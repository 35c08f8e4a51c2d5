//! What the mailer of the test build does wrong when it is told to (`crate::faults`).

use uuid::Uuid;

use super::{Letter, Mailer};
use crate::faults::{self, Break};
use crate::mail::SendError;
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
    let is_renamed = |mail: &LeasedMail| {
        faults::broken(Break::RenamesMails) || faults::broken(Break::RenamesCopies) && mail.attempts > 0
    };
    for mail in mails.iter_mut().filter(|mail| is_renamed(mail)) {
        mail.message_id = format!("{}@renamed.example.test", Uuid::new_v4());
    }
    mails
}

/// What the mail server said, taken for something else.
pub(super) fn misread(said: Result<String, SendError>) -> Result<String, SendError> {
    match said {
        Err(SendError::Temporary(why)) if faults::broken(Break::ParksWhatIsPutOff) => {
            Err(SendError::Permanent(why))
        }
        Err(SendError::Temporary(why)) if faults::broken(Break::TakesSilenceForYes) => Ok(why),
        Err(SendError::Permanent(why) | SendError::NoMailbox(why))
            if faults::broken(Break::RetriesRefusals) =>
        {
            Err(SendError::Temporary(why))
        }
        said => said,
    }
}

pub(super) fn unmarked(letter: &Letter) -> bool {
    faults::broken(Break::MarksSecond) && letter.attempts() == 0
}
