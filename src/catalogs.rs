//! The badges and rules in use: those that were published last, the same in every process.
//!
//! [`Catalogs`] is the handle that workers and pages hold; [`Published`] reads what is stored. Whoever judges a batch takes the catalogue once, so that a new
//! publication changes nothing in the middle of it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio_util::sync::CancellationToken;

use crate::config::{BadgeFile, BadgeFiles, Catalog, ConfigError, Nameable};
use crate::store::{Publication, RuleVersion, Store, StoreError};

/// How often a running process looks for a new publication.
pub const LOOK: Duration = Duration::from_secs(1);
/// A version that cannot be read is told of every so many looks.
const REMIND: u32 = 60;

/// The badges in use. Cheap to clone; all clones show the same.
#[derive(Debug, Clone)]
pub struct Catalogs(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    shown: RwLock<Arc<Catalog>>,
    /// Where newer ones come from; tests have none.
    published: Option<Published>,
}

/// Who publishes a first version when a service starts.
const FIRST_BY: &str = "accolade serve";

/// Why a published version cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum VersionError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// It does not read well with this configuration, or with this program.
    #[error(
        "the published badges cannot be read with this configuration:\n{0}\n\
         mend the configuration, or publish a folder that fits it: `accolade publish DIR`"
    )]
    Unreadable(ConfigError),
    /// What is stored is not what was published.
    #[error(
        "the badges stored as version {0} are not what was published: its content has another hash. \
         Publish your folder again: `accolade publish DIR`"
    )]
    Altered(String),
    /// Its badges are gone.
    #[error("version {0} is in use, but not stored")]
    Gone(String),
}

impl Catalogs {
    /// Shows this catalogue for ever.
    pub fn new(catalog: impl Into<Arc<Catalog>>) -> Self {
        Self(Arc::new(Inner { shown: RwLock::new(catalog.into()), published: None }))
    }

    /// Shows this catalogue until another one is published.
    pub fn following(published: Published, catalog: Catalog) -> Self {
        Self(Arc::new(Inner { shown: RwLock::new(Arc::new(catalog)), published: Some(published) }))
    }

    /// The badges that are in use now: take it once for what belongs together.
    pub fn current(&self) -> Arc<Catalog> {
        Arc::clone(&self.0.shown.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// The badges of this publication or a later one; those of an earlier one if this process
    /// cannot use them.
    pub async fn at_least(&self, publication: i64) -> Result<Arc<Catalog>, StoreError> {
        if self.current().publication < publication {
            match self.refresh().await {
                Ok(()) => {}
                Err(VersionError::Store(error)) => return Err(error),
                Err(error) => tracing::error!(%error, publication, "{UNUSABLE}"),
            }
        }
        Ok(self.current())
    }

    /// Looks for new publications until `stop`.
    pub async fn follow(self, every: Duration, stop: CancellationToken) {
        let mut failed = 0;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(every) => {}
            }
            match self.refresh().await {
                Ok(()) => failed = 0,
                // Without the database nothing is judged either: others say that it is away.
                Err(VersionError::Store(_)) => {}
                Err(error) => {
                    if failed % REMIND == 0 {
                        tracing::error!(%error, "{UNUSABLE}");
                    }
                    failed += 1;
                }
            }
        }
    }

    async fn refresh(&self) -> Result<(), VersionError> {
        let Some(published) = &self.0.published else { return Ok(()) };
        let publication = published.store.publication().await?;
        let number = self.current().publication;
        let Some(new) = publication.filter(|publication| publication.number != number) else {
            return Ok(());
        };
        let catalog = published.of(&new).await?;
        let mut shown = self.0.shown.write().unwrap_or_else(PoisonError::into_inner);
        // Another task may have been quicker, and seen a later one.
        if shown.publication < catalog.publication {
            tracing::info!(version = short(&catalog.version), number = new.number, by = %new.by, "new badges are in use");
            *shown = Arc::new(catalog);
        }
        Ok(())
    }
}

/// What is wrong when a publication cannot be used.
const UNUSABLE: &str = "new badges were published that this process cannot use; it goes on with those before";

/// A version as people see it: the start of its hash.
pub fn short(version: &str) -> &str {
    version.get(..12).unwrap_or(version)
}

/// Reads published versions.
#[derive(Debug, Clone)]
pub struct Published {
    store: Store,
    known: Arc<Nameable>,
}

impl Published {
    /// `known` is [`crate::config::Settings::known`].
    pub fn new(store: &Store, known: Nameable) -> Self {
        Self { store: store.clone(), known: Arc::new(known) }
    }

    /// The version in use, with the badges that earlier ones had; `None` before the first
    /// publication.
    pub async fn current(&self) -> Result<Option<(Publication, Catalog)>, VersionError> {
        let Some(publication) = self.store.publication().await? else { return Ok(None) };
        let catalog = self.of(&publication).await?;
        Ok(Some((publication, catalog)))
    }

    /// The badges in use; before the first publication those of the configured folder, which a
    /// first start would publish.
    pub async fn in_use(&self, folder: &Path) -> anyhow::Result<Catalog> {
        match self.current().await? {
            Some((_, catalog)) => Ok(catalog),
            None => Ok(Catalog::load(folder, &self.known)?),
        }
    }

    /// What a service uses: the version in use, or else the configured folder, which is
    /// published with that. Says where the folder is another one.
    pub async fn start(&self, folder: &Path, now: DateTime<Utc>) -> anyhow::Result<Catalog> {
        let loaded = Catalog::load(folder, &self.known);
        let catalog = if let Some((_, current)) = self.current().await? {
            current
        } else {
            let by = (FIRST_BY, "the folder of the configuration, at the first start");
            match self.publish(loaded.clone()?, 0, by, now).await? {
                Some((_, catalog)) => {
                    tracing::info!(version = short(&catalog.version), folder = %folder.display(), "badges published");
                    catalog
                }
                // Another process was quicker.
                None => self.current().await?.ok_or(StoreError::Conflict)?.1,
            }
        };
        if let Some(said) = differs(loaded.as_ref(), &catalog, folder) {
            tracing::warn!("{said}");
        }
        Ok(catalog)
    }

    /// Brings a catalogue into use, if the publication that is in use still has the number
    /// `after` (0: there is none); else `None`.
    pub async fn publish(
        &self,
        catalog: Catalog,
        after: i64,
        (by, note): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<Option<(Publication, Catalog)>, VersionError> {
        let version = RuleVersion {
            version: catalog.version.clone(),
            sources: self.known.sources.clone(),
            files: catalog.files.files.clone(),
        };
        let publication = Publication {
            number: after + 1,
            version: catalog.version.clone(),
            published_at: now,
            by: by.to_owned(),
            note: note.to_owned(),
        };
        if !self.store.publish(&version, &publication).await? {
            return Ok(None);
        }
        let catalog = self.with_retired(Catalog { publication: publication.number, ..catalog }).await?;
        Ok(Some((publication, catalog)))
    }

    /// A version of any time, read as it was read then, also where an issuer that it names is gone;
    /// `None` if it was never published.
    pub async fn version(&self, version: &str) -> Result<Option<Catalog>, VersionError> {
        let Some(stored) = self.store.rule_version(version).await? else { return Ok(None) };
        let known =
            Nameable { sources: stored.sources.clone(), any_issuer: true, ..Nameable::clone(&self.known) };
        read(&stored, &known).map(Some)
    }

    async fn of(&self, publication: &Publication) -> Result<Catalog, VersionError> {
        let version = &publication.version;
        let stored = self.store.rule_version(version).await?;
        let stored = stored.ok_or_else(|| VersionError::Gone(short(version).to_owned()))?;
        let catalog = read(&stored, &self.known)?;
        self.with_retired(Catalog { publication: publication.number, ..catalog }).await
    }

    /// Adds the badges that earlier versions had, each as the last of them had it.
    async fn with_retired(&self, mut catalog: Catalog) -> Result<Catalog, VersionError> {
        let mut retired: Vec<BadgeFile> = Vec::new();
        for (version, names) in self.store.earlier_badge_files(&catalog.version).await? {
            let names: BTreeSet<PathBuf> = names.into_iter().map(PathBuf::from).collect();
            match self.version(&version).await {
                Ok(earlier) => {
                    let badges = earlier.into_iter().flat_map(|earlier| earlier.badges);
                    retired.extend(badges.filter(|badge| {
                        badge.path.file_name().is_some_and(|name| names.contains(Path::new(name)))
                    }));
                }
                Err(VersionError::Store(error)) => return Err(error.into()),
                // An old page without its image is no reason not to start.
                Err(error) => {
                    tracing::warn!(%error, version = short(&version), "badges of an earlier version cannot be read");
                }
            }
        }
        retired.sort_by(|one, other| one.achievement.id.cmp(&other.achievement.id));
        catalog.retired = retired;
        Ok(catalog)
    }
}

fn read(stored: &RuleVersion, known: &Nameable) -> Result<Catalog, VersionError> {
    let place = PathBuf::from(format!("version {}", short(&stored.version)));
    let files = BadgeFiles { place, files: stored.files.clone() };
    let catalog = Catalog::of(&files, known).map_err(VersionError::Unreadable)?;
    if catalog.version != stored.version {
        return Err(VersionError::Altered(short(&stored.version).to_owned()));
    }
    Ok(catalog)
}

/// What to tell where the configured folder is not what is in use, with the mend.
pub fn differs(
    folder_has: Result<&Catalog, &ConfigError>,
    in_use: &Catalog,
    folder: &Path,
) -> Option<String> {
    let place = folder.display();
    let loaded = match folder_has {
        Ok(loaded) if loaded.version == in_use.version => return None,
        Ok(loaded) => loaded,
        // A process of many needs no folder.
        Err(_) if !folder.exists() => return None,
        Err(error) => {
            return Some(format!(
                "{place} does not read well; in use are the published badges (version {}):\n{error}",
                short(&in_use.version)
            ));
        }
    };
    let changes = loaded.changes_since(in_use);
    let changes: Vec<String> = changes.iter().map(|(badge, change)| format!("{badge} {change}")).collect();
    Some(format!(
        "{place} is not what is published, and not in use (in use is version {}): {}. \
         To use it: accolade publish {place}",
        short(&in_use.version),
        if changes.is_empty() { "only how files are named".to_owned() } else { changes.join("; ") },
    ))
}
