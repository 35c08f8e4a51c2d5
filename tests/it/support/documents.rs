//! Documents that a verifier finds.

use std::collections::BTreeMap;

use accolade::badges::verify::Lookup;
use serde_json::Value;

/// DID documents by DID, status lists by address; no schemas, and nothing else.
#[derive(Debug, Clone, Default)]
pub(crate) struct Documents(pub(crate) BTreeMap<String, Value>);

impl Lookup for Documents {
    fn did_document(&self, did: &str) -> Option<Value> {
        self.0.get(did).cloned()
    }

    fn status_list(&self, url: &str) -> Option<Value> {
        self.0.get(url).cloned()
    }

    fn schema(&self, _: &str) -> Option<Value> {
        None
    }
}
