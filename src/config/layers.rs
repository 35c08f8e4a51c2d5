//! Layers of configuration over each other, and strings that stand elsewhere
//! (`{ env = "NAME" }`, `{ file = "path" }`).

use std::collections::BTreeMap;
use std::path::Path;

use super::Problem;
use super::document::{At, Node, Table, Value, unreadable};

/// What the names of variables that set keys begin with.
const PREFIX: &str = "ACCOLADE_";

/// Puts `over` over `under`, key by key; a table is never replaced by something else.
pub(super) fn merge(under: &mut Table, over: Table, within: &str, problems: &mut Vec<Problem>) {
    for (key, node) in over {
        let path = format!("{within}{key}");
        match under.get_mut(&key) {
            Some(Node { value: Value::Table(below), at, .. }) if !is_reference(below) => {
                match node.value {
                    Value::Table(above) if !is_reference(&above) => {
                        *at = node.at;
                        merge(below, above, &format!("{path}."), problems);
                    }
                    other => problems.push(node.at.problem(format!(
                        "`{path}`: this is {}; expected is a table `[{path}]`",
                        other.kind()
                    ))),
                }
            }
            _ => {
                under.insert(key, node);
            }
        }
    }
}

/// Sets the keys that `ACCOLADE_…` variables name: `ACCOLADE_DATABASE__URL` is `database.url`.
pub(super) fn overlay(root: &mut Table, env: &BTreeMap<String, String>, problems: &mut Vec<Problem>) {
    for (name, text) in env {
        let Some(path) = name.strip_prefix(PREFIX) else { continue };
        // `ACCOLADE_CONFIG` names the file itself. Kubernetes sets the others for a service that is
        // called “accolade”; no key begins like them.
        if path == "CONFIG" || path.starts_with("SERVICE_") || path == "PORT" || path.starts_with("PORT_") {
            continue;
        }
        let at = At::new(name);
        let path: Vec<String> = path.split("__").map(str::to_lowercase).collect();
        if path.iter().any(String::is_empty) {
            problems.push(
                at.problem("not the name of a key; write it like ACCOLADE_DATABASE__URL for `database.url`"),
            );
            continue;
        }
        let node = Node { value: Value::Untyped(text.clone()), at, hidden: true };
        set(root, &path, node);
    }
}

fn set(table: &mut Table, path: &[String], node: Node) {
    let [first, rest @ ..] = path else { return };
    // Names of variables have no hyphens, names of sources may.
    let key = table.keys().find(|key| key.replace('-', "_") == *first).unwrap_or(first).clone();
    if rest.is_empty() {
        table.insert(key, node);
        return;
    }
    let at = node.at.clone();
    let below = table.entry(key).or_insert_with(|| Node::new(at.clone(), Value::Table(Table::new())));
    match &mut below.value {
        Value::Table(inner) if !is_reference(inner) => set(inner, rest, node),
        _ => {
            let mut inner = Table::new();
            set(&mut inner, rest, node);
            *below = Node::new(at, Value::Table(inner));
        }
    }
}

/// Whether the table only says where a string stands.
fn is_reference(table: &Table) -> bool {
    !table.is_empty()
        && table.iter().all(|(key, node)| (key == "env" || key == "file") && node.str().is_some())
}

/// Replaces references by the strings that they name. What cannot be found becomes a
/// placeholder; its path goes to `broken`.
pub(super) fn resolve(
    node: &mut Node,
    path: &str,
    sources: &References<'_>,
    problems: &mut Vec<Problem>,
    broken: &mut Vec<String>,
) {
    let dotted = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
    match &mut node.value {
        Value::Table(table) if is_reference(table) => {
            node.value = match sources.look_up(table) {
                Ok(text) => Value::String(text),
                Err(why) => {
                    problems.push(node.at.problem(format!("`{path}`: {why}")));
                    broken.push(path.to_owned());
                    Value::Placeholder
                }
            };
            node.hidden = true;
        }
        Value::Table(table) => {
            for (key, node) in table {
                resolve(node, &dotted(key), sources, problems, broken);
            }
        }
        Value::Array(nodes) => {
            for (index, node) in nodes.iter_mut().enumerate() {
                resolve(node, &dotted(&index.to_string()), sources, problems, broken);
            }
        }
        _ => {}
    }
}

/// Where references are looked up.
pub(super) struct References<'a> {
    /// Relative paths are relative to it.
    pub(super) folder: &'a Path,
    pub(super) env: &'a BTreeMap<String, String>,
}

impl References<'_> {
    fn look_up(&self, reference: &Table) -> Result<String, String> {
        let part = |key| reference.get(key).and_then(Node::str);
        match (part("env"), part("file")) {
            (Some(name), None) => match self.env.get(name).map(String::as_str) {
                None => Err(format!("the environment variable {name} is not set; set it, or name another")),
                Some("") => Err(format!("the environment variable {name} is empty; give it a value")),
                Some(text) => Ok(text.to_owned()),
            },
            (None, Some(file)) => {
                let file = self.folder.join(file);
                let text = std::fs::read_to_string(&file).map_err(|error| unreadable(&file, &error))?;
                let text =
                    text.strip_suffix('\n').map_or(&*text, |text| text.strip_suffix('\r').unwrap_or(text));
                if text.is_empty() {
                    return Err(format!("the file {} is empty; put the value into it", file.display()));
                }
                Ok(text.to_owned())
            }
            _ => Err("either `env` or `file`, not both; remove one".to_owned()),
        }
    }
}
