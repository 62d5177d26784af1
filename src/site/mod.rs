//! A site as its files have it, read once: every host with its five files taken apart, what it
//! watches, and who is reached under which address. `lint`, `verify` and `doctor` are lists of rules
//! over it; nothing here judges.
//!
//! The files are the rendered ones, or those that were read from the hosts; with a look at a host
//! come its units, sockets and readings.

pub mod address;
mod files;
mod folder;
mod host;
mod login;
mod owed;
mod place;
#[cfg(test)]
mod tests;
mod ups;
mod watch;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use crate::model::bundle::Bundle;
use crate::model::desired::DesiredHost;
use crate::model::finding::Place;
use crate::model::inventory::{self, Inventory, SecretSource};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::secret::SecretStore;
use crate::nut::ups_name::UpsName;
use host::{HostData, WatchData};

pub use folder::Folder;
pub use host::{Origin, ParsedHost};
pub use login::{LoggedIn, words};
pub use owed::restart_owed;
pub use ups::ParsedUps;
pub use watch::Watch;

/// Finds the place of a path of keys in the inventory.
pub use crate::model::key_path::Places;

/// Who can read the inventory beside its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Its files that everybody on this machine may read.
    pub world_readable: BTreeSet<String>,
    /// Its files that git keeps.
    pub tracked: BTreeSet<String>,
}

static NO_INVENTORY: LazyLock<Inventory> = LazyLock::new(Inventory::default);

/// Every host of a run, and the inventory behind them.
pub struct ParsedSite<'a> {
    inventory: &'a Inventory,
    places: &'a Places<'a>,
    secrets: Option<&'a SecretStore>,
    exposure: Exposure,
    /// In the order they were given.
    hosts: Vec<HostData<'a>>,
    by_name: BTreeMap<&'a HostName, usize>,
    by_address: HashMap<String, Vec<usize>>,
    owned: HashMap<&'a HostName, Vec<&'a UpsName>>,
    /// By server: host and number of the watch.
    watchers: HashMap<HostName, Vec<(usize, usize)>>,
}

impl<'a> ParsedSite<'a> {
    /// The site as it was rendered. Passwords are not needed: two users are the same where their
    /// password comes from the same source, and unknown otherwise.
    pub fn rendered(
        inventory: &'a Inventory,
        hosts: impl IntoIterator<Item = &'a DesiredHost>,
        places: &'a Places<'a>,
    ) -> Self {
        Self::observed(
            inventory,
            hosts.into_iter().map(|host| (host, None)),
            places,
        )
    }

    /// The site as it was read from its hosts; a host without a second part has what was rendered.
    pub fn observed(
        inventory: &'a Inventory,
        hosts: impl IntoIterator<Item = (&'a DesiredHost, Option<&'a ObservedHost>)>,
        places: &'a Places<'a>,
    ) -> Self {
        let mut tokens = Tokens::new(inventory);
        let hosts = hosts.into_iter().map(|(desired, observed)| match observed {
            Some(observed) => HostData::observed(desired, observed),
            None => HostData::rendered(desired, |user| tokens.of(user)),
        });
        Self::new(inventory, hosts.collect(), places)
    }

    /// The site as `doctor` has looked at it, servers first: what is broken there is the cause of
    /// what clients see.
    pub fn of_bundles(bundles: &'a [Bundle]) -> Self {
        let mut hosts: Vec<HostData<'a>> = bundles.iter().map(HostData::of_bundle).collect();
        hosts.sort_by_key(|host| !host.role.is_server());
        Self::new(&NO_INVENTORY, hosts, &|_| None)
    }

    /// One host as it is now, among others as they were seen: what `verify` needs to tell who is
    /// logged in.
    pub fn of_host(
        desired: &'a DesiredHost,
        observed: &'a ObservedHost,
        peers: &'a BTreeMap<HostName, ObservedHost>,
    ) -> Self {
        let others = peers.iter().filter(|(name, _)| **name != desired.name);
        let others = others.map(|(_, look)| HostData::peer(look));
        let own = HostData::observed(desired, observed);
        Self::new(
            &NO_INVENTORY,
            [own].into_iter().chain(others).collect(),
            &|_| None,
        )
    }

    /// Files that lie in folders of this machine, without an inventory.
    pub fn of_folders(folders: &'a [Folder]) -> Self {
        let hosts = folders.iter().map(HostData::of_folder);
        Self::new(&NO_INVENTORY, hosts.collect(), &|_| None)
    }

    /// The same, with passwords that are known: they are looked at, and never shown.
    #[must_use]
    pub fn with_secrets(mut self, secrets: &'a SecretStore) -> Self {
        self.secrets = Some(secrets);
        self
    }

    /// The same, with who can read the inventory.
    #[must_use]
    pub fn with_exposure(mut self, exposure: Exposure) -> Self {
        self.exposure = exposure;
        self
    }

    fn new(inventory: &'a Inventory, hosts: Vec<HostData<'a>>, places: &'a Places<'a>) -> Self {
        let names = hosts.iter().enumerate();
        let mut site = Self {
            by_name: names.map(|(at, host)| (host.name, at)).collect(),
            inventory,
            places,
            secrets: None,
            exposure: Exposure::default(),
            hosts,
            by_address: HashMap::new(),
            owned: owned(inventory),
            watchers: HashMap::new(),
        };
        site.index_addresses();
        site.index_watches();
        site
    }

    fn index_addresses(&mut self) {
        for (at, host) in self.hosts.iter().enumerate() {
            let written = self.inventory.hosts.get(host.name);
            let of = |address: &str| address::plain(address).to_ascii_lowercase();
            let nut = written.and_then(|host| host.nut_address);
            let all = host
                .own_addresses()
                .map(of)
                .chain(written.map(|host| of(&host.address)))
                .chain(host.bundle.map(|bundle| of(&bundle.address)))
                .chain(nut.map(|ip| ip.to_string()))
                .chain([of(host.name.as_str())]);
            for address in all.collect::<BTreeSet<_>>() {
                self.by_address.entry(address).or_default().push(at);
            }
        }
    }

    fn index_watches(&mut self) {
        let of = |host| watch::of(self, host);
        let all: Vec<Vec<WatchData<'a>>> = self.hosts.iter().map(of).collect();
        for (host, watches) in all.into_iter().enumerate() {
            for (at, watch) in watches.iter().enumerate() {
                if let Some(server) = &watch.server {
                    let clients = self.watchers.entry(server.clone()).or_default();
                    clients.push((host, at));
                }
            }
            self.hosts[host].watches = watches;
        }
    }

    /// What the owner wrote; empty where the site is known from its hosts alone.
    pub fn inventory(&self) -> &'a Inventory {
        self.inventory
    }

    /// Passwords that are known.
    pub fn secrets(&self) -> Option<&'a SecretStore> {
        self.secrets
    }

    /// Who can read the inventory.
    pub fn exposure(&self) -> &Exposure {
        &self.exposure
    }

    /// Every host, in the order they were given.
    pub fn hosts(&self) -> impl Iterator<Item = ParsedHost<'_>> {
        self.hosts
            .iter()
            .map(|data| ParsedHost { site: self, data })
    }

    /// A host of the run.
    pub fn host(&self, name: &HostName) -> Option<ParsedHost<'_>> {
        let data = &self.hosts[*self.by_name.get(name)?];
        Some(ParsedHost { site: self, data })
    }

    /// The host that is reached under an address or name, when there is exactly one. What always
    /// means the asking host itself is nobody's.
    pub fn host_at(&self, address: &str) -> Option<ParsedHost<'_>> {
        let address = address::plain(address).to_ascii_lowercase();
        match self.by_address.get(&address)?.as_slice() {
            [only] => Some(ParsedHost {
                site: self,
                data: &self.hosts[*only],
            }),
            _ => None,
        }
    }

    /// The UPSes that feed a host by the inventory, with their servers.
    pub fn fed(&self, name: &HostName) -> Vec<(&'a UpsName, &'a HostName)> {
        let inventory = self.inventory;
        let powered_by = self.written(name).and_then(|host| host.powered_by.as_ref());
        let names: Vec<&UpsName> = match powered_by {
            Some(names) => names.iter().collect(),
            None => self.owned.get(name).cloned().unwrap_or_default(),
        };
        let known = names
            .into_iter()
            .filter_map(|ups| Some((ups, &inventory.ups.get(ups)?.host)));
        known.collect()
    }

    /// Whether a UPS feeds a host, by the inventory.
    pub fn feeds(&self, ups: &str, name: &HostName) -> bool {
        self.fed(name).iter().any(|(fed, _)| fed.as_str() == ups)
    }

    /// What the inventory says of a host.
    pub fn written(&self, name: &HostName) -> Option<&'a inventory::Host> {
        self.inventory.hosts.get(name)
    }

    /// The place of a path of keys of the inventory.
    pub fn key(&self, path: &[&str]) -> Option<Place> {
        (self.places)(path)
    }
}

fn owned(inventory: &Inventory) -> HashMap<&HostName, Vec<&UpsName>> {
    let mut owned: HashMap<&HostName, Vec<&UpsName>> = HashMap::new();
    for (name, ups) in &inventory.ups {
        owned.entry(&ups.host).or_default().push(name);
    }
    owned
}

/// What stands for a password nobody fetched, in front of the number of its source.
const TOKEN: &str = "<source-of-a-password:";

/// A word for each source of passwords.
struct Tokens<'a> {
    inventory: &'a Inventory,
    sources: BTreeMap<SecretSource, usize>,
    users: HashMap<String, String>,
}

impl<'a> Tokens<'a> {
    fn new(inventory: &'a Inventory) -> Self {
        Self {
            inventory,
            sources: BTreeMap::new(),
            users: HashMap::new(),
        }
    }

    fn of(&mut self, user: &str) -> String {
        if let Some(token) = self.users.get(user) {
            return token.clone();
        }
        let token = match self.inventory.source_of(user) {
            None => format!("{TOKEN}none-of-{user}>"),
            Some(source) => {
                let next = self.sources.len();
                format!("{TOKEN}{}>", self.sources.entry(source).or_insert(next))
            }
        };
        self.users.insert(user.to_string(), token.clone());
        token
    }
}

/// Whether two passwords as they stand in files are the same; `None` when nobody fetched them.
pub fn same_password(one: &str, other: &str) -> Option<bool> {
    let known = is_known(one) && is_known(other);
    (known || one == other).then_some(one == other)
}

/// Whether the word is a password as a file holds it, not a stand-in.
pub fn is_known(password: &str) -> bool {
    !password.starts_with(TOKEN)
}
