//! Writes random badges, random learner records of them, and random RDF graphs in which anonymous
//! nodes tie, each with the canonical form that Accolade gives it: `tests/interop/canonical.mjs`
//! compares them with those of other implementations.
//! `cargo run --release --example canonical_forms -- BADGES RECORDS GRAPHS SEED`
//!
//! One JSON object a line: `document` or `quads`, and `canonical`. The same seed gives the same
//! bytes.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write as _};
use std::str::FromStr as _;

use accolade::badges::vocabulary::{
    CREDENTIALS_1_1, Context, OPEN_BADGES, OPEN_BADGES_3_0_1, OPEN_BADGES_3_0_2,
};
use accolade::badges::{
    Achievement, Alignment, BadgeImage, Evidence, Issue, Issuer, Profile, Related, ResultEntry, Signatory,
    SigningKey, canonical, credential, learner_record, sign,
};
use anyhow::Context as _;
use chrono::{DateTime, TimeDelta, Utc};
use oxrdf::{Dataset, Quad};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use rust_decimal::Decimal;
use serde_json::{Value, json};
use url::Url;
use uuid::Uuid;

fn main() -> anyhow::Result<()> {
    let numbers: Vec<u64> = std::env::args().skip(1).map(|text| text.parse()).collect::<Result<_, _>>()?;
    let [badges, records, graphs, seed] = numbers[..] else {
        anyhow::bail!("usage: canonical_forms BADGES RECORDS GRAPHS SEED")
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut random = Random(StdRng::seed_from_u64(seed));
    let issuers = random.issuers()?;
    let (mut written, all) = (0, badges + records);
    while written < all {
        let document = if written < badges {
            let badge = random.badge(&issuers)?;
            random.as_others_write_it(badge)
        } else {
            random.record(&issuers)?
        };
        let canonical = canonical::document(&document)?;
        // The others are not signed.
        if canonical::has_one_order(&canonical) {
            writeln!(out, "{}", json!({"document": document, "canonical": canonical}))?;
            written += 1;
        }
    }
    for _ in 0..graphs {
        let quads = random.graph();
        let canonical = canonical::dataset(&read(&quads)?)?;
        writeln!(out, "{}", json!({"quads": quads, "canonical": canonical}))?;
    }
    Ok(out.flush()?)
}

fn read(quads: &str) -> anyhow::Result<Dataset> {
    let read = |line: &str| Quad::from_str(line.trim_end_matches(" .")).context(line.to_owned());
    quads.lines().map(read).collect()
}

struct Random(StdRng);

impl Random {
    /// A number below `end`.
    fn below(&mut self, end: usize) -> usize {
        self.0.random_range(0..end)
    }

    fn maybe(&mut self) -> bool {
        self.0.random()
    }

    /// Text as people and attackers write it: with quotes, breaks, control and astral characters,
    /// and what looks like RDF.
    fn text(&mut self) -> String {
        const PIECES: [&str; 24] = [
            "Safety",
            "quiz",
            " ",
            "  ",
            "\"",
            "\\",
            "\n",
            "\r\n",
            "\t",
            "\u{7}",
            "\u{7f}",
            "\u{85}",
            "\u{2028}",
            "\u{fffd}",
            "\u{feff}",
            "é",
            "e\u{301}",
            "安全",
            "السلامة",
            "𝄞",
            "👩🏽‍🔧",
            "_:c14n0 <urn:x> \"y\" .\n",
            "]]></script>",
            "\\u0041",
        ];
        let mut text = "x".to_owned();
        for _ in 0..self.below(6) {
            match self.below(3) {
                0 => text.extend((0..self.below(8)).map(|_| self.0.random::<char>())),
                _ => text.push_str(PIECES.get(self.below(PIECES.len())).copied().unwrap_or_default()),
            }
        }
        text
    }

    /// One of two texts, so that things come out alike.
    fn common(&mut self) -> String {
        if self.maybe() { "18 of 20 points." } else { "Passed." }.to_owned()
    }

    fn address(&mut self) -> anyhow::Result<Url> {
        let host = ["lms.example.edu", "bücher.example.test", "127.0.0.1:8080"];
        let mut url =
            Url::parse(&format!("https://{}/", host.get(self.below(3)).copied().unwrap_or_default()))?;
        // As it stands it could hold characters that no IRI may, and the badge would be refused.
        url.set_path(&utf8_percent_encode(&self.text(), NON_ALPHANUMERIC).to_string());
        if self.maybe() {
            url.query_pairs_mut().append_pair("q", &self.text());
        }
        if self.maybe() {
            url.set_fragment(Some(&format!("part-{}", self.below(100))));
        }
        Ok(url)
    }

    fn decimal(&mut self) -> Decimal {
        let scale = u32::try_from(self.below(8)).unwrap_or_default();
        Decimal::new(self.0.random_range(0..10_000_000_000), scale)
    }

    fn day(&mut self) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::milliseconds(self.0.random_range(0..4_000_000_000_000))
    }

    fn option<T>(&mut self, value: T) -> Option<T> {
        self.maybe().then_some(value)
    }

    fn issuers(&mut self) -> anyhow::Result<[Signatory; 2]> {
        let profile = Profile {
            slug: "northwood".to_owned(),
            name: self.text(),
            url: self.address()?,
            description: Some(self.text()),
            email: Some("badges@northwood.example.edu".to_owned()),
            image: Some(self.address()?),
        };
        let home = Url::parse("https://badges.example.edu:8443")?;
        let key = SigningKey::from_seed([6; 32]);
        Ok([
            Signatory::new(Issuer::with_did_web(profile.clone(), &home)?, SigningKey::from_seed([5; 32])),
            Signatory::new(Issuer::with_did_key(profile, &home, &key.public_multibase()), key),
        ])
    }

    fn achievement(&mut self) -> anyhow::Result<Achievement> {
        let alignment = (0..self.below(3)).map(|_| {
            Ok(Alignment {
                name: self.common(),
                url: self.address()?,
                code: self.code(),
                description: self.code(),
                framework: self.code(),
                target_type: self.option("CFItem".to_owned()),
            })
        });
        let alignment = alignment.collect::<anyhow::Result<Vec<_>>>()?;
        let related = (0..self.below(3)).map(|number| {
            let ours = Url::parse(&format!("https://badges.example.edu:8443/achievements/other-{number}"))?;
            Ok(Related { name: self.text(), url: if self.maybe() { ours } else { self.address()? } })
        });
        let related = related.collect::<anyhow::Result<Vec<_>>>()?;
        Ok(Achievement {
            issuer: None,
            translations: std::collections::BTreeMap::new(),
            id: format!("badge-{}", self.below(100)),
            name: self.text(),
            description: self.text(),
            criteria: self.text(),
            criteria_url: if self.maybe() { Some(self.address()?) } else { None },
            achievement_type: "Badge".to_owned(),
            tags: (0..self.below(4)).map(|_| self.text()).collect(),
            credits: if self.maybe() { Some(self.decimal()) } else { None },
            field_of_study: self.code(),
            language: "en".to_owned(),
            alignment,
            related,
            image: None,
            image_caption: self.code(),
        })
    }

    fn code(&mut self) -> Option<String> {
        let text = self.text();
        self.option(text)
    }

    fn result(&mut self, number: usize) -> ResultEntry {
        let points = (self.decimal(), if self.maybe() { Some(self.decimal()) } else { None });
        let percent = self.decimal();
        ResultEntry {
            key: format!("quiz-{number}"),
            name: self.common(),
            percent: self.option(percent),
            points: self.option(points),
            text: self.code(),
            passed: self.maybe(),
        }
    }

    fn badge(&mut self, issuers: &[Signatory; 2]) -> anyhow::Result<Value> {
        let achievement = self.achievement()?;
        let image = BadgeImage::Svg("<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_owned());
        let evidence = (0..self.below(5)).map(|_| {
            Ok(Evidence {
                url: if self.below(4) == 0 { Some(self.address()?) } else { None },
                name: self.common(),
                narrative: if self.maybe() { self.common() } else { self.text() },
                genre: "Assessment".to_owned(),
            })
        });
        let evidence = evidence.collect::<anyhow::Result<Vec<_>>>()?;
        let results = (0..self.below(4)).map(|number| self.result(number)).collect();
        let awarded_at = self.day();
        Ok(credential(&Issue {
            id: Uuid::from_u128(self.0.random()),
            issuer: if self.maybe() { &issuers[0] } else { &issuers[1] },
            achievement: &achievement,
            image: self.option(&image),
            email: "Ada@Example.test",
            salt: "00112233445566778899aabbccddeeff",
            awarded_at,
            valid_until: self.option(awarded_at + TimeDelta::days(365)),
            evidence,
            results,
            status_list: 1,
            status_index: self.0.random_range(0..131_072),
        }))
    }

    /// Most as they are; of ten three in each combination of contexts that other issuers use or used,
    /// with members that badges of Accolade do not have.
    fn as_others_write_it(&mut self, mut badge: Value) -> Value {
        let (earlier, context): (bool, &Context) = match self.below(10) {
            0 => (false, &OPEN_BADGES_3_0_2),
            1 => (true, &OPEN_BADGES_3_0_2),
            2 => (true, &OPEN_BADGES_3_0_1),
            3 => (true, &OPEN_BADGES),
            4 => (false, &OPEN_BADGES),
            _ => return badge,
        };
        badge["@context"][1] = json!(context.url);
        if let Some(members) = badge.as_object_mut()
            && earlier
        {
            // No package of contexts has that of status lists.
            members.remove("credentialStatus");
            for (new, old) in [("validFrom", "issuanceDate"), ("validUntil", "expirationDate")] {
                if let Some(date) = members.remove(new) {
                    members.insert(old.to_owned(), date);
                }
            }
        }
        if earlier {
            badge["@context"][0] = json!(CREDENTIALS_1_1.url);
        }
        if context.url != OPEN_BADGES.url {
            let without = [("", "awardedDate"), ("/credentialSubject/achievement", "inLanguage")];
            for (place, member) in without {
                if let Some(members) = badge.pointer_mut(place).and_then(Value::as_object_mut) {
                    members.remove(member);
                }
            }
        }
        let subject = &mut badge["credentialSubject"];
        subject["licenseNumber"] = json!(self.text());
        subject["source"] = json!({"type": ["Profile"], "familyName": self.text()});
        let address = json!({"type": ["Address"], "addressRegion": self.text()});
        let achievement = &mut subject["achievement"];
        achievement["creator"] = json!({"id": "urn:maker", "type": ["Profile"], "address": address});
        achievement["resultDescription"] = json!([{
            "id": "urn:scale", "type": ["ResultDescription"], "name": self.text(), "resultType": "LetterGrade",
            "allowedValue": (0..self.below(4)).map(|_| self.common()).collect::<Vec<_>>(),
            "rubricCriterionLevel": [{"type": ["RubricCriterionLevel"], "name": self.common(), "points": "1"}],
        }]);
        badge
    }

    /// A record of some badges, of which several may have the same proof.
    fn record(&mut self, issuers: &[Signatory; 2]) -> anyhow::Result<Value> {
        let count = 2 + self.below(4);
        let mut badges: Vec<Value> = Vec::new();
        while badges.len() < count {
            let badge = self.badge(issuers)?;
            let issuer =
                issuers.iter().find(|issuer| badge["issuer"]["id"] == issuer.did()).unwrap_or(&issuers[0]);
            // Few are refused, for the order of their tags.
            let Ok(text) = sign(badge, issuer, self.day()) else { continue };
            let mut badge: Value = serde_json::from_str(&text)?;
            if let Some(before) = badges.last().filter(|_| self.maybe()) {
                badge["proof"] = before["proof"].clone();
            }
            badges.push(badge);
        }
        let (badge, below) = badges.split_first().context("there are no badges")?;
        Ok(learner_record(&issuers[0], badge, below))
    }

    /// Two to four things with look-alike proofs in graphs without names, awarded to learners
    /// without names of whom several are alike.
    fn graph(&mut self) -> String {
        let count = 2 + self.below(3);
        let mut quads = BTreeSet::new();
        for i in 0..count {
            let owner = if self.maybe() { format!("urn:b{i}") } else { "urn:all".to_owned() };
            quads.insert(format!("<{owner}> <urn:proof> _:g{i}"));
            quads.insert(format!("_:p{i} <urn:type> <urn:Proof> _:g{i}"));
            quads.insert(format!("_:p{i} <urn:value> \"{}\" _:g{i}", self.below(2)));
            if self.maybe() {
                quads.insert(format!("_:p{i} <urn:by> _:x{} _:g{i}", self.below(count)));
            }
            if self.maybe() {
                quads.insert(format!("_:p{i} <urn:of> _:p{i} _:g{i}"));
            }
            if self.maybe() {
                quads.insert(format!("_:p{i} <urn:in> _:g{i} _:g{}", self.below(count)));
            }
            quads.insert(format!("<urn:b{i}> <urn:learner> _:l{i}"));
            quads.insert(format!("_:l{i} <urn:hash> \"{}\"", self.below(2)));
            if self.maybe() {
                quads.insert(format!("_:x{i} <urn:to> _:l{}", self.below(count)));
            }
        }
        quads.iter().fold(String::new(), |text, quad| text + quad + " .\n")
    }
}
