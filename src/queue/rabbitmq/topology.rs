//! What is declared on the broker: a topic exchange, and for each kind of work a queue and its
//! retry queues; one queue for what cannot be worked on.

use std::time::Duration;

use lapin::options::{ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{Channel, ExchangeKind};

use crate::queue::QueueError;
use crate::store::Work;

/// How often a message comes back before it is parked, whether a worker gave it back or died.
/// Generous: a broker or worker that restarts many times must not park sound messages.
const DELIVERY_LIMIT: i32 = 20;
/// How many parked messages are kept for people to look at; the oldest make room. Their rows
/// are in the database anyway.
const PARKED_LIMIT: i32 = 100_000;
/// The longest exchange name, so that the queues' names stay below AMQP's 255 bytes.
const LONGEST_EXCHANGE: usize = 200;

const ALL_WORK: [Work; 3] = [Work::Signals, Work::Assessments, Work::Mails];

/// How long a message waits in a retry queue. One queue for each: in a queue with mixed times a
/// short one would wait behind a long one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tier {
    name: &'static str,
    milliseconds: i32,
}

const TIERS: [Tier; 3] = [
    Tier { name: "5s", milliseconds: 5_000 },
    Tier { name: "1m", milliseconds: 60_000 },
    Tier { name: "10m", milliseconds: 600_000 },
];

impl Tier {
    /// The shortest tier that is not shorter than `delay`, or else the longest.
    pub(super) fn for_delay(delay: Duration) -> Self {
        let [shortest, medium, longest] = TIERS;
        let covers = |tier: &Tier| u128::from(tier.milliseconds.unsigned_abs()) >= delay.as_millis();
        if covers(&shortest) {
            shortest
        } else if covers(&medium) {
            medium
        } else {
            longest
        }
    }
}

/// The names on the broker, all of which begin with the exchange's.
#[derive(Debug, Clone)]
pub(super) struct Names {
    exchange: String,
}

impl Names {
    pub(super) fn new(exchange: &str) -> Result<Self, QueueError> {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "._-".contains(letter);
        if exchange.is_empty()
            || exchange.len() > LONGEST_EXCHANGE
            || exchange.starts_with("amq.")
            || !exchange.chars().all(plain)
        {
            return Err(QueueError::Configuration(format!(
                "`queue.exchange` is {exchange:?}: it must be 1 to {LONGEST_EXCHANGE} letters, digits, dots, \
                 hyphens or underscores, and must not begin with `amq.`, which is RabbitMQ's own"
            )));
        }
        Ok(Self { exchange: exchange.to_owned() })
    }

    pub(super) fn exchange(&self) -> ShortString {
        self.exchange.as_str().into()
    }

    pub(super) fn queue(&self, work: Work) -> ShortString {
        format!("{}.{}", self.exchange, work_name(work)).into()
    }

    pub(super) fn retry(&self, work: Work, tier: Tier) -> ShortString {
        format!("{}.{}.retry.{}", self.exchange, work_name(work), tier.name).into()
    }

    pub(super) fn parked(&self) -> ShortString {
        format!("{}.parked", self.exchange).into()
    }

    /// Declares everything. Declaring again changes nothing; what exists in another form, for
    /// example as a classic queue, gives 406 PRECONDITION_FAILED.
    pub(super) async fn declare(&self, channel: &Channel) -> lapin::Result<()> {
        let durable = ExchangeDeclareOptions { durable: true, ..ExchangeDeclareOptions::default() };
        channel
            .exchange_declare(self.exchange(), ExchangeKind::Topic, durable, FieldTable::default())
            .await?;
        declare(
            channel,
            self.parked(),
            [("x-max-length", PARKED_LIMIT.into()), text("x-overflow", "drop-head")],
        )
        .await?;
        for work in ALL_WORK {
            let limit = ("x-delivery-limit", DELIVERY_LIMIT.into());
            declare(channel, self.queue(work), dead_letters_to(&self.parked(), limit)).await?;
            for tier in TIERS {
                let wait = ("x-message-ttl", tier.milliseconds.into());
                declare(channel, self.retry(work, tier), dead_letters_to(&self.queue(work), wait)).await?;
            }
            channel
                .queue_bind(
                    self.queue(work),
                    self.exchange(),
                    binding(work).into(),
                    QueueBindOptions::default(),
                    FieldTable::default(),
                )
                .await?;
        }
        Ok(())
    }
}

type Argument = (&'static str, AMQPValue);

fn text(name: &'static str, value: &str) -> Argument {
    (name, AMQPValue::LongString(value.into()))
}

/// At-least-once dead-lettering through the default exchange. It needs `reject-publish`; with
/// the default, `at-most-once`, a letter whose target is away is gone.
fn dead_letters_to(queue: &ShortString, and: Argument) -> [Argument; 5] {
    [
        text("x-dead-letter-exchange", ""),
        text("x-dead-letter-routing-key", queue.as_str()),
        text("x-dead-letter-strategy", "at-least-once"),
        text("x-overflow", "reject-publish"),
        and,
    ]
}

async fn declare<const N: usize>(
    channel: &Channel,
    name: ShortString,
    arguments: [Argument; N],
) -> lapin::Result<()> {
    let mut table = FieldTable::default();
    for (name, value) in [text("x-queue-type", "quorum")].into_iter().chain(arguments) {
        table.insert(name.into(), value);
    }
    channel.queue_declare(name, QueueDeclareOptions::durable(), table).await?;
    Ok(())
}

fn work_name(work: Work) -> &'static str {
    match work {
        Work::Signals => "signals",
        Work::Assessments => "assessments",
        Work::Mails => "mails",
    }
}

fn binding(work: Work) -> &'static str {
    match work {
        Work::Signals => "signal.#",
        Work::Assessments => "assessment.#",
        Work::Mails => "mail.#",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_takes_the_next_longer_tier() {
        for (seconds, name) in
            [(0, "5s"), (5, "5s"), (6, "1m"), (60, "1m"), (61, "10m"), (600, "10m"), (86_400, "10m")]
        {
            assert_eq!(Tier::for_delay(Duration::from_secs(seconds)).name, name, "{seconds} s");
        }
        assert_eq!(Tier::for_delay(Duration::MAX).name, "10m");
    }

    #[test]
    fn exchange_names_that_the_broker_would_not_take_are_refused() {
        for name in ["", "amq.topic", "a b", "a#", &"x".repeat(201)] {
            let error = Names::new(name).unwrap_err().to_string();
            assert!(error.contains("`queue.exchange`"), "{error}");
        }
        let names = Names::new(&"x".repeat(200)).unwrap();
        assert!(names.retry(Work::Assessments, TIERS[2]).as_str().len() <= 255);
    }
}
