//! Names of the inventory for what NUT's lines call by address.

use super::Source;
use crate::model::name::HostName;
use crate::nut::ups_name::System;
use crate::site::address::{is_loopback, same};

impl Source<'_> {
    /// UPS and server of `ups[@host[:port]]` as this host's upsmon.conf has it.
    pub(super) fn system(&self, text: &str) -> (Option<String>, Option<String>) {
        let mut watches = self.desired.expect.monitors.iter();
        if let Some(watch) = watches.find(|watch| watch.system == text) {
            return (Some(watch.ups.to_string()), Some(watch.server.to_string()));
        }
        let Ok(system) = System::parse(text) else {
            return (Some(text.to_string()), None);
        };
        let server = self.host_at(&system.host).map(ToString::to_string);
        (Some(system.ups), server)
    }

    /// The only UPS that this host watches.
    pub(super) fn only(&self) -> (Option<String>, Option<String>) {
        match self.desired.expect.monitors.as_slice() {
            [watch] => (Some(watch.ups.to_string()), Some(watch.server.to_string())),
            _ => (None, None),
        }
    }

    /// A client by the NUT user that it logs in as, or by where it comes from.
    pub(super) fn client(&self, user: &str, address: &str) -> String {
        let hosts = &self.inventory.hosts;
        let by_user = hosts
            .keys()
            .find(|host| self.inventory.nut_user(host) == Some(user));
        let name = by_user.or_else(|| self.host_at(address));
        name.map_or_else(|| format!("{user}@{address}"), ToString::to_string)
    }

    fn host_at(&self, address: &str) -> Option<&HostName> {
        if is_loopback(address) {
            return self
                .inventory
                .hosts
                .keys()
                .find(|host| **host == self.desired.name);
        }
        let hosts = self.inventory.hosts.iter();
        let mut at = hosts.filter(|(name, host)| {
            same(&host.address, address)
                || same(name.as_str(), address)
                || host
                    .nut_address
                    .is_some_and(|ip| same(&ip.to_string(), address))
        });
        at.next().map(|(name, _)| name)
    }
}
