//! Who must be logged in to a server.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::{InventoryIndex, watched};
use crate::model::desired::ExpectedClient;
use crate::model::inventory::Host;
use crate::model::name::HostName;

/// Who must be logged in to a server, for each of its UPSes.
pub(super) fn clients_of(index: &InventoryIndex<'_>, server: &HostName) -> Vec<ExpectedClient> {
    let mut clients = Vec::new();
    for (ups, _) in index.owned(server) {
        for (name, host) in watched::watchers_of(index, server, ups) {
            clients.push(ExpectedClient {
                ups: (*ups).clone(),
                host: name.clone(),
                user: index.user_of(name).unwrap_or(name.as_str()).to_string(),
                platform: host.platform,
                addresses: addresses(host),
                own: name == server,
            });
        }
    }
    clients
}

/// The addresses a host may come from, as far as the inventory knows.
fn addresses(host: &Host) -> BTreeSet<IpAddr> {
    let address = host.address.parse().ok();
    address.into_iter().chain(host.nut_address).collect()
}
