//! The mail with the code that a learner's wallet asks for.

use super::Mailer;
use crate::locales::Language;
use crate::mail::{CodeMail, Composed, SendError};
use crate::store::LeasedCode;

impl Mailer {
    /// A fault of the settings is temporary, as of every mail.
    pub(super) fn code(&self, code: &LeasedCode) -> Result<Composed, SendError> {
        let settings = |why: String| SendError::Temporary(why);
        let catalog = self.catalogs.current();
        let badge = catalog
            .known(&code.badge)
            .ok_or_else(|| settings(format!("the badge “{}” is in no published version", code.badge)))?;
        let spoken = Language::of_tag(&code.language).unwrap_or_default();
        let translated = badge.achievement.translation(spoken.tag());
        let host = self.public_url.host_str().ok_or_else(|| settings("public_url has no host".to_owned()))?;
        let mail = CodeMail {
            name: &code.name,
            email: &code.email,
            badge: translated.map_or(&badge.achievement.name, |texts| &texts.name),
            issuer: self.name_of(&code.issuer),
            code: &self.secret.transaction_code(code.id),
            message_id: &format!("{}@{host}", code.id),
            date: code.created_at,
            language: &code.language,
        };
        self.composer.code(&mail).map_err(|error| SendError::Permanent(error.to_string()))
    }
}
