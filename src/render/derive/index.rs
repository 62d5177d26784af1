use std::collections::BTreeMap;

use crate::model::desired::HostRole;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{Host, Inventory, Ups};
use crate::model::key_path::Places;
use crate::model::name::HostName;
use crate::nut::ups_name::UpsName;

/// An inventory with what is asked of it again and again looked up once: who has which UPS, and
/// whom each UPS feeds.
pub struct InventoryIndex<'a> {
    pub inventory: &'a Inventory,
    /// Where errors stand.
    pub places: &'a Places<'a>,
    owned: BTreeMap<&'a HostName, Vec<(&'a UpsName, &'a Ups)>>,
    fed: BTreeMap<&'a UpsName, Vec<&'a HostName>>,
}

impl<'a> InventoryIndex<'a> {
    /// Looks through an inventory. Errors stand at `places`.
    pub fn new(inventory: &'a Inventory, places: &'a Places<'a>) -> Self {
        let mut owned: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for (name, ups) in &inventory.ups {
            owned.entry(&ups.host).or_default().push((name, ups));
        }
        let mut index = Self {
            inventory,
            places,
            owned,
            fed: BTreeMap::new(),
        };
        for (name, host) in &inventory.hosts {
            for ups in index.feeds_of(name, host) {
                let hosts = index.fed.entry(ups).or_default();
                if hosts.last() != Some(&name) {
                    hosts.push(name);
                }
            }
        }
        index
    }

    /// An error about the inventory or a template, at its place.
    pub(in crate::render) fn placed(&self, error: Diagnostic) -> Diagnostic {
        error.placed(self.places)
    }

    /// A host of the inventory.
    pub(in crate::render) fn host(&self, name: &HostName) -> Result<&'a Host, Diagnostic> {
        let found = self.inventory.hosts.get(name);
        found.ok_or_else(|| no_host(name))
    }

    /// The NUT user of a host. An appliance lets nobody choose.
    pub(in crate::render) fn user_of<'n>(
        &'n self,
        name: &'n HostName,
    ) -> Result<&'n str, Diagnostic> {
        let found = self.inventory.nut_user(name);
        found.ok_or_else(|| no_host(name))
    }

    /// The UPSes on a host's cables.
    pub(in crate::render) fn owned(&self, host: &HostName) -> &[(&'a UpsName, &'a Ups)] {
        self.owned.get(host).map_or(&[], Vec::as_slice)
    }

    /// The hosts a UPS feeds.
    pub(super) fn fed(&self, ups: &UpsName) -> &[&'a HostName] {
        self.fed.get(ups).map_or(&[], Vec::as_slice)
    }

    /// The UPSes that feed a host; unless it says so itself, those on its own cables.
    pub(super) fn feeds_of(&self, name: &HostName, host: &'a Host) -> Vec<&'a UpsName> {
        match &host.powered_by {
            Some(powered_by) => powered_by.iter().collect(),
            None => self.owned(name).iter().map(|(ups, _)| *ups).collect(),
        }
    }

    /// What NUT does on a host: the one at the end of a UPS's cable serves it.
    pub(super) fn role(&self, name: &HostName) -> Result<HostRole, Diagnostic> {
        self.host(name)?;
        Ok(match self.owned(name) {
            [] => HostRole::Client,
            _ => HostRole::Server {
                clients: self.fed_by(name).any(|host| host != name),
            },
        })
    }

    /// The other hosts that a server's UPSes feed, each once.
    pub(super) fn others(&self, server: &HostName) -> Vec<&'a HostName> {
        let mut others: Vec<_> = self.fed_by(server).filter(|host| *host != server).collect();
        others.sort();
        others.dedup();
        others
    }

    /// The hosts that a server's UPSes feed, once for each UPS.
    fn fed_by(&self, server: &HostName) -> impl Iterator<Item = &'a HostName> {
        let owned = self.owned(server).iter();
        owned.flat_map(|(ups, _)| self.fed(ups)).copied()
    }
}

fn no_host(name: &HostName) -> Diagnostic {
    Diagnostic::new(format!("there is no host `{name}` in the inventory"))
}
