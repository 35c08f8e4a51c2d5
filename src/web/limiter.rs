//! How often one client may ask for what costs work: verifications, which fetch elsewhere, steps of
//! the claim page, which send mails, and what wallets fetch.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr, SocketAddr};
use std::sync::{Mutex, PoisonError};

use axum::extract::ConnectInfo;
use axum::extract::Request;
use chrono::{DateTime, TimeDelta, Utc};

/// The window.
const WINDOW: TimeDelta = TimeDelta::minutes(1);
/// Looking for ended windows costs by their number: not for every request.
const SWEEP: TimeDelta = TimeDelta::seconds(1);
/// Clients that are told apart; those beyond share one allowance until windows end.
const CLIENTS: usize = 10_000;
/// The allowance that clients share for whom there is no place.
const OTHERS: IpAddr = IpAddr::V6(Ipv6Addr::UNSPECIFIED);

/// Counts by client, within fixed windows.
#[derive(Debug)]
pub(super) struct Limiter {
    /// Requests of one client in a window.
    most: u32,
    counts: Mutex<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// When the client's window began, and its requests since.
    of: HashMap<IpAddr, (DateTime<Utc>, u32)>,
    /// When ended windows were looked for last, while there was no place.
    swept: DateTime<Utc>,
}

impl Limiter {
    /// Lets each client ask so often in a minute.
    pub(super) fn new(most: u32) -> Self {
        Self { most, counts: Mutex::default() }
    }

    /// Whether the client may go on; counts it.
    pub(super) fn admits(&self, client: IpAddr, now: DateTime<Utc>) -> bool {
        let mut counts = self.counts.lock().unwrap_or_else(PoisonError::into_inner);
        if !counts.has_place(client) && now - counts.swept >= SWEEP {
            counts.of.retain(|_, (since, _)| now - *since < WINDOW);
            counts.swept = now;
        }
        let client = if counts.has_place(client) { client } else { OTHERS };
        let (since, count) = counts.of.entry(client).or_insert((now, 0));
        if now - *since >= WINDOW {
            (*since, *count) = (now, 0);
        }
        *count = count.saturating_add(1);
        *count <= self.most
    }
}

impl Counts {
    fn has_place(&self, client: IpAddr) -> bool {
        self.of.len() < CLIENTS || self.of.contains_key(&client)
    }
}

/// Who asks: the peer, or whom the proxy in front names. Only a peer that is not on the public
/// internet is taken for a proxy, and of what it hands on only the last entry, which it wrote
/// itself. Of IPv6 the network counts: one household has as many addresses as it likes.
pub(super) fn client(request: &Request) -> IpAddr {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|peer| peer.0.ip().to_canonical());
    let Some(peer) = peer else { return OTHERS };
    let near = match peer {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    };
    let named = request.headers().get_all("x-forwarded-for").iter().next_back();
    let named =
        named.and_then(|value| value.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok());
    match named.filter(|_| near).unwrap_or(peer).to_canonical() {
        IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64)),
        ip @ IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    fn time(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    fn asks(peer: &str, forwarded: &[&str]) -> IpAddr {
        let mut request = Request::builder();
        for value in forwarded {
            request = request.header("x-forwarded-for", *value);
        }
        let mut request = request.body(Body::empty()).unwrap();
        request.extensions_mut().insert(ConnectInfo(SocketAddr::new(peer.parse().unwrap(), 1)));
        client(&request)
    }

    #[test]
    fn each_client_has_its_allowance_in_each_window() {
        let limiter = Limiter::new(20);
        let (one, two) = ("198.51.100.1".parse().unwrap(), "198.51.100.2".parse().unwrap());
        for _ in 0..20 {
            assert!(limiter.admits(one, time(0)));
        }
        assert!(!limiter.admits(one, time(59)) && limiter.admits(two, time(59)));
        assert!(limiter.admits(one, time(60)));
    }

    #[test]
    fn it_stays_bounded_and_nobody_new_gets_around_it() {
        let limiter = Limiter::new(20);
        for number in 0..30_000_u32 {
            limiter.admits(IpAddr::V4(number.into()), time(0));
        }
        assert!(limiter.counts.lock().unwrap().of.len() <= CLIENTS + 1);
        assert!(!limiter.admits(IpAddr::V4(1_000_000.into()), time(1)), "the shared allowance is used up");
        assert!(limiter.admits(IpAddr::V4(1_000_000.into()), time(61)));
        assert!(limiter.counts.lock().unwrap().of.len() < 10, "ended windows went");
    }

    #[test]
    fn a_proxy_is_believed_about_its_own_client_only() {
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(asks("127.0.0.1", &["9.9.9.9, 198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(asks("10.0.0.2", &["9.9.9.9", "198.51.100.7"]), ip("198.51.100.7"));
        assert_eq!(asks("198.51.100.7", &["9.9.9.9"]), ip("198.51.100.7"), "not a proxy");
        assert_eq!(asks("127.0.0.1", &["rubbish"]), ip("127.0.0.1"));
        assert_eq!(asks("2001:db8:1:2:3:4:5:6", &[]), ip("2001:db8:1:2::"));
        assert_eq!(asks("::ffff:198.51.100.7", &[]), ip("198.51.100.7"));
    }
}
