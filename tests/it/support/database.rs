//! Databases for tests: each its own, gone with its [`TestDatabase`].

use std::collections::BTreeMap;

use accolade::store::Store;
use chrono::{DateTime, Utc};
use sqlx::{Connection as _, PgConnection, SqliteConnection};
use tempfile::TempDir;
use uuid::Uuid;

/// An empty database. Dropped, it leaves nothing.
pub(crate) struct TestDatabase {
    url: String,
    place: Place,
}

enum Place {
    /// A file in a folder that goes with it.
    Sqlite { _folder: TempDir },
    /// A schema of its own in the database of `DATABASE_URL`.
    Postgres { server: String, schema: String },
}

/// An open transaction of another process.
pub(crate) enum Held {
    Postgres(PgConnection),
    Sqlite(SqliteConnection),
}

impl Held {
    /// Ends it.
    pub(crate) async fn commit(self) {
        match self {
            Self::Postgres(mut connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
            }
            Self::Sqlite(mut connection) => {
                sqlx::raw_sql("COMMIT").execute(&mut connection).await.unwrap();
            }
        }
    }
}

impl TestDatabase {
    /// A SQLite file.
    pub(crate) fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = format!("sqlite://{}", folder.path().join("accolade.db").display());
        Self { url, place: Place::Sqlite { _folder: folder } }
    }

    /// A schema in the PostgreSQL of `DATABASE_URL`. Without that variable: `None` and a line
    /// that says so, or a failure if `ACCOLADE_TESTS_COMPLETE` asks for every test.
    pub(crate) async fn postgres() -> Option<Self> {
        Some(Self::postgres_at(&database_url()?).await)
    }

    /// A schema in another PostgreSQL, which has to live longer.
    pub(crate) async fn postgres_at(server: &str) -> Self {
        let server = server.to_owned();
        let schema = format!("test_{}", Uuid::new_v4().simple());
        execute(&server, format!("CREATE SCHEMA {schema}")).await.expect("PostgreSQL makes a schema");
        let mut url = url::Url::parse(&server).expect("DATABASE_URL is a URL");
        url.query_pairs_mut().append_pair("options", &format!("-c search_path={schema}"));
        Self { url: url.into(), place: Place::Postgres { server, schema } }
    }

    /// Its URL, as in the configuration.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The server and the schema, of a PostgreSQL.
    pub(crate) fn schema(&self) -> Option<(&str, &str)> {
        match &self.place {
            Place::Postgres { server, schema } => Some((server, schema)),
            Place::Sqlite { .. } => None,
        }
    }

    /// A store on it, not migrated.
    pub(crate) async fn connect(&self) -> Store {
        Store::connect(&self.url, 8).await.expect("the database opens")
    }

    /// A store on it, with its tables.
    pub(crate) async fn store(&self) -> Store {
        let store = self.connect().await;
        store.migrate().await.expect("the tables are made");
        store
    }

    /// Runs a statement past the store: for states that the store does not make.
    pub(crate) async fn execute(&self, sql: &str) {
        self.try_execute(sql).await.expect("the database obeys");
    }

    /// Runs a statement past the store that the database may refuse.
    pub(crate) async fn try_execute(&self, sql: &str) -> Result<(), sqlx::Error> {
        match &self.place {
            Place::Postgres { .. } => execute(&self.url, sql.to_owned()).await,
            Place::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url).await?;
                sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
                connection.close().await
            }
        }
    }

    /// Runs a statement as another process would, and leaves its transaction open.
    pub(crate) async fn hold(&self, sql: &str) -> Held {
        let sql = |begin| sqlx::AssertSqlSafe(format!("{begin}; {sql}"));
        match &self.place {
            Place::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(sql("BEGIN")).execute(&mut connection).await.unwrap();
                Held::Postgres(connection)
            }
            Place::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::raw_sql(sql("BEGIN IMMEDIATE")).execute(&mut connection).await.unwrap();
                Held::Sqlite(connection)
            }
        }
    }

    /// The tables that have this column, in the order of their names.
    pub(crate) async fn tables_with(&self, column: &str) -> Vec<String> {
        match &self.place {
            Place::Postgres { .. } => {
                let sql = "SELECT table_name::text FROM information_schema.columns
                    WHERE table_schema = current_schema() AND column_name = $1 ORDER BY 1";
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).bind(column).fetch_all(&mut connection).await.unwrap()
            }
            Place::Sqlite { .. } => {
                let sql = "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
                    WHERE m.type = 'table' AND c.name = $1 ORDER BY 1";
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).bind(column).fetch_all(&mut connection).await.unwrap()
            }
        }
    }

    /// An id, in the words of this database.
    pub(crate) fn literal(&self, id: Uuid) -> String {
        match &self.place {
            Place::Postgres { .. } => format!("CAST('{id}' AS UUID)"),
            Place::Sqlite { .. } => format!("x'{}'", id.simple()),
        }
    }

    /// A time, in the words of this database.
    pub(crate) fn time(&self, time: DateTime<Utc>) -> String {
        match &self.place {
            Place::Postgres { .. } => format!("CAST('{}' AS TIMESTAMPTZ)", time.to_rfc3339()),
            Place::Sqlite { .. } => time.timestamp_micros().to_string(),
        }
    }

    /// Every table with its columns, without what keeps the migrations.
    pub(crate) async fn tables(&self) -> BTreeMap<String, Vec<String>> {
        let rows: Vec<(String, String)> = match &self.place {
            Place::Postgres { .. } => {
                let sql = "SELECT table_name::text, column_name::text FROM information_schema.columns
                    WHERE table_schema = current_schema() ORDER BY table_name, ordinal_position";
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
            Place::Sqlite { .. } => {
                let sql = "SELECT m.name, c.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
                    WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid";
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_as(sql).fetch_all(&mut connection).await.unwrap()
            }
        };
        let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (table, column) in rows.into_iter().filter(|(table, _)| table != "_sqlx_migrations") {
            tables.entry(table).or_default().push(column);
        }
        tables
    }

    /// Every value of a column past the store, as bytes: those of an id or of a text.
    pub(crate) async fn column(&self, table: &str, column: &str) -> Vec<Vec<u8>> {
        let values: Vec<Option<Vec<u8>>> = match &self.place {
            Place::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                let kind = "SELECT data_type::text FROM information_schema.columns
                    WHERE table_schema = current_schema() AND table_name = $1 AND column_name = $2";
                let kind: String = sqlx::query_scalar(kind)
                    .bind(table)
                    .bind(column)
                    .fetch_one(&mut connection)
                    .await
                    .unwrap();
                let value = match kind.as_str() {
                    "bytea" => column.to_owned(),
                    "uuid" => format!("uuid_send({column})"),
                    _ => format!("convert_to({column}::text, 'UTF8')"),
                };
                let sql = sqlx::AssertSqlSafe(format!("SELECT {value} FROM {table}"));
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
            Place::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                let sql = sqlx::AssertSqlSafe(format!("SELECT CAST({column} AS BLOB) FROM {table}"));
                sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap()
            }
        };
        values.into_iter().flatten().collect()
    }

    /// Counts the rows of a table past the store.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("SELECT COUNT(*) FROM {table}"));
        match &self.place {
            Place::Postgres { .. } => {
                let mut connection = PgConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
            Place::Sqlite { .. } => {
                let mut connection = SqliteConnection::connect(&self.url).await.unwrap();
                sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap()
            }
        }
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Postgres { server, schema } = &self.place else { return };
        let (server, sql) = (server.clone(), format!("DROP SCHEMA IF EXISTS {schema} CASCADE"));
        // A failed test drops too, from within a runtime: another thread has its own.
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            if let Err(error) = runtime.block_on(execute(&server, sql)) {
                eprintln!("the schema of a test is left: {error}");
            }
        });
        let _ = thread.join();
    }
}

/// `DATABASE_URL`. Without it: `None` and a line that says so, or a failure if
/// `ACCOLADE_TESTS_COMPLETE` asks for every test.
pub(crate) fn database_url() -> Option<String> {
    let url = std::env::var("DATABASE_URL").ok();
    if url.is_none() {
        assert!(
            std::env::var_os("ACCOLADE_TESTS_COMPLETE").is_none(),
            "every test is to run, and DATABASE_URL is not set"
        );
        println!("skipped: PostgreSQL (DATABASE_URL is not set)");
    }
    url
}

async fn execute(url: &str, sql: String) -> Result<(), sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    // A test that failed may have left a transaction open.
    sqlx::raw_sql("SET lock_timeout = '10s'").execute(&mut connection).await?;
    sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await?;
    connection.close().await
}
