//! What types cannot say: whether the values of a configuration make sense.

use accolade_connectors::KINDS;
use lettre::message::Mailbox;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

use super::document::{did_you_mean, or_list};
use super::{IssuerSettings, Problem, Settings, guard, issuers};

/// Everything that does not make sense; keys in `broken` were complained about already.
pub(super) fn check(settings: &Settings, broken: &[String]) -> Vec<Problem> {
    let mut checker = Checker { settings, broken, problems: Vec::new() };
    checker.addresses();
    checker.numbers();
    checker.database();
    checker.queue();
    checker.mail();
    checker.issuers();
    checker.sources();
    checker.terms();
    for (key, message) in guard::problems_of(settings) {
        checker.say(&key, message);
    }
    checker.problems
}

const ENCODE: &str = "write special characters of user and password percent-encoded (`@` is `%40`)";

struct Checker<'a> {
    settings: &'a Settings,
    broken: &'a [String],
    problems: Vec<Problem>,
}

impl Checker<'_> {
    /// Reports a problem. Messages never quote a value: it may be a secret.
    fn say(&mut self, key: &str, message: impl AsRef<str>) {
        if !self.broken.iter().any(|broken| broken == key) {
            self.problems.push(self.settings.problem(key, message.as_ref()));
        }
    }

    fn addresses(&mut self) {
        let url = &self.settings.public_url;
        if !matches!(url.scheme(), "http" | "https") {
            self.say("public_url", "not a web address; write it like \"https://badges.example.edu\"");
        } else if url.scheme() == "http" && !is_local(url) {
            self.say(
                "public_url",
                "badges and claim links need `https`; plain `http` is possible on localhost only",
            );
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            self.say("public_url", "only a host, and a port if need be: remove what follows it");
        }
        if !url.username().is_empty() || url.password().is_some() {
            self.say(
                "public_url",
                "everybody sees this address: remove the user and password before the `@`",
            );
        }

        let port = self.settings.server.listen.rsplit_once(':').filter(|(host, _)| !host.is_empty());
        if port.is_none_or(|(_, port)| port.parse::<u16>().is_err()) {
            self.say(
                "server.listen",
                "not an address with a port; write \"127.0.0.1:8080\" for this machine only, \
                 or \"0.0.0.0:8080\" for every network",
            );
        }
        let filter = &self.settings.log.filter;
        if let Err(error) = EnvFilter::builder().parse(filter) {
            let why = if self.settings.origins.hidden("log.filter") {
                String::new()
            } else {
                format!(" ({error})")
            };
            self.say(
                "log.filter",
                format!("not a filter{why}; write it like \"info\" or \"info,accolade=debug\""),
            );
        }
    }

    fn numbers(&mut self) {
        let Settings { server, database, mail, claim, worker, .. } = self.settings;
        for (key, value) in [
            ("server.request_seconds", server.request_seconds),
            ("database.connections", database.connections.into()),
            ("mail.connections", mail.connections as u64),
            ("server.connections", server.connections as u64),
            ("worker.batch", worker.batch.into()),
            ("worker.lms_concurrency", worker.lms_concurrency as u64),
            ("worker.lms_seconds", worker.lms_seconds),
        ] {
            if value == 0 {
                self.say(key, "0 would stop all work; write 1 or more");
            }
        }
        if server.max_body_bytes < 64 * 1024 {
            self.say(
                "server.max_body_bytes",
                "too small for what the LMSs send; write 65536 (64 KiB) or more",
            );
        }
        if !(1..=3650).contains(&claim.days) {
            self.say("claim.days", "write a number of days from 1 to 3650");
        }
        if self.settings.bounces.secret.as_ref().is_some_and(|secret| secret.expose().len() < 16) {
            self.say("bounces.secret", "write at least 16 characters that nobody can guess");
        }
        if self.settings.bounces.mailgun_key.as_ref().is_some_and(|key| key.expose().trim().is_empty()) {
            self.say("bounces.mailgun_key", "write the HTTP webhook signing key that Mailgun shows");
        }
        if self.settings.bounces.sendgrid_key.is_some() && self.settings.bounces.sendgrid_point().is_none() {
            let mend = "write the verification key that SendGrid shows where the Signed Event Webhook is switched \
                        on: 124 letters, MFkwEwYHKoZI…";
            self.say("bounces.sendgrid_key", mend);
        }
        let ascending = claim.reminders.is_sorted_by(|one, next| one < next);
        if !ascending || claim.reminders.len() > 10 || claim.reminders.contains(&0) {
            let mend = "write up to 10 numbers of days, each larger than the one before, as in [7, 21]; [] \
                        sends no reminders";
            self.say("claim.reminders", mend);
        }
    }

    fn database(&mut self) {
        const POSSIBLE: &str =
            "possible is \"sqlite://path/to/file.db\" or \"postgres://user:password@host/database\"";
        let url = self.settings.database.url.expose();
        let problem = match scheme(url) {
            "sqlite" if url == "sqlite::memory:" => None,
            "sqlite" => match url.strip_prefix("sqlite://") {
                Some(path) if !path.is_empty() => None,
                _ => Some(format!("names no file; {POSSIBLE}")),
            },
            "postgres" | "postgresql" => match Url::parse(url) {
                Ok(url) if url.has_host() || url.query().is_some() => None,
                _ => Some(format!("not a complete address; {POSSIBLE}; {ENCODE}")),
            },
            _ => Some(format!("not a database that is known here; {POSSIBLE}")),
        };
        if let Some(problem) = problem {
            self.say("database.url", problem);
        }
    }

    fn queue(&mut self) {
        const POSSIBLE: &str = "possible is \"embedded:\", \
         \"amqp://user:password@host:5672/vhost\" or \"amqps://…:5671/vhost\"";
        let url = self.settings.queue.url.expose();
        let problem = match scheme(url) {
            "embedded" if url == "embedded:" => None,
            "embedded" => Some("nothing follows `embedded:`".to_owned()),
            "amqp" | "amqps" => match Url::parse(url) {
                Ok(url) if url.has_host() => None,
                _ => Some(format!("not a complete address; {POSSIBLE}; {ENCODE}")),
            },
            _ => Some(format!("not a queue that is known here; {POSSIBLE}")),
        };
        if let Some(problem) = problem {
            self.say("queue.url", problem);
        }
        let exchange = &self.settings.queue.exchange;
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | ':');
        // RabbitMQ keeps `amq.` for itself, and queue names (255 bytes) begin with this one.
        if exchange.is_empty()
            || exchange.len() > 127
            || exchange.starts_with("amq.")
            || !exchange.chars().all(fits)
        {
            self.say(
                "queue.exchange",
                "write up to 127 letters, digits, `-`, `_`, `.` or `:`, not beginning with `amq.`",
            );
        }
    }

    fn mail(&mut self) {
        const POSSIBLE: &str = "possible is \"outbox:folder\", \"smtp://user:password@host:587\" (STARTTLS), \
             \"smtps://user:password@host:465\" (TLS) or \"smtp+plain://host:25\" (no encryption)";
        let mail = &self.settings.mail;
        let url = mail.url.expose();
        let problem = match scheme(url) {
            "outbox" => {
                let folder = url.strip_prefix("outbox:");
                folder.is_none_or(str::is_empty).then(|| format!("names no folder; {POSSIBLE}"))
            }
            scheme @ ("smtp" | "smtps" | "smtp+plain") => match Url::parse(url) {
                Ok(url) if url.host_str().is_some_and(|host| !host.is_empty()) => {
                    (scheme == "smtp+plain" && url.password().is_some() && !is_local(&url)).then(|| {
                        "the password would cross the network unencrypted; \
                         write `smtp://` (STARTTLS) or `smtps://` (TLS)"
                            .to_owned()
                    })
                }
                _ => Some(format!(
                    "not a complete address; {POSSIBLE}; write special characters of user and password \
                     percent-encoded (`@` is `%40`)"
                )),
            },
            _ => Some(format!("not a way to send mail that is known here; {POSSIBLE}")),
        };
        if let Some(problem) = problem {
            self.say("mail.url", problem);
        }
        if mail.from.parse::<Mailbox>().is_err() {
            self.say("mail.from", "not a sender; write it like \"Example University <badges@example.edu>\"");
        }
        if mail.reply_to.as_deref().is_some_and(|to| !to.trim().is_empty() && to.parse::<Mailbox>().is_err())
        {
            self.say("mail.reply_to", "not a mail address; write it like \"registrar@example.edu\"");
        }
        if let Some(dkim) = &mail.dkim {
            for (key, value) in [("mail.dkim.domain", &dkim.domain), ("mail.dkim.selector", &dkim.selector)] {
                if !is_dns_name(value) {
                    self.say(key, "not a name in the DNS: letters, digits, hyphens and dots");
                }
            }
        }
    }

    fn issuers(&mut self) {
        for (table, issuer) in self.settings.every_issuer() {
            self.issuer(&table, issuer);
        }
        for (key, message) in issuers::problems_of(self.settings) {
            self.say(&key, message);
        }
    }

    fn issuer(&mut self, table: &str, issuer: &IssuerSettings) {
        let key = |key: &str| format!("{table}.{key}");
        if !is_slug(&issuer.slug) {
            // That of another one is the name of its table.
            let key = if table == "issuer" { key("slug") } else { table.to_owned() };
            self.say(&key, "write lower-case letters, digits and hyphens, as in \"example-university\"");
        }
        if !issuer.signer.is_empty() && issuer.key.is_some() {
            self.say(
                "issuer.signer",
                "there is `issuer.key`, too: the key is in one place; remove one of them",
            );
        }
        if issuer.name.trim().is_empty() {
            self.say(&key("name"), "empty; write the institution's name");
        }
        if issuer
            .email
            .as_deref()
            .is_some_and(|email| !email.trim().is_empty() && email.parse::<lettre::Address>().is_err())
        {
            self.say(&key("email"), "not a mail address; write it like \"badges@example.edu\"");
        }
        for (name, url) in [("url", Some(&issuer.url)), ("image", issuer.image.as_ref())] {
            if url.is_some_and(|url| !matches!(url.scheme(), "http" | "https")) {
                self.say(&key(name), "not a web address; write it like \"https://www.example.edu\"");
            }
        }
    }

    fn terms(&mut self) {
        for (key, message) in super::cycle::terms(&self.settings.terms).err().unwrap_or_default() {
            self.say(&key, message);
        }
    }

    fn sources(&mut self) {
        if let Err((key, mend)) = self.settings.reconcile.schedule() {
            self.say(&format!("reconcile.{key}"), mend);
        }
        for (name, source) in &self.settings.sources {
            if !is_slug(name) {
                self.say(
                    &format!("sources.{name}"),
                    "the name becomes part of the address `/hooks/…`: \
                     write lower-case letters, digits and hyphens",
                );
            }
            if !KINDS.iter().any(|kind| kind.name == source.kind) {
                let names = || KINDS.iter().map(|kind| kind.name);
                let hint = did_you_mean(&source.kind, names());
                self.say(
                    &format!("sources.{name}.kind"),
                    format!("not a kind of source; possible is {}{hint}", or_list(names())),
                );
            }
            let schedule = source.reconcile.as_ref().map(super::ReconcileSettings::schedule);
            if let Some(Err((key, mend))) = schedule {
                self.say(&format!("sources.{name}.reconcile.{key}"), mend);
            }
            if source.institution_ids.as_deref().is_some_and(|ids| ids.trim().is_empty()) {
                self.say(
                    &format!("sources.{name}.institution_ids"),
                    "empty; write what the ids are called, as in \"student-number\", or remove the key",
                );
            }
        }
    }
}

/// What stands before the first colon.
fn scheme(url: &str) -> &str {
    url.split_once(':').map_or("", |(scheme, _)| scheme)
}

/// Lower-case letters, digits and hyphens, and at least one of them.
pub(super) fn is_slug(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

fn is_dns_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_'))
}

/// Whether nothing sent there leaves this machine.
fn is_local(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // Schemes unknown to the URL standard keep IPv4 addresses as text.
        Some(Host::Domain(host)) => {
            host == "localhost" || host.parse().is_ok_and(|ip: std::net::Ipv4Addr| ip.is_loopback())
        }
        None => false,
    }
}
