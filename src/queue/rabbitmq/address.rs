//! Where the broker is.

use std::fmt;

use lapin::uri::{AMQPScheme, AMQPUri};
use url::{Host, Url};

use crate::queue::QueueError;

/// Seconds after which a silent peer is asked, and twice that until it is given up. A URL may
/// say `?heartbeat=…`, but not switch it off.
const HEARTBEAT: u16 = 10;

/// The broker's address. Shows itself without user and password.
#[derive(Clone)]
pub(super) struct Address {
    uri: AMQPUri,
}

impl Address {
    pub(super) fn parse(url: &str) -> Result<Self, QueueError> {
        // The parsers' own messages repeat the URL, and with it the password.
        let wrong = |why: &str| {
            QueueError::Configuration(format!(
                "`queue.url` {why}: write `embedded:` or `amqp(s)://user:password@host:port/vhost`"
            ))
        };
        let parsed = Url::parse(url).map_err(|_| wrong("is no URL"))?;
        if !matches!(parsed.scheme(), "amqp" | "amqps") {
            return Err(wrong("begins with neither `embedded:` nor `amqp://` nor `amqps://`"));
        }
        let host = parsed.host().ok_or_else(|| wrong("has no host"))?;
        let mut uri: AMQPUri = url.parse().map_err(|_| wrong("cannot be read"))?;
        if let Host::Ipv6(address) = host {
            // lapin would take localhost.
            uri.authority.host = address.to_string();
        }
        if uri.vhost.is_empty() {
            // `amqp://host/` is written for the default virtual host; none has an empty name.
            "/".clone_into(&mut uri.vhost);
        }
        uri.query.heartbeat = uri.query.heartbeat.filter(|seconds| *seconds > 0).or(Some(HEARTBEAT));
        Ok(Self { uri })
    }

    pub(super) fn uri(&self) -> AMQPUri {
        self.uri.clone()
    }

    pub(super) fn host(&self) -> (&str, u16) {
        (&self.uri.authority.host, self.uri.authority.port)
    }

    /// Host and port, for people.
    pub(super) fn place(&self) -> String {
        let (host, port) = self.host();
        if host.contains(':') { format!("[{host}]:{port}") } else { format!("{host}:{port}") }
    }

    pub(super) fn encrypted(&self) -> bool {
        self.uri.scheme == AMQPScheme::AMQPS
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}://{}", self.uri.scheme, self.place())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_cannot_be_switched_off() {
        for (url, seconds) in
            [("amqp://h", 10), ("amqp://h/?heartbeat=0", 10), ("amqp://h/?heartbeat=30", 30)]
        {
            assert_eq!(Address::parse(url).unwrap().uri.query.heartbeat, Some(seconds), "{url}");
        }
    }

    #[test]
    fn hosts_ports_and_virtual_hosts_are_read() {
        for (url, shown, vhost) in [
            ("amqp://broker.example.edu", "amqp://broker.example.edu:5672", "/"),
            ("amqps://u:p@broker.example.edu/", "amqps://broker.example.edu:5671", "/"),
            ("amqp://u:p@127.0.0.1:5000/%2f", "amqp://127.0.0.1:5000", "/"),
            ("amqp://[2001:db8::1]:5000/badges", "amqp://[2001:db8::1]:5000", "badges"),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!((address.to_string().as_str(), address.uri.vhost.as_str()), (shown, vhost));
        }
        assert_eq!(Address::parse("amqp://[::1]").unwrap().host(), ("::1", 5672));
    }

    #[test]
    fn a_wrong_url_is_refused_without_showing_its_password() {
        for url in [
            "",
            "hunter2",
            "http://u:hunter2@h",
            "amqp:hunter2",
            "amqp://u:hunter2@h:99999",
            "amqp://u:hunter2@",
            "amqp://u:hunter2@h/?heartbeat=x",
            "amqp://u:hunter2%ff@h/",
        ] {
            let error = Address::parse(url).unwrap_err();
            assert!(matches!(error, QueueError::Configuration(_)), "{url}: {error}");
            assert!(error.to_string().contains("`queue.url`"), "{error}");
            assert!(!format!("{error:?}").contains("hunter2"), "{error:?}");
        }
        let address = Address::parse("amqp://u:hunter2@h").unwrap();
        assert!(!format!("{address} {address:?}").contains("hunter2"));
    }
}
