//! The connection that fills, and what is done before and after.

use anyhow::Context as _;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, PgConnection, SqliteConnection};

use super::super::database::{Database, Kind};
use super::dialect::Dialect;

/// Rows of a table whose references are all looked at.
const SAMPLE: u64 = 100_000;

/// The database that is filled.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) dialect: Dialect,
    connection: Either,
}

#[derive(Debug)]
enum Either {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Filled {
    /// Connects; what this connection writes need not last, for the measurement comes afterwards.
    pub(super) async fn open(database: &Database) -> anyhow::Result<Self> {
        let (kind, connection) = match database.kind() {
            Kind::Postgres => {
                let mut connection = PgConnection::connect(&database.url).await?;
                let settings =
                    "SET synchronous_commit = off; SET maintenance_work_mem = '256MB'; SET work_mem = '64MB'";
                sqlx::raw_sql(settings).execute(&mut connection).await?;
                // Leaves out what references are checked by, row by row; they are checked as a whole at
                // the end. Only a superuser may: others wait longer.
                let _ =
                    sqlx::raw_sql("SET session_replication_role = replica").execute(&mut connection).await;
                (Kind::Postgres, Either::Postgres(connection))
            }
            Kind::Sqlite => {
                let options: SqliteConnectOptions = database.url.parse()?;
                let options = options
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Off)
                    .foreign_keys(false)
                    .pragma("cache_size", "-500000")
                    .pragma("temp_store", "memory");
                (Kind::Sqlite, Either::Sqlite(options.connect().await?))
            }
        };
        Ok(Self { dialect: Dialect { kind }, connection })
    }

    /// Runs a statement; how many rows it wrote.
    pub(super) async fn run(&mut self, sql: &str) -> anyhow::Result<u64> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match &mut self.connection {
            Either::Postgres(connection) => sqlx::raw_sql(sql).execute(connection).await?.rows_affected(),
            Either::Sqlite(connection) => sqlx::raw_sql(sql).execute(connection).await?.rows_affected(),
        })
    }

    /// The number that a query answers.
    pub(super) async fn number(&mut self, sql: &str) -> anyhow::Result<u64> {
        let sql = AssertSqlSafe(sql.to_owned());
        let number: i64 = match &mut self.connection {
            Either::Postgres(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
            Either::Sqlite(connection) => sqlx::query_scalar(sql).fetch_one(connection).await?,
        };
        Ok(u64::try_from(number)?)
    }

    /// The texts that a query answers.
    async fn texts(&mut self, sql: &str) -> anyhow::Result<Vec<String>> {
        let sql = AssertSqlSafe(sql.to_owned());
        Ok(match &mut self.connection {
            Either::Postgres(connection) => sqlx::query_scalar(sql).fetch_all(connection).await?,
            Either::Sqlite(connection) => sqlx::query_scalar(sql).fetch_all(connection).await?,
        })
    }

    /// The columns of a table.
    pub(super) async fn columns(&mut self, table: &str) -> anyhow::Result<Vec<String>> {
        let sql = match self.dialect.kind {
            Kind::Postgres => format!(
                "SELECT attname::text FROM pg_attribute
                WHERE attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
            ),
            Kind::Sqlite => format!("SELECT name FROM pragma_table_info('{table}') ORDER BY cid"),
        };
        self.texts(&sql).await
    }

    /// Drops indexes: they are made faster when all rows are there. Answers how they are made. Those of
    /// primary keys stay, and what SQLite has in its tables.
    pub(super) async fn drop_indexes(&mut self) -> anyhow::Result<Vec<String>> {
        let (made, dropped) = match self.dialect.kind {
            Kind::Postgres => (
                "SELECT CASE WHEN r.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
                        ELSE format('ALTER TABLE %s ADD CONSTRAINT %I %s', i.indrelid::regclass, r.conname,
                            pg_get_constraintdef(r.oid)) END
                FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
                    LEFT JOIN pg_constraint AS r ON r.conindid = i.indexrelid AND r.contype = 'u'
                WHERE t.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary
                ORDER BY i.indexrelid",
                "SELECT CASE WHEN r.oid IS NULL THEN format('DROP INDEX %s', i.indexrelid::regclass)
                        ELSE format('ALTER TABLE %s DROP CONSTRAINT %I', i.indrelid::regclass, r.conname) END
                FROM pg_index AS i JOIN pg_class AS t ON t.oid = i.indrelid
                    LEFT JOIN pg_constraint AS r ON r.conindid = i.indexrelid AND r.contype = 'u'
                WHERE t.relnamespace = current_schema()::regnamespace AND NOT i.indisprimary",
            ),
            Kind::Sqlite => (
                "SELECT sql FROM main.sqlite_schema
                WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid",
                "SELECT 'DROP INDEX main.' || name FROM main.sqlite_schema
                WHERE type = 'index' AND sql IS NOT NULL",
            ),
        };
        let made = self.texts(made).await?;
        for sql in self.texts(dropped).await? {
            self.run(&sql).await?;
        }
        Ok(made)
    }

    /// References that lead nowhere; of more rows than can be looked at in no time a sample.
    pub(super) async fn dangling(&mut self, rows: u64) -> anyhow::Result<Vec<String>> {
        let part = (SAMPLE * 100 / rows.max(1)).clamp(1, 100);
        if self.dialect.kind == Kind::Sqlite {
            // It reads all: of a database of many gigabytes it takes longer than filling it.
            if part < 100 {
                return Ok(Vec::new());
            }
            return self
                .texts("SELECT DISTINCT \"table\" || ' to ' || parent FROM pragma_foreign_key_check")
                .await;
        }
        let references = self
            .texts(&format!(
                "SELECT format('SELECT %L::text WHERE EXISTS (
                        SELECT 1 FROM %s AS c TABLESAMPLE SYSTEM ({part}) REPEATABLE (1)
                        WHERE c.%I IS NOT NULL AND NOT EXISTS (SELECT 1 FROM %s AS p WHERE p.%I = c.%I))',
                    r.conname, r.conrelid::regclass, child.attname, r.confrelid::regclass, parent.attname,
                    child.attname)
                FROM pg_constraint AS r
                    JOIN pg_attribute AS child ON child.attrelid = r.conrelid AND child.attnum = r.conkey[1]
                    JOIN pg_attribute AS parent ON parent.attrelid = r.confrelid AND parent.attnum = r.confkey[1]
                WHERE r.contype = 'f' AND r.connamespace = current_schema()::regnamespace"
            ))
            .await?;
        let mut lost = Vec::new();
        for sql in references {
            lost.extend(self.texts(&sql).await?);
        }
        Ok(lost)
    }

    /// What the server does by itself after a while: PostgreSQL tidies, and learns how many rows there are.
    pub(super) async fn settle(&mut self) -> anyhow::Result<()> {
        match self.dialect.kind {
            Kind::Postgres => {
                let tables = "SELECT format('VACUUM (ANALYZE) %s', oid::regclass) FROM pg_class
                    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'";
                for sql in self.texts(tables).await? {
                    self.run(&sql).await?;
                }
                // Only a superuser may; without it the server writes while it is measured.
                let _ = self.run("CHECKPOINT").await;
            }
            Kind::Sqlite => {
                self.run("PRAGMA wal_checkpoint(TRUNCATE)").await?;
                // What filled it is on the disk, as after a checkpoint of PostgreSQL: otherwise the first
                // that commits waits for gigabytes that are not its own.
                for file in self.texts("SELECT file FROM pragma_database_list WHERE name = 'main'").await? {
                    std::fs::File::open(&file).and_then(|file| file.sync_all()).context(file)?;
                }
            }
        }
        Ok(())
    }

    /// How large the database is.
    pub(super) async fn bytes(&mut self) -> anyhow::Result<u64> {
        self.number(match self.dialect.kind {
            Kind::Postgres => {
                "SELECT sum(pg_total_relation_size(oid))::bigint FROM pg_class
                WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r'"
            }
            Kind::Sqlite => "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        })
        .await
    }

    pub(super) async fn close(self) -> anyhow::Result<()> {
        match self.connection {
            Either::Postgres(connection) => connection.close().await,
            Either::Sqlite(connection) => connection.close().await,
        }
        .context("closing the database")
    }
}
