//! Documents of this installation, for verifications: read here, without the network.

use async_trait::async_trait;
use serde_json::Value;

use super::super::{Web, documents};
use crate::remote::{Ours, Own};

/// This installation's DID documents and status lists.
pub(super) struct OwnDocuments(pub(super) Web);

#[async_trait]
impl Own for OwnDocuments {
    async fn document(&self, id: &str) -> Ours {
        let web = &self.0;
        if let Some(issuer) = web.site.issuers.with_did(id) {
            return issuer.did_document().map_or(Ours::Missing, Ours::Document);
        }
        // Nobody else can have a DID below this address.
        if id.starts_with(&format!("{}:", web.host_did)) {
            return Ours::Missing;
        }
        let Some(path) = path(web, id) else { return Ours::No };
        let Some(name) = path.strip_prefix("status/") else { return Ours::Missing };
        let list = documents::list(web, name).await.ok();
        list.and_then(|text| serde_json::from_str::<Value>(&text).ok()).map_or(Ours::Missing, Ours::Document)
    }
}

/// What follows this installation's address, if the address begins with it.
pub(super) fn path<'a>(web: &Web, address: &'a str) -> Option<&'a str> {
    address.strip_prefix(&web.public_url)?.strip_prefix('/')
}
