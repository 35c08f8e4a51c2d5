//! Versions of badges and rules: what was published once never changes, and the publication with
//! the highest number is in use. To publish an earlier version again is to go back to it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::statement::statements;
use super::value::{Time, from_json, to_json, values};
use super::{Store, StoreError};

statements! {
    INSERT_VERSION = "INSERT INTO rule_versions (version, sources, stored_at) VALUES ($1, $2, $3)
        ON CONFLICT (version) DO NOTHING";

    /// Of a version that is there already the same bytes.
    INSERT_FILES [version Text, name Text, content Bytes] =
        "INSERT INTO rule_files (version, name, content)
        SELECT r.version, r.name, r.content FROM {rows} WHERE true
        ON CONFLICT (version, name) DO UPDATE SET content = excluded.content";

    /// Nothing if another publication has this number.
    INSERT_PUBLICATION = "INSERT INTO publications
            (number, version, published_at, published_by, note)
        VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number) DO NOTHING";

    PUBLICATIONS = "SELECT number, version, published_at, published_by, note FROM publications
        ORDER BY number DESC LIMIT $1";

    VERSIONS = "SELECT version FROM rule_versions WHERE version LIKE $1 ORDER BY version LIMIT 2";

    SOURCES = "SELECT sources FROM rule_versions WHERE version = $1";

    FILES = "SELECT name, content FROM rule_files WHERE version = $1 ORDER BY name";

    /// Of files that this version does not have, the version that had them last.
    EARLIER_FILES = "SELECT rule_files.name, publications.version
        FROM rule_files JOIN publications ON publications.version = rule_files.version
        WHERE rule_files.name LIKE '%.toml'
            AND publications.number = (SELECT MAX(p.number) FROM publications AS p
                JOIN rule_files AS f ON f.version = p.version WHERE f.name = rule_files.name)
            AND NOT EXISTS (SELECT 1 FROM rule_files AS mine
                WHERE mine.version = $1 AND mine.name = rule_files.name)
        ORDER BY publications.version, rule_files.name";
}

/// A version as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleVersion {
    /// Its content hash: what awards name.
    pub version: String,
    /// The sources that the configuration had when it was published first.
    pub sources: Vec<String>,
    /// Badge files and images, by name.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// That a version was brought into use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Counts publications, from 1.
    pub number: i64,
    /// The version.
    pub version: String,
    /// When.
    pub published_at: DateTime<Utc>,
    /// Who did it.
    pub by: String,
    /// Why, for people; may be empty.
    pub note: String,
}

#[derive(sqlx::FromRow)]
struct PublicationRow {
    number: i64,
    version: String,
    published_at: Time,
    published_by: String,
    note: String,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version: String,
}

#[derive(sqlx::FromRow)]
struct SourcesRow {
    sources: String,
}

#[derive(sqlx::FromRow)]
struct FileRow {
    name: String,
    content: Vec<u8>,
}

#[derive(sqlx::FromRow)]
struct EarlierRow {
    name: String,
    version: String,
}

impl From<PublicationRow> for Publication {
    fn from(row: PublicationRow) -> Self {
        let PublicationRow { number, version, published_at, published_by: by, note } = row;
        Self { number, version, published_at: published_at.0, by, note }
    }
}

impl Store {
    /// Stores a version, if it is not there yet, and brings it into use as this publication.
    /// `false`, and nothing stored, if another one took its number meanwhile.
    pub async fn publish(
        &self,
        version: &RuleVersion,
        publication: &Publication,
    ) -> Result<bool, StoreError> {
        let Publication { number, published_at, by, note, .. } = publication;
        let hash = &version.version;
        let mut session = self.pool.write().await?;
        let sources = to_json("sources", &version.sources)?;
        session.run(&INSERT_VERSION, values![hash, sources, *published_at]).await?;
        let rows = version.files.iter().map(|(name, content)| values![hash, name, content.as_slice()]);
        session.run_rows(&INSERT_FILES, rows.collect()).await?;
        let values = values![*number, hash, *published_at, by, note];
        if session.run(&INSERT_PUBLICATION, values).await? == 0 {
            return Ok(false);
        }
        session.commit().await?;
        Ok(true)
    }

    /// The publications, newest first, at most so many; the first is in use.
    pub async fn publications(&self, limit: u32) -> Result<Vec<Publication>, StoreError> {
        let rows: Vec<PublicationRow> = self.pool.read().await?.all(&PUBLICATIONS, values![limit]).await?;
        Ok(rows.into_iter().map(Publication::from).collect())
    }

    /// The publication that is in use; `None` before the first.
    pub async fn publication(&self) -> Result<Option<Publication>, StoreError> {
        Ok(self.publications(1).await?.pop())
    }

    /// The versions that begin so, at most two: more than one is none.
    pub async fn versions_like(&self, start: &str) -> Result<Vec<String>, StoreError> {
        if start.is_empty() || !start.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(Vec::new());
        }
        let rows: Vec<VersionRow> =
            self.pool.read().await?.all(&VERSIONS, values![format!("{start}%")]).await?;
        Ok(rows.into_iter().map(|row| row.version).collect())
    }

    /// A stored version.
    pub async fn rule_version(&self, version: &str) -> Result<Option<RuleVersion>, StoreError> {
        let mut session = self.pool.read().await?;
        let Some(row) = session.optional::<SourcesRow>(&SOURCES, values![version]).await? else {
            return Ok(None);
        };
        let files: Vec<FileRow> = session.all(&FILES, values![version]).await?;
        Ok(Some(RuleVersion {
            version: version.to_owned(),
            sources: from_json("rule_versions", "sources", &row.sources)?,
            files: files.into_iter().map(|row| (row.name, row.content)).collect(),
        }))
    }

    /// The badge files that this version does not have and an earlier publication had, each by the
    /// version that had it last.
    pub async fn earlier_badge_files(
        &self,
        version: &str,
    ) -> Result<BTreeMap<String, Vec<String>>, StoreError> {
        let rows: Vec<EarlierRow> = self.pool.read().await?.all(&EARLIER_FILES, values![version]).await?;
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for EarlierRow { name, version } in rows {
            let names = files.entry(version).or_default();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        Ok(files)
    }
}
