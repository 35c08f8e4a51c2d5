//! How long a badge holds and how often it can be earned: `expires`, `again` and `renew` of
//! `[award]`, and the institution's terms.

use chrono::{DateTime, Months, NaiveDate, TimeDelta, Utc};
use serde::Deserialize;

use super::Problem;
use super::document::{Node, Value, did_you_mean, or_list};
use crate::rules::{Between, Period};

/// How long a badge holds, and how often it can be earned.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lifetime {
    /// When it ends; without it never.
    pub expires: Option<Expiry>,
    /// Whether it can be earned again.
    pub again: Again,
}

/// When a badge ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    /// So long after it was awarded.
    After(Span),
    /// At that moment, whenever it was awarded.
    At(DateTime<Utc>),
}

/// Whether a badge can be earned again.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Again {
    /// Once, and never again.
    #[default]
    Once,
    /// When the one before has ended.
    AfterExpiry {
        /// So long before that a new result counts already.
        renew: Span,
    },
    /// Once in each of these terms, which are in their order and do not overlap.
    EachTerm(Vec<Term>),
}

/// A length of time by the calendar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// Whole months.
    pub months: u32,
    /// Days, or weeks.
    pub days: u32,
}

/// A term of the institution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// Its name.
    pub name: String,
    /// From its first to its last day, UTC.
    pub period: Period,
}

/// `[[terms]]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TermSettings {
    /// The name; badges of a term are kept apart by it.
    pub name: String,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

impl Lifetime {
    /// When a badge ends that is awarded now; never, if nothing is said.
    pub fn valid_until(&self, awarded_at: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.expires.map(|expires| match expires {
            Expiry::After(span) => span.after(awarded_at),
            Expiry::At(end) => end,
        })
    }
}

impl Span {
    /// The moment so long after another one.
    pub fn after(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let at = at.checked_add_months(Months::new(self.months));
        let at = at.and_then(|at| at.checked_add_signed(TimeDelta::days(self.days.into())));
        at.unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The moment so long before another one.
    pub fn before(self, at: DateTime<Utc>) -> DateTime<Utc> {
        let at = at.checked_sub_months(Months::new(self.months));
        let at = at.and_then(|at| at.checked_sub_signed(TimeDelta::days(self.days.into())));
        at.unwrap_or(DateTime::<Utc>::MIN_UTC)
    }

    /// At least so many days, and at most.
    fn days(self) -> (u64, u64) {
        let (months, days) = (u64::from(self.months), u64::from(self.days));
        (months * 28 + days, months * 31 + days)
    }
}

/// The longest span, in years.
const LONGEST: u32 = 100;
/// The longest name of a term, in characters.
const NAME: usize = 100;
const EXPIRES: &str = "write it like \"2 years\", \"18 months\", \"90 days\", a hundred years at most, or as a day: \
                       \"2027-08-31\"";
const RENEW: &str = "write it like \"90 days\" or \"3 months\"";
const WAYS: [&str; 3] = ["once", "after expiry", "each term"];

/// Takes the keys out of the table `[award]`, whose other keys are those of the rule.
pub(super) fn take(award: &mut Node, terms: &[Term], problems: &mut Vec<Problem>) -> Lifetime {
    let mut lifetime = Lifetime::default();
    let Value::Table(table) = &mut award.value else { return lifetime };
    let (expires, again, renew) = (table.remove("expires"), table.remove("again"), table.remove("renew"));
    let mut say = |node: &Node, message: String| problems.push(node.at.problem(message));
    if let Some(node) = &expires {
        lifetime.expires = expiry(node);
        if lifetime.expires.is_none() {
            say(node, format!("`expires`: neither a length of time nor a day; {EXPIRES}"));
        }
    }
    let mut span = Span::default();
    if let Some(node) = &renew {
        match (node.str().and_then(read_span), lifetime.expires) {
            (None, _) => say(node, format!("`renew`: not a length of time; {RENEW}")),
            (Some(renew), Some(Expiry::After(expires))) if renew.days().1 >= expires.days().0 => say(
                node,
                "`renew`: not shorter than `expires`, so that the result that earned the badge would renew it \
                 at once; make it shorter"
                    .to_owned(),
            ),
            (Some(renew), _) => span = renew,
        }
    }
    let way = again
        .as_ref()
        .map(|node| (node, node.str().and_then(|given| WAYS.into_iter().find(|way| *way == given.trim()))));
    lifetime.again = match way {
        None | Some((_, Some("once"))) => Again::Once,
        Some((node, Some("after expiry"))) => {
            match lifetime.expires {
                Some(Expiry::After(_)) => {}
                Some(Expiry::At(_)) => say(
                    node,
                    "`again`: every badge of this file ends on the same day, so that after it none could be \
                     valid; write a length of time, as in expires = \"2 years\""
                        .to_owned(),
                ),
                // What is wrong with it was said.
                None if expires.is_some() => {}
                None => say(
                    node,
                    "`again`: this badge never ends; add when it does, as in expires = \"2 years\""
                        .to_owned(),
                ),
            }
            Again::AfterExpiry { renew: span }
        }
        Some((node, Some(_))) => {
            if terms.is_empty() {
                say(
                    node,
                    "`again`: the configuration has no terms; add them there as [[terms]] with `name`, `from` \
                     and `to`"
                        .to_owned(),
                );
            }
            Again::EachTerm(terms.to_vec())
        }
        Some((node, None)) => {
            let hint = node.str().map_or_else(String::new, |given| did_you_mean(given, WAYS));
            say(node, format!("`again`: not possible here; possible is {}{hint}", or_list(WAYS)));
            Again::Once
        }
    };
    if let Some(node) = renew.filter(|_| !matches!(lifetime.again, Again::AfterExpiry { .. })) {
        say(&node, "`renew` belongs to `again = \"after expiry\"`; add that, or remove this".to_owned());
    }
    lifetime
}

fn expiry(node: &Node) -> Option<Expiry> {
    let (Value::String(text) | Value::Datetime(text)) = &node.value else { return None };
    let span = || read_span(text).map(Expiry::After);
    match text.trim().parse::<NaiveDate>() {
        // Whole seconds: it stands on the credential.
        Ok(day) => day.and_hms_opt(23, 59, 59).map(|end| Expiry::At(end.and_utc())),
        Err(_) => span(),
    }
}

/// A number and a unit: `2 years`.
fn read_span(text: &str) -> Option<Span> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let number: u32 = number.parse().ok().filter(|number| *number > 0)?;
    let unit = unit.trim().to_lowercase();
    let (months, days) = match unit.strip_suffix('s').unwrap_or(&unit) {
        "day" => (0, number),
        "week" => (0, number.checked_mul(7)?),
        "month" => (number, 0),
        "year" => (number.checked_mul(12)?, 0),
        _ => return None,
    };
    (months <= LONGEST * 12 && days <= LONGEST * 366).then_some(Span { months, days })
}

/// The terms in their order, or what is wrong, by dotted key.
pub(super) fn terms(settings: &[TermSettings]) -> Result<Vec<Term>, Vec<(String, String)>> {
    let mut wrong = Vec::new();
    let mut terms: Vec<(usize, Term)> = Vec::new();
    for (index, TermSettings { name, from, to }) in settings.iter().enumerate() {
        let name = name.trim();
        let mut say =
            |key: &str, message: &str| wrong.push((format!("terms.{index}.{key}"), message.to_owned()));
        if name.is_empty() || name.chars().count() > NAME {
            say("name", "write a name of up to 100 characters, as in \"Autumn 2026\"");
        }
        if terms.iter().any(|(_, earlier)| earlier.name.eq_ignore_ascii_case(name)) {
            say(
                "name",
                "another term has this name; badges of terms are kept apart by it: write another one",
            );
        }
        let mut day = |key: &str, text: &str| {
            let day = text.trim().parse::<NaiveDate>().ok();
            if day.is_none() {
                say(key, "not a day; write it like \"2026-09-01\"");
            }
            day
        };
        let (from, to) = (day("from", from), day("to", to));
        let (Some(from), Some(to)) = (from, to) else { continue };
        if to < from {
            say("to", "the term ends before it begins; swap the two days");
            continue;
        }
        let until = to.succ_opt().map(Between::begin_of);
        let period = Period { from: Some(Between::begin_of(from)), until };
        terms.push((index, Term { name: name.to_owned(), period }));
    }
    terms.sort_by_key(|(_, term)| term.period.from);
    for pair in terms.windows(2) {
        let [(_, earlier), (index, later)] = pair else { continue };
        if later.period.from < earlier.period.until {
            wrong.push((
                format!("terms.{index}.from"),
                format!("the term overlaps with “{}”; a day belongs to one term only", earlier.name),
            ));
        }
    }
    if wrong.is_empty() { Ok(terms.into_iter().map(|(_, term)| term).collect()) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::config::document::parse;

    fn autumn() -> Vec<Term> {
        let settings = [term("Autumn 2026", "2026-09-01", "2027-01-31")];
        super::terms(&settings).unwrap()
    }

    fn term(name: &str, from: &str, to: &str) -> TermSettings {
        TermSettings { name: name.to_owned(), from: from.to_owned(), to: to.to_owned() }
    }

    fn read(text: &str, terms: &[Term]) -> (Lifetime, Vec<String>) {
        let mut problems = Vec::new();
        let mut node = parse(text, Path::new("badge.toml"), &mut problems);
        let lifetime = take(&mut node, terms, &mut problems);
        assert!(node.table().unwrap().is_empty());
        (lifetime, problems.into_iter().map(|problem| problem.message).collect())
    }

    fn good(text: &str) -> Lifetime {
        let (lifetime, problems) = read(text, &autumn());
        assert!(problems.is_empty(), "{problems:?}");
        lifetime
    }

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_badge_says_when_it_ends_and_whether_it_comes_again() {
        assert_eq!(good(""), Lifetime::default());
        assert_eq!(good("again = \"once\"").again, Again::Once);
        let two_years = Expiry::After(Span { months: 24, days: 0 });
        let lifetime = good("expires = \"2 years\"\nagain = \"after expiry\"\nrenew = \"90 days\"");
        let renew = Span { months: 0, days: 90 };
        assert_eq!(lifetime, Lifetime { expires: Some(two_years), again: Again::AfterExpiry { renew } });
        assert_eq!(lifetime.valid_until(at("2028-02-29T10:00:00Z")), Some(at("2030-02-28T10:00:00Z")));
        let last = good("expires = \"2027-08-31\"").valid_until(at("2026-11-20T10:00:00Z"));
        assert_eq!(last, Some(at("2027-08-31T23:59:59Z")));
        assert_eq!(good("expires = 2027-08-31").expires, Some(Expiry::At(at("2027-08-31T23:59:59Z"))));
        assert_eq!(good("again = \"each term\"").again, Again::EachTerm(autumn()));
        for (text, days) in [("1 week", 7), ("10 days", 10), ("3weeks", 21)] {
            assert_eq!(read_span(text), Some(Span { months: 0, days }), "{text}");
        }
    }

    #[test]
    fn what_does_not_go_together_is_named_with_its_mend() {
        for (text, mend) in [
            ("expires = \"soon\"", "\"2 years\""),
            ("expires = 2", "\"2 years\""),
            ("again = \"after expiry\"", "add when it does"),
            ("again = \"after expiry\"\nexpires = \"2027-08-31\"", "a length of time"),
            ("again = \"each trem\"", "did you mean `each term`?"),
            ("again = true", "`once`, `after expiry` or `each term`"),
            ("expires = \"2 years\"\nrenew = \"90 days\"", "again = \"after expiry\""),
            ("expires = \"1 month\"\nagain = \"after expiry\"\nrenew = \"4 weeks\"", "make it shorter"),
            ("expires = \"1 month\"\nagain = \"after expiry\"\nrenew = \"now\"", "\"90 days\""),
        ] {
            let (_, problems) = read(text, &autumn());
            assert_eq!(problems.len(), 1, "{text}: {problems:?}");
            assert!(problems[0].contains(mend), "{text}: {problems:?}");
        }
        assert!(read("again = \"each term\"", &[]).1[0].contains("[[terms]]"));
        for text in ["", "7", "days", "0 days", "-1 days", "1.5 years", "101 years", "4294967295 weeks"] {
            assert_eq!(read_span(text), None, "{text}");
        }
    }

    #[test]
    fn terms_have_names_days_and_an_order() {
        let read = super::terms(&[
            term("Spring 2027", "2027-03-01", "2027-07-31"),
            term(" Autumn 2026 ", "2026-09-01", "2027-01-31"),
        ])
        .unwrap();
        assert_eq!(read[0].name, "Autumn 2026");
        assert_eq!(read[0].period.until, Some(at("2027-02-01T00:00:00Z")));
        assert!(read[0].period.contains(at("2027-01-31T23:59:59.999Z")));
        assert!(!read[0].period.contains(at("2027-02-01T00:00:00Z")), "a gap may lie between two terms");
        for (settings, key, mend) in [
            (vec![term("", "2026-09-01", "2027-01-31")], "terms.0.name", "write a name"),
            (vec![term("A", "1 September", "2027-01-31")], "terms.0.from", "2026-09-01"),
            (vec![term("A", "2027-09-01", "2027-01-31")], "terms.0.to", "swap"),
            (
                vec![term("B", "2027-01-31", "2027-07-31"), term("A", "2026-09-01", "2027-01-31")],
                "terms.0.from",
                "“A”",
            ),
            (
                vec![term("A", "2026-01-01", "2026-02-01"), term("a", "2027-01-01", "2027-02-01")],
                "terms.1.name",
                "another",
            ),
        ] {
            let wrong = super::terms(&settings).unwrap_err();
            assert_eq!((wrong.len(), wrong[0].0.as_str()), (1, key), "{wrong:?}");
            assert!(wrong[0].1.contains(mend), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in ".{0,40}") {
            if let Some(span) = read_span(&text) {
                let now = at("2026-11-20T10:00:00Z");
                prop_assert!(span.before(now) < now && now < span.after(now));
            }
        }

        #[test]
        fn a_renewal_never_opens_before_the_award(awarded in 0_i64..4_000_000_000, months in 1_u32..60, days in 1_u32..400) {
            let (expires, renew) = (Span { months, days: 0 }, Span { months: 0, days });
            let awarded = DateTime::from_timestamp(awarded, 0).unwrap();
            if renew.days().1 < expires.days().0 {
                prop_assert!(renew.before(expires.after(awarded)) > awarded);
            }
        }
    }
}
