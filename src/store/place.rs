//! Where a database is, for people: what a URL says without its user and password.

use std::str::FromStr as _;

use sqlx::postgres::PgConnectOptions;

/// Host and port of PostgreSQL, or the folder of its socket; `None` for SQLite, and for what is no URL
/// of a database.
pub fn place(url: &str) -> Option<String> {
    if !url.starts_with("postgres:") && !url.starts_with("postgresql:") {
        return None;
    }
    let options = PgConnectOptions::from_str(url).ok()?;
    if let Some(socket) = options.get_socket() {
        return Some(socket.display().to_string());
    }
    let (host, port) = (options.get_host(), options.get_port());
    Some(if host.contains(':') && !host.starts_with('[') {
        format!("[{host}]:{port}")
    } else {
        format!("{host}:{port}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_host_and_port_and_never_shows_a_password() {
        for (url, shown) in [
            ("postgres://accolade:hunter2@db.example.edu/badges", "db.example.edu:5432"),
            ("postgresql://accolade:hunter2@[2001:db8::1]:5433/badges", "[2001:db8::1]:5433"),
            ("postgres:///badges?host=/run/postgresql&password=hunter2", "/run/postgresql"),
        ] {
            assert_eq!(place(url).as_deref(), Some(shown));
        }
        for url in ["sqlite://data/accolade.db", "hunter2", "postgres://u:hunter2@h:port/b"] {
            assert_eq!(place(url), None, "{url}");
        }
    }
}
