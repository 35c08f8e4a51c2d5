//! Several messages to one address as one: under load most of what a badge costs the broker is the
//! number of its messages, not their bytes (a quorum queue logs, replicates and acknowledges each).
//!
//! What is published together under one routing key travels in few messages: CloudEvents in the
//! JSON batch format (CloudEvents 1.0, JSON format, section 4). Two or three at a time stay messages
//! of their own, so that little work is still shared among processes.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt as _;
use lapin::options::{BasicAckOptions, BasicNackOptions};
use lapin::types::ShortString;
use lapin::{Acker, Channel};
use tracing::debug;
use uuid::Uuid;

use super::session::Outgoing;
use crate::queue::message::{BATCH_CONTENT_TYPE, CONTENT_TYPE};

/// About how many rows a message is at most. What a process takes and does not finish comes again whole.
pub(in crate::queue) const ROWS: u64 = 32;
/// The same, and the most bytes of a message about more than one.
const MOST: (usize, usize) = (32, 64 * 1024);
/// What is published together becomes at least so many messages, for two workers.
const PARTS: usize = 2;

/// Exchange and routing key.
type Address = (ShortString, ShortString);

/// A message to be sent alone or with its neighbours.
#[derive(Debug, Clone)]
pub(super) struct Single {
    pub(super) exchange: ShortString,
    pub(super) routing_key: ShortString,
    pub(super) id: Uuid,
    pub(super) body: Vec<u8>,
}

/// Bundles messages of the same address; each address keeps its order. The answer has beside each
/// message the rows that it is about, the first of which is its id.
pub(super) fn bundles(singles: Vec<Single>) -> Vec<(Outgoing, Vec<Uuid>)> {
    let mut order: Vec<Address> = Vec::new();
    let mut addresses: HashMap<Address, VecDeque<(Uuid, Vec<u8>)>> = HashMap::new();
    for Single { exchange, routing_key, id, body } in singles {
        let address = (exchange, routing_key);
        let waiting = addresses.entry(address.clone()).or_insert_with(|| {
            order.push(address);
            VecDeque::new()
        });
        waiting.push_back((id, body));
    }
    let mut bundled = Vec::new();
    for address in order {
        let Some(mut waiting) = addresses.remove(&address) else { continue };
        let most = (waiting.len() / PARTS).clamp(1, MOST.0);
        while let Some((id, body)) = waiting.pop_front() {
            let (mut rows, mut bytes, mut bodies) = (vec![id], body.len(), vec![body]);
            while let Some((_, next)) = waiting.front()
                && rows.len() < most
                && bytes + next.len() < MOST.1
                && let Some((id, body)) = waiting.pop_front()
            {
                bytes += body.len();
                rows.push(id);
                bodies.push(body);
            }
            let (exchange, routing_key) = address.clone();
            let (content_type, body) = match bodies.len() {
                1 => (CONTENT_TYPE, bodies.swap_remove(0)),
                _ => (BATCH_CONTENT_TYPE, [b"[".as_slice(), &bodies.join(&b','), b"]"].concat()),
            };
            bundled.push((Outgoing { exchange, routing_key, id, content_type, body }, rows));
        }
    }
    bundled
}

/// The answer to a message that was taken: given once every row of it is answered.
#[derive(Debug)]
pub(super) struct Answer {
    acker: Acker,
    id: Uuid,
    open: AtomicUsize,
    /// Whether one of them is to come again.
    again: AtomicBool,
    /// A channel closes with its last handle, and answers count only on the message's channel.
    _channel: Channel,
}

impl Answer {
    /// For a message about so many rows, each of which calls [`Self::done`] or [`Self::again`] once.
    pub(super) fn new(acker: Acker, channel: Channel, id: Uuid, rows: usize) -> Self {
        Self { acker, id, open: AtomicUsize::new(rows), again: AtomicBool::new(false), _channel: channel }
    }

    /// A row is done. Nobody waits until the broker's connection has taken that: were it lost, the message
    /// would come again, and its rows are done.
    pub(super) fn done(&self) {
        if self.open.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        if self.again.load(Ordering::Acquire) {
            return self.give_back();
        }
        // Polled once, the request is on its way.
        if let Some(Err(error)) = self.acker.ack(BasicAckOptions::default()).now_or_never() {
            debug!(id = %self.id, %error, "a message could not be acknowledged");
        }
    }

    /// A row is to come again, and so are its neighbours: those that are done already are no-ops.
    pub(super) fn again(&self) {
        self.again.store(true, Ordering::Release);
        if self.open.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.give_back();
        }
    }

    fn give_back(&self) {
        give_back(&self.acker);
    }
}

/// Gives a message back to its queue.
pub(super) fn give_back(acker: &Acker) {
    let options = BasicNackOptions { requeue: true, ..BasicNackOptions::default() };
    // Polled once, the request is on its way. On a dead channel the broker has taken the
    // message back by itself.
    let _ = acker.nack(options).now_or_never();
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::queue::message::read;

    fn single((key, size): (u8, usize)) -> Single {
        let id = Uuid::new_v4();
        let body = format!(r#"{{"id":"{id}","data":"{}"}}"#, "x".repeat(size)).into_bytes();
        Single { exchange: "x".into(), routing_key: format!("signal.{key}").into(), id, body }
    }

    #[test]
    fn few_stay_alone_and_many_travel_together() {
        let sizes = |count| {
            let bundled = bundles((0..count).map(|_| single((0, 10))).collect());
            bundled.into_iter().map(|(_, rows)| rows.len()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(0), [0; 0]);
        assert_eq!(sizes(3), [1; 3]);
        assert_eq!(sizes(25), [12, 12, 1]);
        assert_eq!(sizes(500).len(), 16);
    }

    proptest! {
        #[test]
        fn nothing_is_lost_and_every_address_keeps_its_order(
            singles in prop::collection::vec((0..4_u8, prop_oneof![0..300_usize, 30_000..70_000_usize]), 0..200),
        ) {
            let singles: Vec<Single> = singles.into_iter().map(single).collect();
            let mut sent: HashMap<String, Vec<(Uuid, Vec<u8>)>> = HashMap::new();
            for one in &singles {
                sent.entry(one.routing_key.to_string()).or_default().push((one.id, one.body.clone()));
            }
            let mut came: HashMap<String, Vec<(Uuid, Vec<u8>)>> = HashMap::new();
            for (message, rows) in bundles(singles) {
                let read = read(Some(&message.id.to_string()), &message.body).unwrap();
                prop_assert_eq!(&rows, &read.iter().map(|(id, _)| *id).collect::<Vec<_>>());
                prop_assert!(rows.len() <= MOST.0);
                prop_assert!(rows.len() == 1 || message.body.len() <= MOST.1 + MOST.0 + 2);
                prop_assert_eq!(message.content_type == CONTENT_TYPE, rows.len() == 1);
                came.entry(message.routing_key.to_string()).or_default().extend(read);
            }
            prop_assert_eq!(came, sent);
        }
    }
}
