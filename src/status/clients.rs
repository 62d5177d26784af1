//! Who is logged in, by the names of the inventory and not by addresses.

use std::collections::{BTreeMap, BTreeSet};

use super::View;
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Reading, Seen};
use crate::model::status::ClientReport;
use crate::nut::ups_name::UpsName;
use crate::site::address::{plain, same};

/// Who is logged in to a UPS.
#[derive(Default)]
pub(super) struct Clients {
    pub known: Vec<ClientReport>,
    pub strangers: BTreeMap<String, usize>,
    pub strangers_may_be: Vec<String>,
    pub problem: Option<String>,
}

/// Whether a UPS feeds a host, by the inventory.
pub(super) fn feeds(inventory: &Inventory, ups: &UpsName, host: &HostName) -> bool {
    match inventory
        .hosts
        .get(host)
        .and_then(|host| host.powered_by.as_ref())
    {
        Some(fed) => fed.contains(ups),
        None => inventory.ups.get(ups).is_some_and(|ups| ups.host == *host),
    }
}

/// The clients of a UPS as its server lists them.
pub(super) fn of(view: &View<'_>, ups: &UpsName, server: &HostName) -> Clients {
    let fed: Vec<&HostName> = view
        .inventory
        .hosts
        .keys()
        .filter(|host| *host == server || feeds(view.inventory, ups, host))
        .collect();
    let list = match listed(view, ups, server) {
        Ok(list) => list,
        Err(why) => {
            let known = fed.into_iter().map(|host| ClientReport {
                host: host.to_string(),
                logged_in: None,
                problem: None,
                own: host == server,
            });
            return Clients {
                known: known.collect(),
                problem: Some(why),
                ..Clients::default()
            };
        }
    };
    let names: BTreeMap<&HostName, BTreeSet<String>> = view
        .inventory
        .hosts
        .keys()
        .map(|host| (host, addresses(view, host, server)))
        .collect();
    let mut clients = Clients::default();
    for host in &fed {
        let own = &names[host];
        let there = list.iter().any(|from| is_of(own, from));
        let unknown = !there && own.is_empty();
        clients.known.push(ClientReport {
            host: host.to_string(),
            logged_in: (!unknown).then_some(there),
            problem: unknown.then(|| "its address is not known".into()),
            own: *host == server,
        });
    }
    let strange = list
        .into_iter()
        .filter(|from| !names.values().any(|own| is_of(own, from)));
    for from in strange {
        *clients.strangers.entry(from).or_default() += 1;
    }
    if !clients.strangers.is_empty() {
        let nameless = names.iter().filter(|(_, own)| own.is_empty());
        clients.strangers_may_be = nameless.map(|(host, _)| host.to_string()).collect();
    }
    clients
}

fn is_of(own: &BTreeSet<String>, from: &str) -> bool {
    own.iter().any(|own| same(own, from))
}

/// The list of the server, or of a client that asked it.
fn listed(view: &View<'_>, ups: &UpsName, server: &HostName) -> Result<Vec<String>, String> {
    let mut why = format!("{server} was not asked");
    if let Some(Err(error)) = view.hosts.get(server) {
        why = format!("{server}: {error}");
    }
    let of_server = view
        .seen(server)
        .into_iter()
        .flat_map(|(desired, observed)| {
            let own = desired.expect.ups.iter().filter(|own| own.name == *ups);
            own.map(move |own| (&own.system, observed))
        });
    let of_others = view
        .hosts
        .values()
        .flatten()
        .flat_map(|(desired, observed)| {
            let watches = desired.expect.monitors.iter();
            let this = watches.filter(|watch| watch.ups == *ups && watch.server == *server);
            this.map(move |watch| (&watch.system, *observed))
        });
    for (system, observed) in of_server.chain(of_others) {
        match observed.clients.get(system) {
            Some(Seen::Is(list)) => match unheard(observed, system, list) {
                Some(said) => why = format!("{}: {said}", observed.name),
                None => return Ok(list.iter().map(|from| plain(from).to_string()).collect()),
            },
            Some(Seen::Unknown(said)) => why = format!("{}: {said}", observed.name),
            Some(Seen::Absent) | None => {}
        }
    }
    Err(why)
}

/// Why a list is none: whoever did not hear upsd a moment before did not hear who is logged in.
fn unheard(observed: &ObservedHost, system: &str, list: &[String]) -> Option<String> {
    if let Some(error) = list.iter().find(|line| line.starts_with("Error: ")) {
        return Some(error.clone());
    }
    match observed.ups.get(system) {
        Some(Reading::TimedOut) => Some("upsd did not answer in time".into()),
        _ => None,
    }
}

/// Every address that a host may come from.
fn addresses(view: &View<'_>, host: &HostName, server: &HostName) -> BTreeSet<String> {
    let written = &view.inventory.hosts[host];
    let mut all: BTreeSet<String> = BTreeSet::new();
    if host == server {
        all.extend(["127.0.0.1", "::1", "localhost"].map(String::from));
    }
    all.extend(written.nut_address.map(|ip| ip.to_string()));
    all.extend(
        written
            .address
            .parse::<std::net::IpAddr>()
            .map(|ip| ip.to_string()),
    );
    if let Some((_, observed)) = view.seen(host) {
        all.extend(observed.addresses.iter().cloned());
    }
    all
}
