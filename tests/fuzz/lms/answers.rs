//! An LMS that answers what an input says, and what must hold of every conversation with it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use accolade_connectors::{
    Answer, ApiError, Asked, Body, Call, Confirmation, Connector, Http, Outcome, Part, Question, Signal,
    Wanted,
};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use futures_util::FutureExt as _;

use super::requests::holds;
use crate::input::{Message, line, parts};

/// No conversation about a few signals takes more calls: 100 pages of some lists.
const CALLS: usize = 4_000;

/// Answers by the words in a call. An input is a list of answers, each behind a line `=====`:
/// `STATUS WORD`, headers, an empty line and the body; the first of which the word stands in the call is
/// given, and goes to the end of those with the same word. Without one the answer is 404.
pub(super) struct Site<'a> {
    origin: url::Origin,
    answers: Mutex<Vec<(&'a [u8], Answer)>>,
    calls: Mutex<usize>,
}

impl<'a> Site<'a> {
    pub(super) fn new(site: &str, data: &'a [u8]) -> Self {
        let answers = parts(data, 40).into_iter().filter(|part| !part.is_empty()).map(|part| {
            let message = Message::read(part);
            let (first, _) = line(message.first);
            let (status, word) = first.split_at_checked(4).unwrap_or((b"200 ", first));
            let status = std::str::from_utf8(status).ok().and_then(|text| text.trim().parse().ok());
            let answer = Answer {
                status: status.unwrap_or(200),
                headers: message.headers,
                body: message.body.to_vec(),
            };
            (word, answer)
        });
        Self {
            origin: url::Url::parse(site).unwrap().origin(),
            answers: Mutex::new(answers.collect()),
            calls: Mutex::new(0),
        }
    }
}

#[async_trait]
impl Http for Site<'_> {
    async fn send(&self, call: Call) -> Result<Answer, ApiError> {
        assert_eq!(call.url.origin(), self.origin, "{}: a call to somebody else", call.what);
        let mut calls = self.calls.lock().unwrap();
        *calls += 1;
        assert!(*calls <= CALLS, "{}: asks without end", call.what);
        let mut asked = format!("{} {}", call.what, call.url);
        if let Body::Form(form) = &call.body {
            for (name, value) in form {
                asked.extend([" ", name, "=", value.expose()]);
            }
        }
        let mut answers = self.answers.lock().unwrap();
        let fits = |(word, _): &(&[u8], Answer)| std::str::from_utf8(word).is_ok_and(|w| asked.contains(w));
        let Some(at) = answers.iter().position(fits) else {
            return Ok(Answer { status: 404, headers: http::HeaderMap::new(), body: b"{}".to_vec() });
        };
        let (word, answer) = answers.remove(at);
        answers.push((word, answer.clone()));
        // The host makes these two into errors.
        match answer.status {
            429 => Err(ApiError::RateLimited { what: call.what.to_owned(), retry_after: None }),
            503 => Err(ApiError::Unavailable { what: call.what.to_owned(), retry_after: None }),
            _ => Ok(answer),
        }
    }
}

/// What a conversation is about.
pub(super) struct About<'a> {
    pub(super) source: &'a dyn Connector,
    pub(super) site: &'a str,
    pub(super) signals: &'a [Signal],
    pub(super) course: &'a str,
    pub(super) secrets: &'a [&'a str],
    pub(super) now: DateTime<Utc>,
}

impl About<'_> {
    /// Confirms the signals, then reads the whole gradebook, of an LMS that answers so.
    ///
    /// Whatever it answers: there is one confirmation for each signal, asked again the same way it says
    /// the same, it is asked a bounded number of times and nowhere else, outcomes survive being stored,
    /// and no text for people holds a secret.
    pub(super) fn talk(&self, data: &[u8]) {
        let asked = self.asked();
        let mut batches: Vec<&str> = self.signals.iter().map(|signal| signal.batch.as_str()).collect();
        batches.dedup();
        for batch in batches {
            let signals: Vec<Signal> = self.signals.iter().filter(|s| s.batch == batch).cloned().collect();
            let confirm = || {
                let site = Site::new(self.site, data);
                let confirming = self.source.confirm(&signals, &asked, &site, self.now);
                confirming.now_or_never().expect("nothing is waited for")
            };
            let said = confirm();
            assert_eq!(said, confirm(), "asked twice, it says something else");
            match said {
                Ok(confirmations) => {
                    assert_eq!(confirmations.len(), signals.len(), "one for each signal");
                    for confirmation in &confirmations {
                        self.confirmed(confirmation);
                    }
                }
                Err(error) => self.harmless(&error.to_string()),
            }
        }
        self.gradebook(data, &asked);
    }

    fn confirmed(&self, confirmation: &Confirmation) {
        match confirmation {
            Confirmation::Settled(outcomes) => self.outcomes(outcomes),
            Confirmation::Unsettled { outcomes, why } => {
                self.outcomes(outcomes);
                self.harmless(why);
            }
            Confirmation::Nothing { why } => self.harmless(why),
            Confirmation::Unread(error) => {
                assert!(error.passes(), "who is unread is asked about again");
                self.harmless(&error.to_string());
            }
        }
    }

    fn outcomes(&self, outcomes: &[Outcome]) {
        for outcome in outcomes {
            assert_eq!(outcome.as_of, self.now, "the time of the reading");
            self.storable(outcome);
        }
    }

    fn storable(&self, outcome: &Outcome) {
        assert!(!outcome.learner.id.is_empty() && !outcome.assessment.id.is_empty(), "{outcome:?}");
        assert!(!outcome.course.id.is_empty(), "{outcome:?}");
        let text = serde_json::to_string(outcome).expect("an outcome is JSON");
        assert!(!holds(text.as_bytes(), self.secrets), "a secret");
        let again: Outcome = serde_json::from_str(&text).expect("an outcome is read again");
        assert_eq!(&again, outcome, "stored, it is another outcome");
        if let Some(score) = &outcome.score {
            let _ = score.percent();
        }
    }

    fn gradebook(&self, data: &[u8], asked: &Asked) {
        let Some(books) = self.source.gradebooks() else { return };
        let read = || {
            let site = Site::new(self.site, data);
            let reading = async {
                let Some(course) = books.course(self.course, &site).await? else { return Ok(None) };
                let wanted: Vec<Wanted> = asked.of([self.course]).cloned().collect();
                let parts: Vec<Part> = wanted.iter().map(|wanted| wanted.part.clone()).collect();
                let absent = books.absent(&course, &parts, &site).await?;
                let decided = BTreeSet::new();
                let question = Question {
                    course: &course,
                    wanted: &wanted,
                    marker: None,
                    decided: &decided,
                    read_at: self.now,
                };
                let book = books.read(&question, &site).await?;
                Ok::<_, ApiError>(Some((course, absent, book)))
            };
            reading.now_or_never().expect("nothing is waited for")
        };
        let said = read();
        assert_eq!(said, read(), "read twice, it says something else");
        match said {
            Ok(None) => {}
            Ok(Some((course, absent, book))) => {
                assert!(!course.id.is_empty(), "{course:?}");
                assert!(absent.len() <= 8, "absent is what was asked for");
                let Some(book) = book else { return };
                for shown in &book.shown {
                    self.storable(&shown.outcome);
                    if let Some(signal) = books.signal(&shown.outcome) {
                        assert!(!signal.batch.is_empty() && !signal.learner.is_empty(), "{signal:?}");
                    }
                }
            }
            Err(error) => self.harmless(&error.to_string()),
        }
    }

    fn harmless(&self, said: &str) {
        assert!(!holds(said.as_bytes(), self.secrets), "a secret: {said}");
        assert!(said.len() < 20_000, "{} bytes for people", said.len());
    }

    /// Rules that ask for everything there is.
    fn asked(&self) -> Asked {
        let parts = [
            Part::Named("412".to_owned()),
            Part::Named("QUIZ-FINAL".to_owned()),
            Part::Named("_702_1".to_owned()),
            Part::Total,
            Part::Completion,
            Part::Competency("7".to_owned()),
        ];
        let wanted: Vec<Wanted> =
            parts.into_iter().map(|part| Wanted { part, decision: true, attempts: true }).collect();
        Asked::new(BTreeMap::from([(self.course.to_owned(), wanted)]))
    }
}
