//! Handing out what is held about a person.

use serde_json::{Map, Value as Json};
use uuid::Uuid;

use super::super::value::values;
use super::super::{Store, StoreError};
use super::concern::Concern;
use super::record::{Cell, Record};
use super::register::{Class, HELD};

/// Everything that is held about a person, table by table.
#[derive(Debug)]
pub struct Held {
    /// Only tables with rows about them, parents before their children.
    pub tables: Vec<HeldTable>,
    /// Places as `table.column` with texts that may name others, too.
    pub mixed: Vec<String>,
    /// Places as `table.column` that are left out, for what they hold is as good as a key.
    pub secrets: Vec<String>,
    /// Deliveries whose bodies are left out, for they are about others, too.
    pub shared: Vec<Uuid>,
}

/// The rows of a table that are about a person.
#[derive(Debug)]
pub struct HeldTable {
    /// The table.
    pub name: &'static str,
    /// What its rows are, for people.
    pub what: &'static str,
    /// Its rows, each by the names of its columns; without secrets.
    pub rows: Vec<Map<String, Json>>,
}

impl Store {
    /// Everything that is held about a person, except secrets and what is about others, too; `None` for
    /// one who is nobody (any more).
    pub async fn held(&self, person: Uuid) -> Result<Option<Held>, StoreError> {
        let mut session = self.pool.read().await?;
        let Some(concern) = Concern::of(&mut session, person).await? else { return Ok(None) };
        let mut held =
            Held { tables: Vec::new(), mixed: Vec::new(), secrets: Vec::new(), shared: Vec::new() };
        for table in HELD {
            let Some(theirs) = &table.theirs else { continue };
            let records: Vec<Record> = session.all(theirs.select, values![concern.ids(theirs.by)]).await?;
            let mut rows = Vec::with_capacity(records.len());
            for record in records {
                let mut row = Map::new();
                let mut id = None;
                for (column, cell) in table.columns.iter().zip(record.0) {
                    let place = format!("{}.{}", table.name, column.name);
                    let value = match column.class {
                        Class::Secret => {
                            note(&mut held.secrets, place);
                            continue;
                        }
                        Class::Nothing => continue,
                        Class::Body if id.is_some_and(|id| concern.shared.contains(&id)) => {
                            if !matches!(cell, Cell::Null) {
                                held.shared.extend(id);
                            }
                            continue;
                        }
                        Class::Json | Class::Body => cell.document(),
                        Class::Given | Class::Mixed => cell.json(column.kind),
                    };
                    if column.name == "id" {
                        id = value.as_str().and_then(|text| text.parse::<Uuid>().ok());
                    }
                    let says = value.as_str().is_some_and(|text| !text.is_empty());
                    if column.class == Class::Mixed && says {
                        note(&mut held.mixed, place);
                    }
                    row.insert(column.name.to_owned(), value);
                }
                rows.push(row);
            }
            if !rows.is_empty() {
                held.tables.push(HeldTable { name: table.name, what: table.what.trim(), rows });
            }
        }
        Ok(Some(held))
    }
}

fn note(places: &mut Vec<String>, place: String) {
    if !places.contains(&place) {
        places.push(place);
    }
}
