//! What can go wrong in the database.

/// Why a database operation failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, or gave up: worth trying again, and no attempt spent.
    #[error("the database is not available: {0}")]
    Unavailable(String),
    /// Another process changed the same rows at the same time: do the work again.
    #[error("changed by another process at the same time")]
    Conflict,
    /// A row holds something that this version cannot read.
    #[error("the database holds an unreadable {column} in {table}: {message}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A statement is wrong: a fault of the program.
    #[error("the database refused a statement: {0}")]
    Refused(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        use sqlx::Error as E;
        match error {
            E::Database(error) => {
                let code = error.code().unwrap_or_default();
                // SQLSTATE has five characters; SQLite's codes are shorter numbers.
                if code.len() == 5 {
                    from_sqlstate(&code, error.message())
                } else {
                    from_sqlite(code.parse().unwrap_or(1), error.message())
                }
            }
            E::Io(error) => Self::Unavailable(error.to_string()),
            E::Tls(error) => Self::Unavailable(format!("TLS: {error}")),
            E::Protocol(message) => Self::Unavailable(message),
            E::PoolTimedOut => Self::Unavailable("no connection became free in time".to_owned()),
            E::PoolClosed | E::WorkerCrashed | E::BeginFailed => Self::Unavailable(error.to_string()),
            E::Migrate(error) => Self::from(*error),
            other => Self::Refused(other.to_string()),
        }
    }
}

impl From<sqlx::migrate::MigrateError> for StoreError {
    fn from(error: sqlx::migrate::MigrateError) -> Self {
        use sqlx::migrate::MigrateError as E;
        match error {
            E::Execute(error) => Self::from(error),
            E::ExecuteMigration(error, version) => match Self::from(error) {
                Self::Refused(message) => Self::Refused(format!("migration {version}: {message}")),
                other => other,
            },
            other => Self::Refused(other.to_string()),
        }
    }
}

/// PostgreSQL's codes (its manual, appendix A).
fn from_sqlstate(code: &str, message: &str) -> StoreError {
    match code {
        // Serialization failure, deadlock, lock time-out, and a row that another made first.
        "40001" | "40P01" | "55P03" | "23505" => StoreError::Conflict,
        // Cancelled by the time-out; read-only after a fail-over; ended while idle.
        "57014" | "25006" | "25P03" => StoreError::Unavailable(message.to_owned()),
        // An index or a row too large is our fault, unlike the other resources of class 54.
        _ => match code.get(..2) {
            // Connection, login, unknown database, no resources (disk full), shut down, I/O.
            Some("08" | "28" | "3D" | "53" | "57" | "58") => StoreError::Unavailable(message.to_owned()),
            _ => StoreError::Refused(format!("{message} ({code})")),
        },
    }
}

/// SQLite's result codes; the low byte is the kind, the rest a detail.
fn from_sqlite(code: i32, message: &str) -> StoreError {
    match (code & 0xff, code) {
        // Busy, locked, out of memory, read-only, I/O error, disk full, cannot open, protocol.
        (5 | 6 | 7 | 8 | 10 | 13 | 14 | 15, _) => StoreError::Unavailable(message.to_owned()),
        // Unique and primary key: another made the row first.
        (_, 2067 | 1555) => StoreError::Conflict,
        _ => StoreError::Refused(format!("{message} ({code})")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_whether_to_try_again() {
        for code in ["40001", "40P01", "23505"] {
            assert!(matches!(from_sqlstate(code, ""), StoreError::Conflict), "{code}");
        }
        for code in ["53100", "53300", "57P01", "57P03", "08006", "57014", "28P01"] {
            assert!(matches!(from_sqlstate(code, ""), StoreError::Unavailable(_)), "{code}");
        }
        for code in ["42601", "42P01", "23503", "54000", "XX000", ""] {
            assert!(matches!(from_sqlstate(code, ""), StoreError::Refused(_)), "{code}");
        }
    }

    #[test]
    fn a_locked_or_full_sqlite_database_is_not_available() {
        for code in [5, 261, 517, 6, 10, 13, 14] {
            assert!(matches!(from_sqlite(code, ""), StoreError::Unavailable(_)), "{code}");
        }
        assert!(matches!(from_sqlite(2067, ""), StoreError::Conflict));
        assert!(matches!(from_sqlite(787, ""), StoreError::Refused(_)));
    }

    #[test]
    fn a_pool_without_free_connections_is_not_available() {
        assert!(matches!(StoreError::from(sqlx::Error::PoolTimedOut), StoreError::Unavailable(_)));
    }
}
