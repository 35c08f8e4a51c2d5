//! Names to addresses, checked on the way: what a connection is made to is what was checked, so a
//! name that resolves to something else a moment later gains nothing.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

use super::address::Reach;

/// The addresses of a name, on their way.
pub type Addresses = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// What resolves names.
pub trait Names: Send + Sync {
    /// The addresses of a name.
    fn addresses(&self, name: &str) -> Addresses;
}

/// The machine's own way.
#[derive(Debug, Clone, Copy)]
pub struct System;

impl Names for System {
    fn addresses(&self, name: &str) -> Addresses {
        let name = name.to_owned();
        Box::pin(async move {
            Ok(tokio::net::lookup_host((name, 0)).await?.map(|address| address.ip()).collect())
        })
    }
}

/// Knows no name.
pub(super) struct Nobody;

impl Names for Nobody {
    fn addresses(&self, _: &str) -> Addresses {
        Box::pin(std::future::ready(Err(io::ErrorKind::NotFound.into())))
    }
}

/// Gives the HTTP client only addresses that may be reached.
pub(super) struct Checked {
    pub(super) names: Arc<dyn Names>,
    pub(super) reach: Reach,
}

impl Resolve for Checked {
    fn resolve(&self, name: Name) -> Resolving {
        let (names, reach) = (Arc::clone(&self.names), self.reach);
        Box::pin(async move {
            let mut found = names.addresses(name.as_str()).await?;
            found.retain(|ip| reach.allows(name.as_str(), *ip));
            if found.is_empty() {
                return Err("the name has no address that may be reached".into());
            }
            // The port comes from the address that is fetched.
            let addresses: Addrs = Box::new(found.into_iter().map(|ip| SocketAddr::new(ip, 0)));
            Ok(addresses)
        })
    }
}
