//! What has to be asked about each learner alone: a few learners at a time, and no further ones
//! once the LMS does not answer.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::pin::Pin;
use std::task::Poll;

use chrono::{DateTime, Utc};

use crate::ApiError;

/// Learners who are asked about at the same time; the host's own limit of calls holds besides.
const AT_ONCE: usize = 4;

/// Asks the question of each learner; the answers are in the order of the questions.
///
/// When the LMS does not answer one of them, or asks to slow down, those under way are awaited,
/// and all others fail with the same error, unasked: every further one might take as long.
///
/// Learners come in an order that `read_at` decides, another one in each try. In a fixed order
/// one learner whose question is never answered would keep those behind from ever being asked.
///
/// # Errors
/// Any other error ends it: it concerns all of them.
pub(crate) async fn each<K, T, F>(
    questions: Vec<(K, F)>,
    read_at: DateTime<Utc>,
) -> Result<Vec<Result<T, ApiError>>, ApiError>
where
    K: Hash,
    F: Future<Output = Result<T, ApiError>>,
{
    let mut open: Vec<(u64, usize, Pin<Box<F>>)> = questions
        .into_iter()
        .enumerate()
        .map(|(index, (learner, question))| (turn(&learner, read_at), index, Box::pin(question)))
        .collect();
    open.sort_by_key(|(turn, index, _)| (*turn, *index));
    let mut asking = Vec::with_capacity(AT_ONCE);
    let mut answers = BTreeMap::new();
    let mut fault = None;
    let all = poll_fn(|context| {
        loop {
            while fault.is_none()
                && asking.len() < AT_ONCE
                && let Some((_, index, question)) = open.pop()
            {
                asking.push((index, question));
            }
            let under_way = asking.len();
            let mut end = None;
            asking.retain_mut(|(index, question)| match question.as_mut().poll(context) {
                Poll::Pending => true,
                Poll::Ready(answer) => {
                    match &answer {
                        Ok(_) => {}
                        Err(error) if error.passes() => fault = Some(error.clone()),
                        Err(error) => end = Some(error.clone()),
                    }
                    answers.insert(*index, answer);
                    false
                }
            });
            match end {
                Some(error) => return Poll::Ready(Err(error)),
                None if asking.is_empty() && (fault.is_some() || open.is_empty()) => {
                    return Poll::Ready(Ok(()));
                }
                None if asking.len() == under_way => return Poll::Pending,
                None => {}
            }
        }
    });
    all.await?;
    if let Some(error) = fault {
        answers.extend(open.into_iter().map(|(_, index, _)| (index, Err(error.clone()))));
    }
    Ok(answers.into_values().collect())
}

/// A learner's turn in the try at this time.
fn turn(learner: &impl Hash, read_at: DateTime<Utc>) -> u64 {
    let mut hasher = DefaultHasher::new();
    (learner, read_at.timestamp_micros()).hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeSet;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_423_000 + seconds, 0).unwrap()
    }

    fn away() -> ApiError {
        ApiError::Unavailable { what: "no answer within 20 s".to_owned(), retry_after: None }
    }

    /// Answers after being polled a few times, so that several are under way.
    async fn slowly<T>(polls: usize, answer: T) -> T {
        for _ in 0..polls {
            let mut polled = false;
            poll_fn(|context| {
                if std::mem::replace(&mut polled, true) {
                    return Poll::Ready(());
                }
                context.waker().wake_by_ref();
                Poll::Pending
            })
            .await;
        }
        answer
    }

    #[tokio::test]
    async fn answers_come_in_the_order_of_the_questions_and_few_at_a_time() {
        let (now, most) = (RefCell::new(0), RefCell::new(0));
        let question = |learner: usize| {
            let (now, most) = (&now, &most);
            async move {
                *now.borrow_mut() += 1;
                let under_way = *now.borrow();
                let before = *most.borrow();
                *most.borrow_mut() = under_way.max(before);
                slowly(learner % 7, ()).await;
                *now.borrow_mut() -= 1;
                Ok(learner)
            }
        };
        let questions = (0..50).map(|learner| (learner, question(learner))).collect();
        let answers = each(questions, at(0)).await.unwrap();
        let expected: Vec<_> = (0..50).map(Ok).collect();
        assert_eq!(answers, expected);
        assert_eq!(*most.borrow(), AT_ONCE);
    }

    #[tokio::test]
    async fn nobody_asks_nothing() {
        let none: Vec<(u64, std::future::Ready<Result<(), ApiError>>)> = Vec::new();
        assert_eq!(each(none, at(0)).await, Ok(Vec::new()));
    }

    /// One try: who was asked, and what was answered.
    async fn try_all(
        learners: &BTreeSet<usize>,
        bad: &BTreeSet<usize>,
        read_at: DateTime<Utc>,
    ) -> (Vec<usize>, BTreeMap<usize, Result<(), ApiError>>) {
        let asked = RefCell::new(Vec::new());
        let question = |learner: usize| {
            let asked = &asked;
            async move {
                asked.borrow_mut().push(learner);
                // Not all at the same time: who is under way at a fault is awaited.
                slowly(1 + learner % 5, if bad.contains(&learner) { Err(away()) } else { Ok(()) }).await
            }
        };
        let questions = learners.iter().map(|learner| (*learner, question(*learner))).collect();
        let answers = each(questions, read_at).await.unwrap();
        assert_eq!(answers.len(), learners.len());
        (asked.into_inner(), learners.iter().copied().zip(answers).collect())
    }

    #[tokio::test]
    async fn after_a_time_out_nobody_else_is_asked_and_what_was_answered_is_kept() {
        let learners: BTreeSet<usize> = (0..200).collect();
        let all_bad = learners.clone();
        let (asked, answers) = try_all(&learners, &all_bad, at(0)).await;
        assert_eq!(asked.len(), AT_ONCE, "no storm of time-outs");
        assert!(answers.values().all(|answer| *answer == Err(away())));

        let (asked, answers) = try_all(&learners, &BTreeSet::from([100]), at(0)).await;
        for learner in &learners {
            let expected = if asked.contains(learner) && *learner != 100 { Ok(()) } else { Err(away()) };
            assert_eq!(answers[learner], expected, "{learner}");
        }
        assert!(asked.len() < learners.len());
    }

    #[tokio::test]
    async fn learners_who_are_never_answered_block_nobody_else_for_ever() {
        for bad in [vec![0], vec![199], (0..10).collect(), (95..105).collect(), (0..100).collect()] {
            let bad: BTreeSet<usize> = bad.into_iter().collect();
            let mut waiting: BTreeSet<usize> = (0..200).collect();
            for round in 0.. {
                assert!(round < 2_000, "{} wait still", waiting.len());
                let (_, answers) = try_all(&waiting, &bad, at(10 * round)).await;
                waiting.retain(|learner| answers[learner].is_err());
                if waiting == bad {
                    break;
                }
            }
        }
    }

    #[tokio::test]
    async fn an_error_that_does_not_pass_is_one_of_all() {
        let token = ApiError::Unauthorized { what: "the token has expired".to_owned() };
        let question = |learner: usize| {
            let answer = if learner == 3 { Err(token.clone()) } else { Ok(()) };
            slowly(1, answer)
        };
        let questions = (0..8).map(|learner| (learner, question(learner))).collect();
        assert_eq!(each(questions, at(0)).await, Err(token));
    }
}
