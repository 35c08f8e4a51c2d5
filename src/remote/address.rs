//! Which addresses may be reached.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::FetchError;
use crate::locales::Message;

/// How far fetches reach.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    /// Public addresses, by https.
    Public,
    /// This machine, too, where the address names it.
    PublicAndThisMachine,
    /// Nothing.
    Nowhere,
    /// In tests on sockets of this machine: what the function allows, also by http.
    #[cfg(test)]
    Only(fn(IpAddr) -> bool),
}

impl Reach {
    /// Whether the host of this name (or number) may be reached at this address.
    pub(super) fn allows(self, name: &str, ip: IpAddr) -> bool {
        match self {
            Self::Public => is_public(ip),
            Self::PublicAndThisMachine => is_public(ip) || (ip.is_loopback() && names_this_machine(name)),
            Self::Nowhere => false,
            #[cfg(test)]
            Self::Only(allows) => allows(ip),
        }
    }

    /// Whether a fetch may go to this address, as far as the address itself says; what its name
    /// resolves to is checked when it is connected to.
    pub(super) fn check(self, url: &Url) -> Result<(), FetchError> {
        let refused = |why| Err(FetchError::Refused(Message::new(why)));
        let name = url.host_str().unwrap_or_default();
        let plain = match self {
            Self::Public | Self::Nowhere => false,
            Self::PublicAndThisMachine => names_this_machine(name),
            #[cfg(test)]
            Self::Only(_) => true,
        };
        if url.scheme() != "https" && !(plain && url.scheme() == "http") {
            return refused("fetch-https");
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refused("fetch-user");
        }
        // Numbers are never resolved, so they are checked here.
        let number: Option<IpAddr> = match url.host() {
            Some(Host::Ipv4(ip)) => Some(ip.into()),
            Some(Host::Ipv6(ip)) => Some(ip.into()),
            Some(Host::Domain(_)) => None,
            None => return refused("fetch-no-host"),
        };
        match number {
            Some(ip) if !self.allows(name, ip) => refused("fetch-private"),
            _ => Ok(()),
        }
    }

    /// Whether a redirect may lead from the one to the other: nobody leads a fetch to this machine
    /// but this machine.
    pub(super) fn check_step(self, from: &Url, to: &Url) -> Result<(), FetchError> {
        let here = |url: &Url| url.host_str().is_some_and(names_this_machine);
        if matches!(self, Self::PublicAndThisMachine) && here(to) && !here(from) {
            return Err(FetchError::Refused(Message::new("fetch-this-machine")));
        }
        self.check(to)
    }
}

/// Whether a host names this machine openly.
pub(super) fn names_this_machine(host: &str) -> bool {
    matches!(host, "localhost" | "127.0.0.1" | "[::1]")
}

/// Blocks of IPv4 that are not on the public internet (IANA's special-purpose registry; RFC 6890
/// and its successors), with the length of each prefix.
const NOT_PUBLIC: [(Ipv4Addr, u32); 16] = [
    (Ipv4Addr::UNSPECIFIED, 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    // Multicast, reserved, broadcast.
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
];

/// Whether the address is one of the public internet.
pub(super) fn is_public(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => {
            NOT_PUBLIC.iter().all(|(block, bits)| (ip.to_bits() ^ block.to_bits()) >> (32 - bits) != 0)
        }
        IpAddr::V6(ip) => is_public_v6(ip),
    }
}

/// Of IPv6 only global unicast (2000::/3) is public, which leaves out loopback, link-local,
/// unique-local, multicast and all that carries an IPv4 address (mapped, NAT64); and of that not
/// what carries one, too (6to4, Teredo), nor what is for documents and protocols.
fn is_public_v6(ip: Ipv6Addr) -> bool {
    match ip.segments() {
        // IETF protocols with Teredo (2001::/23); documentation; 6to4; documentation again.
        [0x2001, 0..=0x01ff | 0x0db8, ..] | [0x2002, ..] | [0x3fff, 0..=0x0fff, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_public_is_not_reached() {
        for ip in [
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "100.64.0.1",
            "100.127.255.255",
            "127.0.0.1",
            "127.255.0.9",
            "169.254.169.254",
            "172.16.0.1",
            "172.31.255.255",
            "192.0.0.8",
            "192.0.2.1",
            "192.168.1.1",
            "198.18.0.1",
            "198.19.255.255",
            "198.51.100.7",
            "203.0.113.9",
            "224.0.0.1",
            "239.1.1.1",
            "240.0.0.1",
            "255.255.255.255",
            "::",
            "::1",
            "::ffff:127.0.0.1",
            "::ffff:8.8.8.8",
            "::127.0.0.1",
            "64:ff9b::7f00:1",
            "64:ff9b:1::1",
            "100::1",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd12:3456::1",
            "ff02::1",
            "2001::1",
            "2001:db8::1",
            "2002:7f00:1::",
            "3fff::1",
        ] {
            assert!(!is_public(ip.parse().unwrap()), "{ip}");
        }
        for ip in [
            "1.1.1.1",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "172.15.0.1",
            "172.32.0.1",
            "192.167.1.1",
            "198.17.1.1",
            "223.255.255.255",
            "2001:4860:4860::8888",
            "2606:4700::1111",
            "2a00:1450::1",
        ] {
            assert!(is_public(ip.parse().unwrap()), "{ip}");
        }
    }

    #[test]
    fn addresses_are_checked_by_what_they_say() {
        let check = |reach: Reach, url: &str| reach.check(&Url::parse(url).unwrap()).is_ok();
        for url in [
            "http://example.edu/",
            "ftp://example.edu/",
            "file:///etc/passwd",
            "https://user@example.edu/",
            "https://:secret@example.edu/",
            "https://127.0.0.1/",
            "https://127.1/",
            "https://0x7f000001/",
            "https://2130706433/",
            "https://017700000001/",
            "https://0/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://169.254.169.254/latest",
            "https://[fd00::1]/",
            "https://192.168.0.1:8443/",
            "data:application/json,{}",
        ] {
            assert!(!check(Reach::Public, url), "{url}");
        }
        assert!(
            check(Reach::Public, "https://example.edu/") && check(Reach::Public, "https://1.1.1.1:8443/x")
        );
        let local = Reach::PublicAndThisMachine;
        assert!(check(local, "http://localhost:8080/") && check(local, "http://127.0.0.1:8080/"));
        assert!(!check(local, "http://example.edu/") && !check(local, "https://127.0.0.2/"));
        assert!(!local.allows("example.edu", Ipv4Addr::LOCALHOST.into()), "a name that only resolves to it");
        let step = |from: &str, to: &str| {
            local.check_step(&Url::parse(from).unwrap(), &Url::parse(to).unwrap()).is_ok()
        };
        assert!(step("http://localhost:1/", "http://127.0.0.1:2/"));
        assert!(!step("https://example.edu/", "http://127.0.0.1:2/"));
    }
}
