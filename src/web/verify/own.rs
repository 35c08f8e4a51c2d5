//! Documents of this installation, for verifications: read here, without the network.

use async_trait::async_trait;
use serde_json::Value;

use super::super::{Web, documents};
use crate::remote::{Ours, Own};

/// This installation's DID document and status lists.
pub(super) struct OwnDocuments(pub(super) Web);

#[async_trait]
impl Own for OwnDocuments {
    async fn document(&self, id: &str) -> Ours {
        let web = &self.0;
        if id == web.site.issuer.did() {
            return web.site.signing.did_document().map_or(Ours::Missing, Ours::Document);
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
