//! Where each key of the configuration was written, for problems that are found later.

use std::collections::BTreeMap;

use super::document::{At, Node, Value};
use super::{Problem, Settings};

/// Where each key was written.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// By dotted path; the empty path is the whole file.
    keys: BTreeMap<String, Origin>,
}

#[derive(Debug, Clone)]
struct Origin {
    at: At,
    hidden: bool,
}

impl Origins {
    pub(super) fn of(root: &Node) -> Self {
        let mut origins = Self::default();
        origins.add(String::new(), root);
        origins
    }

    fn add(&mut self, path: String, node: &Node) {
        let below = |key: &str| if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
        match &node.value {
            Value::Table(table) => table.iter().for_each(|(key, node)| self.add(below(key), node)),
            Value::Array(nodes) => {
                nodes.iter().enumerate().for_each(|(index, node)| self.add(below(&index.to_string()), node));
            }
            _ => {}
        }
        self.keys.insert(path, Origin { at: node.at.clone(), hidden: node.hidden });
    }

    /// Whether the value came from a variable or a file, so that it must not be shown.
    pub fn hidden(&self, path: &str) -> bool {
        self.keys.get(path).is_some_and(|origin| origin.hidden)
    }

    /// The nearest place that is known: of the key, else of the table around it.
    fn nearest(&self, path: &str) -> Option<&At> {
        let mut path = path;
        loop {
            if let Some(origin) = self.keys.get(path) {
                return Some(&origin.at);
            }
            path = match path.rsplit_once('.') {
                Some((around, _)) => around,
                None if path.is_empty() => return None,
                None => "",
            };
        }
    }
}

impl Settings {
    /// A problem with one key (dotted, as in `issuer.key_file`), with the place where the key was
    /// written, or where it ought to be.
    pub fn problem(&self, key: &str, message: &str) -> Problem {
        let message = format!("`{key}`: {message}");
        match self.origins.nearest(key) {
            Some(at) => at.problem(message),
            None => At::new("configuration").problem(message),
        }
    }
}
