//! The steps from what was seen to the inventory; each adds its part to the draft.

use std::collections::BTreeMap;

use super::addresses::Addresses;
use super::draft::{Draft, only};
use super::found::{Found, LookedAt};
use crate::model::import::ImportNote;
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::secret::Secret;
use crate::nut::ups_name::UpsName;

/// Where the inventory is to say that passwords come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Passwords {
    /// `secrets/NAME` beside the inventory.
    Files,
    /// What this command prints; `{user}` is the name.
    Command(String),
}

/// What was made of the hosts.
#[derive(Debug)]
pub struct Imported {
    pub draft: Draft,
    /// The passwords that the new part of the inventory refers to, by the name in their source.
    pub secrets: BTreeMap<String, Secret>,
    /// What cannot be carried, what stays, and what is worth a look.
    pub notes: Vec<ImportNote>,
    /// Who is reached under which address.
    pub addresses: Addresses,
}

/// The steps and what they know.
pub(super) struct Build<'a> {
    pub founds: Vec<Found<'a>>,
    pub draft: Draft,
    /// What the inventory said before.
    pub known: Inventory,
    /// The name in the inventory of each section of ups.conf.
    pub names: BTreeMap<(HostName, String), UpsName>,
    pub addresses: Addresses,
    pub passwords: Passwords,
    pub secrets: BTreeMap<String, Secret>,
    pub notes: Vec<ImportNote>,
    pub invent: &'a mut dyn FnMut() -> Secret,
}

/// Adds hosts to an inventory. `invent` makes a new password where there is none that works.
///
/// # Errors
/// When the inventory that is there and what is added do not make one.
pub fn import(
    looked: &[LookedAt],
    draft: Draft,
    passwords: Passwords,
    invent: &mut dyn FnMut() -> Secret,
) -> Result<Imported, String> {
    let known = draft.inventory()?;
    let mut build = Build {
        founds: looked.iter().map(Found::of).collect(),
        draft,
        known,
        names: BTreeMap::new(),
        addresses: Addresses::default(),
        passwords,
        secrets: BTreeMap::new(),
        notes: Vec::new(),
        invent,
    };
    build.write_hosts();
    build.write_upses();
    build.meet_servers();
    build.write_feeds()?;
    build.write_addresses()?;
    build.meet_clients()?;
    build.write_users()?;
    build.write_overrides()?;
    build.notes.sort();
    Ok(Imported {
        draft: build.draft,
        secrets: build.secrets,
        notes: build.notes,
        addresses: build.addresses,
    })
}

impl Build<'_> {
    /// The source of a secret of this name.
    pub fn source(&self, name: &str) -> toml_edit::Value {
        match &self.passwords {
            Passwords::Files => only("file", &format!("secrets/{name}")),
            Passwords::Command(command) => only("command", &command.replace("{user}", name)),
        }
    }

    /// Whose an address or name is, when `asking` uses it.
    pub fn host_at(&self, asking: &HostName, asked: &str) -> Option<HostName> {
        self.addresses.host_at(asking, asked)
    }

    /// The hosts that were looked at, and the addresses of all that are known.
    fn write_hosts(&mut self) {
        let known: Vec<(HostName, Vec<String>)> = self
            .known
            .hosts
            .iter()
            .map(|(name, host)| {
                let nut = host.nut_address.map(|ip| ip.to_string());
                let mut all = vec![host.address.clone(), name.to_string()];
                all.extend(nut);
                (name.clone(), all)
            })
            .collect();
        let found = self.founds.iter().map(|found| {
            let hostname = &found.look.system.hostname;
            let mut all = found.look.addresses.clone();
            all.extend([
                found.target.address.clone(),
                found.name().to_string(),
                hostname.clone(),
            ]);
            (found.name().clone(), all)
        });
        let found: Vec<(HostName, Vec<String>)> = found.collect();
        for (name, addresses) in &found {
            self.addresses.own(name, addresses);
        }
        for (name, addresses) in found.iter().chain(&known) {
            let mut addresses = addresses.clone();
            addresses.sort();
            addresses.dedup();
            for address in addresses {
                self.addresses.add(&address, name);
            }
        }
        for at in 0..self.founds.len() {
            let target = self.founds[at].target;
            let name = target.name.as_str();
            let path = ["hosts", name];
            self.draft.open(&path, "");
            self.draft.remove(&["hosts", name, "platform"]);
            if !self.draft.has(&["hosts", name, "address"]) {
                self.draft
                    .set(&["hosts", name, "address"], target.address.as_str(), "");
            }
            if let Some(user) = &target.user {
                self.draft.set(&["hosts", name, "user"], user.as_str(), "");
            }
        }
    }
}
