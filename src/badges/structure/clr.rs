//! What a learner record must contain (Comprehensive Learner Record 2.0, appendix B).

use std::collections::BTreeSet;

use serde_json::Value;

use super::{At, Checked, Ready};
use crate::locales::Message;

/// The type of a learner record.
pub(in crate::badges) const TYPE: &str = "ClrCredential";

/// What the standard requires of a record, without the credentials in it.
pub(super) fn standard(root: &At<'_>) -> Checked {
    root.must("id")?;
    root.must("name")?.text()?;
    let subject = root.must("credentialSubject")?;
    subject.must_be("ClrSubject")?;
    if subject.may("id").is_none() && subject.may("identifier").is_none() {
        return Err(Message::new("why-nobody"));
    }
    let mut seen = BTreeSet::new();
    for credential in subject.must("verifiableCredential")?.items() {
        credential.must_be("VerifiableCredential")?;
        if let Some(id) = credential.may("id")
            && !seen.insert(id.text()?)
        {
            return Err(id.wrong("why-twice"));
        }
    }
    if seen.is_empty() {
        return Err(Message::new("why-no-credentials"));
    }
    // A credential could be moved to where nobody looks for it.
    match subject.may("id") {
        Some(id) if named(root, id.text()?) > 1 => Err(subject.wrong("why-twice")),
        _ => Ok(()),
    }
}

/// How often something with this id is described in the record itself.
fn named(at: &At<'_>, id: &str) -> usize {
    let Value::Object(members) = at.value else { return at.parts().iter().map(|part| named(part, id)).sum() };
    let own = members.get("id").and_then(Value::as_str) == Some(id) && members.len() > 1;
    at.parts().iter().filter(|part| !part.holds_credentials()).map(|part| named(part, id)).sum::<usize>()
        + usize::from(own)
}

/// What Accolade requires of a record that it signs, on top of the standard.
pub(super) fn ready(root: &At<'_>, by: &At<'_>) -> Ready {
    super::envelope(root, by)?;
    let subject = root.must("credentialSubject")?;
    for identity in subject.each("identifier") {
        super::identity_object(&identity)?;
    }
    for credential in subject.each("verifiableCredential") {
        super::standard(credential.value).map_err(|why| format!("{}: {why}", credential.path))?;
        credential.must("proof")?;
    }
    for association in subject.each("association") {
        association.must_be("Association")?;
        association.must("associationType")?.text()?;
        association.must("sourceId")?.address()?;
        association.must("targetId")?.address()?;
    }
    Ok(())
}
