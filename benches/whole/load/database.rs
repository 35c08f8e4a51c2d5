//! An empty database for one measurement.

use std::path::Path;

use anyhow::Context as _;
use sqlx::{AssertSqlSafe, Connection as _, PgConnection, SqliteConnection};
use url::Url;
use uuid::Uuid;

/// The two databases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Postgres,
    Sqlite,
}

/// The database.
#[derive(Debug)]
pub(crate) struct Database {
    /// As in the configuration.
    pub(crate) url: String,
    /// The server and the schema in it.
    schema: Option<(String, String)>,
}

impl Database {
    /// A file in a folder.
    pub(crate) fn sqlite(folder: &Path) -> Self {
        Self { url: format!("sqlite://{}", folder.join("accolade.db").display()), schema: None }
    }

    /// A schema of its own.
    pub(crate) async fn postgres(server: &str) -> anyhow::Result<Self> {
        let schema = format!("bench_{}", Uuid::new_v4().simple());
        postgres(server, &format!("CREATE SCHEMA {schema}")).await?;
        let mut url = Url::parse(server).context("the URL of PostgreSQL")?;
        url.query_pairs_mut().append_pair("options", &format!("-c search_path={schema}"));
        Ok(Self { url: url.into(), schema: Some((server.to_owned(), schema)) })
    }

    /// Which of the two.
    pub(crate) fn kind(&self) -> Kind {
        if self.schema.is_some() { Kind::Postgres } else { Kind::Sqlite }
    }

    /// The number that a query answers.
    pub(crate) async fn number(&self, sql: &str) -> anyhow::Result<u64> {
        let number: i64 = if self.schema.is_some() {
            let mut connection = PgConnection::connect(&self.url).await?;
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await?
        } else {
            let mut connection = SqliteConnection::connect(&self.url).await?;
            sqlx::query_scalar(AssertSqlSafe(sql.to_owned())).fetch_one(&mut connection).await?
        };
        Ok(u64::try_from(number)?)
    }

    /// Drops it.
    pub(crate) async fn end(self) -> anyhow::Result<()> {
        match self.schema {
            Some((server, schema)) => postgres(&server, &format!("DROP SCHEMA {schema} CASCADE")).await,
            None => Ok(()),
        }
    }
}

async fn postgres(url: &str, sql: &str) -> anyhow::Result<()> {
    let mut connection = PgConnection::connect(url).await.context("PostgreSQL")?;
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(&mut connection).await?;
    Ok(connection.close().await?)
}
