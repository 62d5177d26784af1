use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::host::Host;
use super::watch::{self, Watch};
use crate::model::desired::DesiredHost;
use crate::model::finding::Place;
use crate::model::inventory::{self, Inventory, SecretSource};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::secret::SecretStore;
use crate::nut::ups_name::UpsName;

/// Finds the place of a path of keys in the inventory.
pub type Places<'a> = dyn Fn(&[&str]) -> Option<Place> + 'a;

/// Who can read the inventory beside its owner.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exposure {
    /// Its files that everybody on this machine may read.
    pub world_readable: BTreeSet<String>,
    /// Its files that git keeps.
    pub tracked: BTreeSet<String>,
}

/// A site as its files have it: one view of every host, and the inventory behind them.
pub struct Site<'a> {
    pub(super) inventory: &'a Inventory,
    pub(super) hosts: BTreeMap<HostName, Host>,
    pub(super) secrets: Option<&'a SecretStore>,
    pub(super) exposure: Exposure,
    places: &'a Places<'a>,
    by_address: HashMap<String, Vec<HostName>>,
    owned: HashMap<&'a HostName, Vec<&'a UpsName>>,
    watchers: HashMap<HostName, Vec<(HostName, usize)>>,
}

impl<'a> Site<'a> {
    /// The site as it was rendered. Passwords are not needed: two users are the same where their
    /// password comes from the same source, and unknown otherwise.
    pub fn rendered<'d>(
        inventory: &'a Inventory,
        hosts: impl IntoIterator<Item = &'d DesiredHost>,
        places: &'a Places<'a>,
    ) -> Self {
        let mut tokens = Tokens::new(inventory);
        let hosts = hosts.into_iter();
        let hosts = hosts.map(|host| Host::rendered(host, |user| tokens.of(user)));
        Self::new(inventory, hosts.collect(), places)
    }

    /// The site as it was read from its hosts; a host that is not written to has no second part.
    pub fn observed<'d>(
        inventory: &'a Inventory,
        hosts: impl IntoIterator<Item = (&'d DesiredHost, Option<&'d ObservedHost>)>,
        places: &'a Places<'a>,
    ) -> Self {
        let mut tokens = Tokens::new(inventory);
        let hosts = hosts.into_iter().map(|(desired, observed)| match observed {
            Some(observed) => Host::observed(desired, observed),
            None => Host::rendered(desired, |user| tokens.of(user)),
        });
        Self::new(inventory, hosts.collect(), places)
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

    fn new(inventory: &'a Inventory, hosts: Vec<Host>, places: &'a Places<'a>) -> Self {
        let mut site = Self {
            inventory,
            hosts: hosts
                .into_iter()
                .map(|host| (host.name.clone(), host))
                .collect(),
            secrets: None,
            exposure: Exposure::default(),
            places,
            by_address: HashMap::new(),
            owned: owned(inventory),
            watchers: HashMap::new(),
        };
        site.index_addresses();
        site.index_watchers();
        site
    }

    fn index_addresses(&mut self) {
        for (name, host) in &self.hosts {
            let written = self.inventory.hosts.get(name);
            let address = written.map(|host| host.address.to_ascii_lowercase());
            let nut = written
                .and_then(|host| host.nut_address)
                .map(|ip| ip.to_string());
            let own = host.addresses.iter().map(|ip| ip.to_ascii_lowercase());
            let all = own
                .chain(address)
                .chain(nut)
                .chain([name.as_str().to_ascii_lowercase()]);
            for address in all.collect::<BTreeSet<_>>() {
                self.by_address
                    .entry(address)
                    .or_default()
                    .push(name.clone());
            }
        }
    }

    fn index_watchers(&mut self) {
        let all: Vec<(HostName, Vec<Watch>)> = self
            .hosts
            .values()
            .map(|host| (host.name.clone(), watch::of(self, host)))
            .collect();
        for (name, watches) in all {
            for (at, watch) in watches.iter().enumerate() {
                if let Some(server) = &watch.server {
                    let clients = self.watchers.entry(server.clone()).or_default();
                    clients.push((name.clone(), at));
                }
            }
            if let Some(host) = self.hosts.get_mut(&name) {
                host.watches = watches;
            }
        }
    }

    /// The host that is reached under an address, when there is exactly one.
    pub(super) fn host_at(&self, address: &str) -> Option<&HostName> {
        match self
            .by_address
            .get(&address.to_ascii_lowercase())?
            .as_slice()
        {
            [only] => Some(only),
            _ => None,
        }
    }

    /// Everybody who watches a UPS of a server, the server itself included.
    pub(super) fn watchers(&self, server: &HostName) -> impl Iterator<Item = (&Host, &Watch)> {
        let clients = self.watchers.get(server).map_or(&[][..], Vec::as_slice);
        clients.iter().filter_map(|(name, at)| {
            let host = self.hosts.get(name)?;
            Some((host, host.watches.get(*at)?))
        })
    }

    /// The UPSes that feed a host by the inventory, with their servers.
    pub(super) fn fed(&self, name: &HostName) -> Vec<(&'a UpsName, &'a HostName)> {
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
    pub(super) fn feeds(&self, ups: &str, name: &HostName) -> bool {
        self.fed(name).iter().any(|(fed, _)| fed.as_str() == ups)
    }

    /// What the inventory says of a host.
    pub(super) fn written(&self, name: &HostName) -> Option<&'a inventory::Host> {
        self.inventory.hosts.get(name)
    }

    /// The place of a path of keys of the inventory.
    pub(super) fn key(&self, path: &[&str]) -> Option<Place> {
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

/// Whether two passwords as they stand in files are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Same {
    Yes,
    No,
    /// Nobody fetched them.
    Unknown,
}

pub(super) fn compare(one: &str, other: &str) -> Same {
    if one == other {
        Same::Yes
    } else if one.starts_with(TOKEN) || other.starts_with(TOKEN) {
        Same::Unknown
    } else {
        Same::No
    }
}

/// Whether the word is a password as a file holds it, not a stand-in.
pub(super) fn is_known(password: &str) -> bool {
    !password.starts_with(TOKEN)
}
