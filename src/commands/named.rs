//! What is named on the command line. Whatever is not there is said: a slip must not read like an
//! answer that there is nothing.

use anyhow::{Context as _, bail};
use uuid::Uuid;

use crate::catalogs::Published;
use crate::config::Settings;
use crate::store::{AwardFilter, Store, TrailFilter};

/// What an id looks like, for whoever typed something else.
const SHAPE: &str = "an id has 36 characters, as in 01a20a3c-aede-70c5-bb4a-b66604404784";

/// The id of a delivery.
pub(super) fn delivery(given: &str) -> Result<Uuid, String> {
    id(given, "`accolade deliveries` lists deliveries with theirs")
}

/// The id of parked work, or of its delivery.
pub(super) fn parked(given: &str) -> Result<Uuid, String> {
    id(given, "`accolade parked list` lists parked work with its ids")
}

/// The id of a hold.
pub(super) fn hold(given: &str) -> Result<Uuid, String> {
    id(given, "`accolade held` lists holds with theirs")
}

/// The id of a doubt.
pub(super) fn doubt(given: &str) -> Result<Uuid, String> {
    id(given, "`accolade people doubts` lists doubts with theirs")
}

/// A credential: its id, or the address of its page.
pub(super) fn credential(given: &str) -> Result<Uuid, String> {
    let last = given.trim().trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    id(last, "`accolade awards list` lists awards, each with the id of its credential")
}

fn id(given: &str, lists: &str) -> Result<Uuid, String> {
    given.trim().parse().map_err(|_| format!("{SHAPE}; {lists}"))
}

/// How many to show.
pub(super) fn count(given: &str) -> Result<u32, String> {
    match given.trim().parse() {
        Ok(0) => Err("that shows nothing: it has to be 1 or more".to_owned()),
        Ok(count) => Ok(count),
        Err(_) => Err("it has to be a number, 1 or more".to_owned()),
    }
}

/// A source by which deliveries are chosen: one of the configuration, or one that was in it and has
/// left deliveries.
///
/// # Errors
/// When there is no such source.
pub(super) async fn source(store: &Store, given: Option<&str>, settings: &Settings) -> anyhow::Result<()> {
    let Some(name) = given.filter(|name| !settings.sources.contains_key(*name)) else { return Ok(()) };
    let told = TrailFilter { source: Some(name.to_owned()), state: None, limit: 1 };
    if store.deliveries(&told).await?.is_empty() {
        bail!("--source: {}", no_source(name, settings));
    }
    Ok(())
}

/// What to say of a source that the configuration does not have.
pub(super) fn no_source(name: &str, settings: &Settings) -> String {
    let configured: Vec<&str> = settings.sources.keys().map(String::as_str).collect();
    match configured.as_slice() {
        [] => format!("there is no source “{name}”: the configuration has no sources yet"),
        [one] => format!("there is no source “{name}”; configured is {one}"),
        more => format!("there is no source “{name}”; configured are {}", more.join(", ")),
    }
}

/// A badge by which awards are chosen: one that was awarded, whatever became of its file, or one that
/// can be.
///
/// # Errors
/// Names the badges that there are.
pub(super) async fn badge(store: &Store, given: Option<&str>, settings: &Settings) -> anyhow::Result<()> {
    let Some(id) = given else { return Ok(()) };
    let awarded = AwardFilter { badges: vec![id.to_owned()], ..AwardFilter::default() };
    if !store.select_awards(&awarded, 1).await?.is_empty() {
        return Ok(());
    }
    let catalog = Published::new(store, settings.known()).in_use(&settings.badges).await?;
    if catalog.known(id).is_none() {
        catalog.asked(id).context("--badge")?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_named_by_its_id_or_its_page() {
        let id = Uuid::from_u128(7);
        assert_eq!(credential(&id.to_string()).unwrap(), id);
        assert_eq!(credential(&format!("https://badges.example.edu/credentials/{id}/")).unwrap(), id);
        assert!(credential("first-aid").is_err());
    }

    #[test]
    fn what_is_no_id_is_told_what_one_looks_like_and_where_they_are() {
        let said = [delivery, parked, hold, doubt, credential].map(|read| read("01a20a3c").unwrap_err());
        assert!(said.iter().all(|said| said.starts_with(SHAPE)), "{said:?}");
        let example = SHAPE.rsplit(' ').next().unwrap();
        assert!(delivery(example).is_ok());
        for (said, command) in
            said.iter().zip(["deliveries", "parked list", "held", "people doubts", "awards"])
        {
            assert!(said.contains(&format!("; `accolade {command}")), "{said}");
        }
    }

    #[test]
    fn nothing_is_not_a_number_to_show() {
        assert_eq!(count("1"), Ok(1));
        for wrong in ["0", "-1", "", "many", "4294967296"] {
            assert!(count(wrong).unwrap_err().contains("1 or more"), "{wrong}");
        }
    }
}
