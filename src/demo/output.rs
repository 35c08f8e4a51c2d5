//! What `accolade demo --exit --output DIR` writes: credentials, mails, the documents that the
//! credentials name, and a report.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use crate::signing::Signing;
use crate::store::{DeliveryTrail, Store};

/// What the report tells.
pub(super) struct Report<'a> {
    pub started: DateTime<Utc>,
    pub finished: DateTime<Utc>,
    pub trails: &'a [DeliveryTrail],
}

/// Writes everything into `folder`.
pub(super) async fn write(
    folder: &Path,
    report: &Report<'_>,
    store: &Store,
    signing: &Signing,
    outbox: &Path,
) -> anyhow::Result<()> {
    let site = signing.issuer().public_url();
    for name in ["credentials", "mail", "documents"] {
        let folder = folder.join(name);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| folder.display().to_string())?;
        }
        fs::create_dir_all(&folder).with_context(|| folder.display().to_string())?;
    }
    let mut index: BTreeMap<String, String> = BTreeMap::new();
    let mut named = BTreeSet::new();
    let mut awards = Vec::new();
    let events =
        report.trails.iter().flat_map(|trail| trail.signals.iter().map(move |signal| (trail, signal)));
    for (trail, event) in
        events.flat_map(|(trail, signal)| signal.events.iter().map(move |event| (trail, event)))
    {
        for (id, badge, mail) in &event.credentials {
            let file = format!("credentials/{id}.json");
            let Some(credential) = store.credential(*id).await? else { continue };
            if index.insert(format!("{site}/credentials/{id}"), file.clone()).is_some() {
                continue;
            }
            fs::write(folder.join(&file), &credential.document)?;
            if let Some(jwt) = signing.jwt(&credential.document)? {
                fs::write(folder.join(format!("credentials/{id}.jwt")), jwt)?;
            }
            collect(&serde_json::from_str(&credential.document)?, &mut named);
            awards.push(json!({
                "credential": id, "badge": badge, "file": file, "name": credential.name, "email": credential.email,
                "awarded_at": credential.awarded_at, "delivery": trail.id, "decision": event.reason, "mail": mail,
            }));
        }
    }
    documents(folder, site, &named, &mut index).await?;
    for entry in fs::read_dir(outbox).with_context(|| outbox.display().to_string())? {
        let entry = entry?;
        fs::copy(entry.path(), folder.join("mail").join(entry.file_name()))?;
    }
    fs::write(folder.join("index.json"), serde_json::to_string_pretty(&index)?)?;
    let report = json!({
        "started": report.started, "finished": report.finished,
        "seconds": (report.finished - report.started).as_seconds_f64(),
        "deliveries": report.trails.iter().map(delivery).collect::<Vec<_>>(),
        "awards": awards,
    });
    fs::write(folder.join("report.json"), serde_json::to_string_pretty(&report)?)?;
    Ok(())
}

/// Every string in a document that is a DID, or an address.
fn collect(document: &Value, named: &mut BTreeSet<String>) {
    match document {
        Value::String(text) if text.starts_with("did:") || text.starts_with("http") => {
            named.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, named)),
        Value::Object(members) => members.values().for_each(|member| collect(member, named)),
        _ => {}
    }
}

/// Fetches what is named and served here. What others publish, such as contexts, stays with them.
async fn documents(
    folder: &Path,
    site: &str,
    named: &BTreeSet<String>,
    index: &mut BTreeMap<String, String>,
) -> anyhow::Result<()> {
    let http = reqwest::Client::new();
    let mut files: BTreeMap<String, String> = BTreeMap::new();
    for id in named {
        let address = if id.starts_with("did:web:") {
            format!("{site}/.well-known/did.json")
        } else if id.starts_with(&format!("{site}/")) {
            id.split('#').next().unwrap_or_default().to_owned()
        } else {
            continue;
        };
        if index.contains_key(id) {
            continue;
        }
        if !files.contains_key(&address) {
            let file = document(&http, folder, site, &address).await.with_context(|| id.clone())?;
            files.insert(address.clone(), file);
        }
        index.extend(files.get(&address).map(|file| (id.clone(), file.clone())));
    }
    Ok(())
}

/// Fetches one document into `folder`; the answer is its file.
async fn document(
    http: &reqwest::Client,
    folder: &Path,
    site: &str,
    address: &str,
) -> anyhow::Result<String> {
    let answer = http.get(address).header("accept", "application/vc, application/json").send().await?;
    let answer = answer.error_for_status()?;
    let kind = answer.headers().get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let ending = ["json", "png", "svg"].into_iter().find(|ending| kind.contains(ending)).unwrap_or("html");
    let path = address.trim_start_matches(site).trim_matches('/');
    let plain: String =
        path.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }).collect();
    let file = format!("documents/{plain}.{ending}");
    fs::write(folder.join(&file), answer.bytes().await?)?;
    Ok(file)
}

fn delivery(trail: &DeliveryTrail) -> Value {
    let signals: Vec<Value> = trail
        .signals
        .iter()
        .map(|signal| {
            let events: Vec<Value> = signal
                .events
                .iter()
                .map(|event| {
                    let credentials: Vec<_> = event.credentials.iter().map(|(id, ..)| id).collect();
                    json!({"id": event.id, "state": event.state, "reason": event.reason, "credentials": credentials})
                })
                .collect();
            json!({"id": signal.id, "event": signal.event, "state": signal.state, "reason": signal.reason, "events": events})
        })
        .collect();
    json!({
        "id": trail.id, "source": trail.source, "received_at": trail.received_at, "state": trail.state.as_str(),
        "reason": trail.reason, "signals": signals,
    })
}
