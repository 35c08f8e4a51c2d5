//! The gate before signing: whether what the LMS tells of a learner can stand on a credential.
//! Pure, no I/O.

use accolade_connectors::{Learner, Outcome, Release, Withheld};
use lettre::Address;

/// What stands for a name where there is none, whole and in lower case.
const PLACEHOLDERS: [&str; 32] = [
    "undefined",
    "null",
    "none",
    "nil",
    "nan",
    "n/a",
    "n.a.",
    "n.n.",
    "unknown",
    "unknown user",
    "unnamed",
    "anonymous",
    "anonymous user",
    "no name",
    "name",
    "your name",
    "first last",
    "firstname lastname",
    "first name last name",
    "test",
    "test user",
    "test student",
    "student",
    "learner",
    "user",
    "guest",
    "guest user",
    "admin",
    "admin user",
    "deleted",
    "deleted user",
    "[object object]",
];
/// Words that programs put where a part of a name is missing. Written otherwise they may be names.
const MISSING: [&str; 3] = ["undefined", "null", "[object"];
/// How Blackboard names those who look at a course as a student.
const PREVIEW: &str = "_previewuser";

/// The learner's name, or why it cannot stand on a credential. What only looks odd is let through
/// if `vouched`: a human knows of it.
pub(super) fn name(learner: &Learner, vouched: bool) -> Result<&str, String> {
    let name = learner.name.as_deref().map(str::trim).filter(|name| !name.is_empty());
    let name = name.ok_or("the LMS gives no name")?;
    match oddity(name, learner).filter(|_| !vouched) {
        Some(why) => Err(format!("the name that the LMS gives, “{name}”, {why}")),
        None => Ok(name),
    }
}

/// Why a name is hardly a person's.
fn oddity(name: &str, learner: &Learner) -> Option<&'static str> {
    let lower = name.to_lowercase();
    let same = |other: Option<&str>| other.is_some_and(|other| other.trim().to_lowercase() == lower);
    let email = learner.email.as_deref();
    if PLACEHOLDERS.contains(&lower.as_str()) || name.split_whitespace().any(|word| MISSING.contains(&word)) {
        return Some("stands for a name that is missing");
    }
    if lower.ends_with(PREVIEW) {
        return Some("is that of a preview user");
    }
    if same(email) || name.contains('@') {
        return Some("is an address");
    }
    // Many people have one name only, and an address that is made of it: “Suharto” is one.
    let user = email.and_then(|email| email.split('@').next());
    if user == Some(name) && lower == name
        || same(Some(&learner.id))
        || same(learner.institution_id.as_deref())
    {
        return Some("is a user name or a number");
    }
    if !name.chars().any(char::is_alphabetic) {
        return Some("has no letter");
    }
    let mut words = lower.split_whitespace();
    let first = words.next();
    let mut rest = words.peekable();
    (rest.peek().is_some() && rest.all(|word| Some(word) == first)).then_some("is one word twice")
}

/// The learner's address, or why no mail would reach them there.
pub(super) fn address(learner: &Learner) -> Result<&str, String> {
    let email = learner.email.as_deref().map(str::trim).filter(|email| !email.is_empty());
    let email = email.ok_or("the LMS gives no e-mail address")?;
    // Moodle puts MD5 of the user name there when it deletes an account.
    if email.len() == 32 && email.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("the LMS has deleted the account".to_owned());
    }
    let Ok(address) = email.parse::<Address>() else {
        return Err(format!("the LMS gives “{email}”, which is no e-mail address"));
    };
    if !address.user().is_ascii() {
        return Err(format!(
            "the LMS gives “{email}”, which has letters outside ASCII before the @, and not every mail server \
             takes that"
        ));
    }
    // RFC 2606, section 2.
    let domain = address.domain().trim_end_matches('.').to_lowercase();
    if domain == "invalid" || domain.ends_with(".invalid") {
        return Err(format!("the LMS gives “{email}”, where no mail arrives"));
    }
    Ok(email)
}

/// Whether the LMS says of the learner of an outcome that they only try a course out.
pub(super) fn test_student(outcome: &Outcome) -> bool {
    outcome.release == Release::Withheld { reason: Withheld::TestStudent }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn learner(name: &str, email: &str) -> Learner {
        Learner {
            id: "s-1001".to_owned(),
            name: Some(name.to_owned()),
            email: Some(email.to_owned()),
            institution_id: Some("SIS-7".to_owned()),
            language: None,
        }
    }

    #[test]
    fn names_of_people_pass() {
        for given in [
            "Ada Lovelace",
            "  Rosa Reyes ",
            "Suharto",
            "Dave O'Neil",
            "李明",
            "Jennifer Null",
            "Dr. Ann Lee",
            "María José Carreño Quiñones",
            "Nguyễn Thị Minh Khai",
            "X Æ A-12",
            "Na Young",
            "Thomas St. Thomas",
        ] {
            assert_eq!(name(&learner(given, "suharto@example.edu"), false), Ok(given.trim()), "{given}");
        }
    }

    #[test]
    fn what_is_no_name_waits() {
        for given in [
            "",
            "   ",
            "undefined",
            "NULL",
            "n/a",
            "undefined undefined",
            "Ada undefined",
            "null Lovelace",
            "Test Student",
            "Guest user",
            "John John",
            "test TEST test",
            "12345",
            "-",
            "S-1001",
            "sis-7",
            "ada",
            "ada@example.edu",
            "Ada@Example.edu",
            "ada@other.example.edu",
            "Tess Teacher_PreviewUser",
        ] {
            assert!(name(&learner(given, "ada@example.edu"), false).is_err(), "{given}");
        }
        let unnamed = Learner { name: None, ..learner("", "ada@example.edu") };
        assert_eq!(name(&unnamed, true), Err("the LMS gives no name".to_owned()));
    }

    #[test]
    fn what_only_looks_odd_passes_where_a_human_vouches() {
        assert_eq!(name(&learner("Thomas Thomas", "t@example.edu"), true), Ok("Thomas Thomas"));
        assert!(name(&learner(" ", "t@example.edu"), true).is_err());
    }

    #[test]
    fn only_addresses_that_mail_can_reach_pass() {
        for email in ["ada@example.edu", " ada.l+badges@example.test ", "ada@bücher.example"] {
            assert_eq!(address(&learner("Ada", email)), Ok(email.trim()), "{email}");
        }
        for email in [
            "",
            "ada",
            "ada@",
            "@example.edu",
            "a b@example.edu",
            "ada@example.invalid",
            "ada@EXAMPLE.INVALID.",
            "ada@invalid",
            "d41d8cd98f00b204e9800998ecf8427e",
            "ä@example.edu",
            "ada@example.edu, bob@example.edu",
        ] {
            assert!(address(&learner("Ada", email)).is_err(), "{email}");
        }
        let why = address(&learner("Ada", "d41d8cd98f00b204e9800998ecf8427e")).unwrap_err();
        assert!(why.contains("deleted"), "{why}");
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,60}", email in ".{0,60}") {
            let learner = learner(&text, &email);
            if let Ok(name) = name(&learner, false) {
                prop_assert!(!name.is_empty() && name == text.trim());
                prop_assert!(super::name(&learner, true).is_ok());
            }
            if let Ok(address) = address(&learner) {
                prop_assert!(address.contains('@') && address == email.trim());
            }
        }
    }
}
