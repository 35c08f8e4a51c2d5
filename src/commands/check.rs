//! `accolade check`

use std::process::ExitCode;
use std::sync::Arc;

use accolade_connectors::{ApiError, Gradebooks, Http, Part, Wanted};

use crate::catalogs::{Published, differs};
use crate::clock::Clock;
use crate::config::{self, Catalog, Settings, SourceSettings};
use crate::lms::{Client, Limits};
use crate::mail::Composer;
use crate::secrets;
use crate::signing::{self, Keyrings};
use crate::store::{OpenError, Store};
use crate::telemetry::Metrics;
use crate::worker::asked;

pub(super) async fn run(settings: anyhow::Result<Settings>, online: bool) -> anyhow::Result<ExitCode> {
    secrets::install_tls();
    let settings = settings?;
    // Both are tried, so that one run names everything.
    let sources = config::sources(&settings);
    let catalog = Catalog::load(&settings.badges, &settings.known());
    let mut wrong = false;
    if let Err(error) = &sources {
        eprintln!("{error}");
        wrong = true;
    }
    match &catalog {
        Err(error) => {
            eprintln!("{error}");
            wrong = true;
        }
        Ok(catalog) => {
            for badge in &catalog.badges {
                let by = if settings.issuers.is_empty() {
                    String::new()
                } else {
                    format!(" (by {})", badge.issuer)
                };
                println!("badge   {:<24} {}{by}", badge.achievement.id, badge.achievement.name);
            }
        }
    }
    if wrong {
        return Ok(ExitCode::FAILURE);
    }
    for (_, issuer) in settings.every_issuer().filter(|_| !settings.issuers.is_empty()) {
        println!("issuer  {:<24} {}", issuer.slug, issuer.name);
    }
    for (name, source) in &settings.sources {
        println!("source  {name:<24} {:<10}  {}", source.kind, webhook(&settings, name, source));
    }
    if settings.sources.is_empty() {
        println!(
            "no source yet: add a table [sources.NAME] for each LMS; connectors/KIND/README.md says how"
        );
    }
    let lacking_files = secret_files(&settings).await;
    for line in &lacking_files {
        eprintln!("{line}");
    }
    if let Ok(catalog) = &catalog
        && let Some(said) = unpublished(catalog, &settings).await
    {
        println!("{said}");
    }
    if online && let (Ok(sources), Ok(catalog)) = (sources, catalog) {
        let http = Client::http()?;
        let (mut courses, mut lacking) = (0, 0);
        for (name, connector) in sources {
            let limits = Limits::of(&settings.worker);
            let client = Client::new(&name, http.clone(), limits, Clock::system(), Arc::new(Metrics::new()));
            let Some(gradebooks) = connector.gradebooks() else {
                println!("source {name}: it has no gradebooks, so nothing can be asked there");
                continue;
            };
            for (course, parts) in asked(&catalog, &name).courses() {
                courses += 1;
                let found = missing(gradebooks, course, parts, &client).await;
                for line in found.unwrap_or_else(|error| vec![error.to_string()]) {
                    eprintln!("source {name}, course “{course}”: {line}");
                    lacking += 1;
                }
            }
        }
        if lacking > 0 {
            return Ok(ExitCode::FAILURE);
        }
        if courses > 0 {
            println!("the LMSs have every course and assessment that the badges name");
        }
    }
    if !lacking_files.is_empty() {
        return Ok(ExitCode::FAILURE);
    }
    println!("everything reads well; `accolade doctor` tries the connections");
    Ok(ExitCode::SUCCESS)
}

/// Whether the badges of the folder are those in use, if it can be known.
async fn unpublished(catalog: &Catalog, settings: &Settings) -> Option<String> {
    let store = match Store::open(settings.database.url.expose(), 1).await {
        Ok(store) => store,
        // Before the first start.
        Err(OpenError::NotReady(_)) => return None,
        Err(error) => {
            let why = super::unopened(settings, error);
            return Some(format!("whether these badges are in use is not known: {why}"));
        }
    };
    match Published::new(&store, settings.known()).current().await {
        Ok(Some((_, in_use))) => differs(Ok(catalog), &in_use, &settings.badges),
        Ok(None) => None,
        Err(error) => Some(error.to_string()),
    }
}

/// What the badges name of a course and the LMS does not have, in sentences.
async fn missing(
    gradebooks: &dyn Gradebooks,
    course: &str,
    wanted: &[Wanted],
    http: &dyn Http,
) -> Result<Vec<String>, ApiError> {
    let Some(found) = gradebooks.course(course, http).await? else {
        let mend =
            "compare it with the LMS, and see that the account may read the course, also if it is hidden";
        return Ok(vec![format!("the LMS has no such course; {mend}")]);
    };
    let parts: Vec<Part> = wanted.iter().map(|wanted| wanted.part.clone()).collect();
    let absent = gradebooks.absent(&found, &parts, http).await?;
    let title = found.name.unwrap_or(found.id);
    Ok(absent.iter().map(|part| format!("“{title}” does not have {part}")).collect())
}

/// The address at which a source's webhooks arrive. A secret at its end is not shown.
fn webhook(settings: &Settings, name: &str, source: &SourceSettings) -> String {
    let address =
        settings.public_url.join(&format!("hooks/{name}")).map_or_else(|_| String::new(), String::from);
    if source.table.contains_key("path_secret") { format!("{address}/{{path_secret}}") } else { address }
}

/// What is wrong with the keys and secrets in files: missing, open to others, or none. Nothing of what
/// signs is asked, and a key that the table of keys does not need any more may be gone.
async fn secret_files(settings: &Settings) -> Vec<String> {
    let mut wrong = Vec::new();
    for (table, issuer) in settings.every_issuer() {
        let keyrings = Keyrings::of(&table, issuer);
        wrong.extend(signing::may_start(settings, issuer, &keyrings).await.err());
        wrong.extend(keyrings.jwt.given().err());
    }
    wrong.extend(secrets::claim_secret(&settings.claim.secret_file).err());
    let mut wrong: Vec<String> = wrong.iter().map(|error| format!("{error:#}")).collect();
    // Reads the key of DKIM.
    wrong.extend(Composer::new(&settings.mail).err().map(|error| error.to_string()));
    wrong
}
