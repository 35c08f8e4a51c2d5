//! Backups of a test's database, made and restored as an administrator would.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use super::database::TestDatabase;

/// What a database was at some time.
pub(crate) struct Backup {
    folder: TempDir,
}

impl Backup {
    /// Backs a database up while it is in use: `pg_dump`, or SQLite's `VACUUM INTO`.
    pub(crate) async fn of(database: &TestDatabase) -> Self {
        let backup = Self { folder: tempfile::tempdir().unwrap() };
        let file = backup.file();
        match database.schema() {
            Some((server, schema)) => run(Command::new("pg_dump")
                .args(["--schema", schema, "--no-owner", "--file"])
                .arg(&file)
                .arg(server)),
            None => database.execute(&format!("VACUUM INTO '{}'", file.display())).await,
        }
        backup
    }

    /// Puts the backup in the place of the database, which nobody uses meanwhile.
    pub(crate) async fn restore(&self, database: &TestDatabase) {
        if let Some((server, schema)) = database.schema() {
            database.execute(&format!("DROP SCHEMA {schema} CASCADE")).await;
            run(Command::new("psql")
                .args(["--no-psqlrc", "--quiet", "--set", "ON_ERROR_STOP=1", "--file"])
                .arg(self.file())
                .arg(server));
            return;
        }
        let place = PathBuf::from(database.url().trim_start_matches("sqlite://"));
        for rest in ["-wal", "-shm"] {
            let _ = std::fs::remove_file(format!("{}{rest}", place.display()));
        }
        std::fs::copy(self.file(), place).unwrap();
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("backup")
    }
}

fn run(command: &mut Command) {
    let output = command.stdout(std::process::Stdio::null()).output();
    let output =
        output.unwrap_or_else(|error| panic!("{command:?}: {error}; PostgreSQL's clients are needed"));
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}
