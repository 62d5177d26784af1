use std::collections::BTreeSet;

use super::{Clients, View};
use crate::model::desired::ExpectedClient;
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::rules::Rule;

pub static RULE: Rule = Rule {
    id: "client-not-logged-in",
    severity: Severity::Error,
    text: include_str!("client_not_logged_in.md"),
};

pub fn check(view: &View<'_>) -> Vec<Finding> {
    let others = view
        .desired
        .expect
        .clients
        .iter()
        .filter(|client| client.own || view.clients == Clients::Due)
        .filter_map(|client| absent(view, client));
    let own = view
        .desired
        .expect
        .monitors
        .iter()
        .filter(|monitor| !monitor.primary)
        .filter_map(|monitor| {
            let seen = view.observed.clients.get(&monitor.system)?;
            let addresses = addresses_of(view.observed);
            verdict(
                seen,
                &addresses,
                &monitor.system,
                "this host",
                view.desired.platform,
                monitor.user.as_str(),
            )
        });
    others.chain(own).collect()
}

/// The same for one client of the server.
pub fn of(view: &View<'_>, name: &HostName) -> Vec<Finding> {
    let clients = view
        .desired
        .expect
        .clients
        .iter()
        .filter(|client| client.host == *name);
    clients.filter_map(|client| absent(view, client)).collect()
}

fn absent(view: &View<'_>, client: &ExpectedClient) -> Option<Finding> {
    let served = view
        .desired
        .expect
        .ups
        .iter()
        .find(|ups| ups.name == client.ups)?;
    let system = served.system.clone();
    let unseen = Seen::Unknown("upsc -c was not run".into());
    let seen = view.observed.clients.get(&system).unwrap_or(&unseen);
    let mut addresses: BTreeSet<String> =
        client.addresses.iter().map(ToString::to_string).collect();
    if client.own {
        addresses.extend(addresses_of(view.observed));
    } else if let Some(peer) = view.peers.get(&client.host) {
        addresses.extend(peer.addresses.iter().cloned());
    }
    verdict(
        seen,
        &addresses,
        &system,
        client.host.as_str(),
        client.platform,
        client.host.as_str(),
    )
}

/// Addresses under which a host's own upsmon can be seen.
fn addresses_of(observed: &ObservedHost) -> BTreeSet<String> {
    let own = ["127.0.0.1", "::1", "localhost"].map(str::to_string);
    observed.addresses.iter().cloned().chain(own).collect()
}

fn verdict(
    seen: &Seen<Vec<String>>,
    addresses: &BTreeSet<String>,
    system: &str,
    who: &str,
    platform: Platform,
    user: &str,
) -> Option<Finding> {
    let saw = match seen {
        Seen::Is(list) if list.iter().any(|from| addresses.contains(plain(from))) => return None,
        Seen::Is(list) if addresses.is_empty() => format!(
            "cannot tell whether {who} is logged in to {system}: its address is not known (logged in: {})",
            words(list)
        ),
        Seen::Is(list) => format!(
            "{who} is not logged in to {system} (logged in: {})",
            words(list)
        ),
        Seen::Absent => format!("cannot tell whether {who} is logged in to {system}"),
        Seen::Unknown(why) => format!("cannot tell whether {who} is logged in to {system}: {why}"),
    };
    let place = match platform {
        Platform::Truenas => "Services > UPS in the TrueNAS UI",
        Platform::Debian => "`journalctl -u nut-monitor` on the client",
        _ => "the UPS settings of the client",
    };
    Some(RULE.finding(saw, &[("system", system), ("place", place), ("user", user)]))
}

/// An IPv4 client of a dual-stack socket is listed as a mapped address.
fn plain(address: &str) -> &str {
    address.strip_prefix("::ffff:").unwrap_or(address)
}

fn words(list: &[String]) -> String {
    if list.is_empty() {
        "nobody".into()
    } else {
        list.join(", ")
    }
}
