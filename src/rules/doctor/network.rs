//! From a client to its server: name, route, firewall. Looked at from the client itself.

use super::says::{Says, bad};
use super::view::{HostView, Watch, is_ip, is_loopback};
use super::{DoctorRule, rule};
use crate::model::bundle::Contact;
use crate::model::observed::Seen;
use crate::model::verdict::Repair;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "server-name-unresolved",
        Error,
        Network,
        ["config-line-lost"],
        Watch(unresolved)
    ),
    rule!(
        "server-address-wrong",
        Error,
        Network,
        ["config-line-lost", "server-name-unresolved"],
        Watch(wrong_address)
    ),
    rule!(
        "firewall-blocks",
        Error,
        Network,
        [
            "server-name-unresolved",
            "server-address-wrong",
            "mode-is-none",
            "mode-is-netclient",
            "mode-misspelt",
            "upsd-not-running",
            "upsd-masked",
            "port-taken",
            "listen-address-absent",
            "listen-only-loopback",
            "listen-misses-clients",
            "listen-name-is-loopback"
        ],
        Watch(firewall)
    ),
    rule!(
        "server-not-reached",
        Error,
        Network,
        [
            "server-name-unresolved",
            "server-address-wrong",
            "firewall-blocks",
            "mode-is-none",
            "mode-is-netclient",
            "mode-misspelt",
            "host-unreachable",
            "upsd-not-running",
            "upsd-masked",
            "port-taken",
            "upsd-does-not-answer",
            "listen-address-absent",
            "listen-only-loopback",
            "listen-misses-clients",
            "listen-name-is-loopback"
        ],
        Watch(not_reached)
    ),
    rule!(
        "tcp-wrappers-refuse",
        Error,
        Network,
        ["upsd-not-running", "server-not-reached", "firewall-blocks"],
        Watch(wrappers)
    ),
];

/// What became of the client's own attempt to connect.
fn connect<'a>(watch: &'a Watch<'_>) -> Option<&'a Contact> {
    let deep = &watch.host.look?.deep;
    deep.connects
        .get(&(watch.address().to_string(), watch.port()))
}

fn unresolved(watch: &Watch<'_>) -> Says {
    let name = watch.address();
    if name.is_empty() || is_ip(name) {
        return Says::Fine;
    }
    let Some(look) = watch.host.look else {
        return Says::Fine;
    };
    let slow = match look.deep.names.get(name) {
        Some(Seen::Is(_)) | None => return Says::Fine,
        Some(Seen::Unknown(_)) => "in time",
        Some(Seen::Absent) => "at all",
    };
    bad(format!(
        "it cannot resolve {name}, the server in its MONITOR line, {slow}"
    ))
    .with("value", name)
    .into()
}

/// The server in the MONITOR line is not the host that has the UPS.
fn wrong_address(watch: &Watch<'_>) -> Says {
    let (address, wish) = (watch.address(), &watch.host.bundle.wish);
    let named = wish
        .expect
        .monitors
        .iter()
        .find(|want| want.ups.as_str() == watch.ups());
    let Some(want) = named.or(wish.expect.monitors.first()) else {
        return Says::Fine;
    };
    if want.system == watch.system()
        || matches!(connect(watch), Some(Contact::Upsd(_)))
        || !is_ip(address)
    {
        return Says::Fine;
    }
    if watch
        .server
        .is_some_and(|server| server.host == want.server)
        && !(is_loopback(address) && want.server != *watch.host.name())
    {
        return Says::Fine;
    }
    let right = want
        .system
        .split_once('@')
        .map_or(want.system.as_str(), |(_, host)| host);
    bad(format!(
        "its MONITOR line asks {address}, but {} is at {right}",
        want.server
    ))
    .with("value", &want.system)
    .with("server", &want.server)
    .repair(Repair::Redeploy)
    .into()
}

/// Rules of the server's packet filter that may be meant.
fn suspects(server: &HostView<'_>, port: u16) -> Vec<String> {
    let Some(lines) = server.look.and_then(|look| look.deep.firewall.is()) else {
        return Vec::new();
    };
    let port = port.to_string();
    let words = ["drop", "reject", "DROP", "REJECT"];
    let blocking = |line: &&String| words.iter().any(|word| line.contains(word));
    let exact: Vec<String> = lines
        .iter()
        .filter(blocking)
        .filter(|line| line.contains(&port))
        .cloned()
        .collect();
    if exact.is_empty() {
        lines.iter().filter(blocking).take(6).cloned().collect()
    } else {
        exact
    }
}

/// The server listens, the client gets nothing through: what lies between is at fault.
fn firewall(watch: &Watch<'_>) -> Says {
    let Some(server) = watch.server_view() else {
        return Says::Fine;
    };
    if !server.is_server() || watch.is_own() {
        return Says::Fine;
    }
    let how = match connect(watch) {
        Some(Contact::Silent) => "drops",
        Some(Contact::Refused) => "rejects",
        Some(Contact::NoRoute | Contact::Failed(_))
            if !suspects(&server, watch.port()).is_empty() =>
        {
            "rejects"
        }
        _ => return Says::Fine,
    };
    let suspects = suspects(&server, watch.port());
    let host = watch.host.name();
    let saw = if suspects.is_empty() {
        format!(
            "something between it and {} {how} its packets to port {}",
            server.name(),
            watch.port()
        )
    } else {
        format!(
            "the firewall of {} {how} what it sends to port {}",
            server.name(),
            watch.port()
        )
    };
    let client = watch.host.look.and_then(|look| {
        look.observed
            .addresses
            .iter()
            .find(|a| is_ip(a) && !a.contains(':'))
    });
    bad(saw)
        .with("value", client.map_or(host.as_str(), String::as_str))
        .shown(
            suspects
                .into_iter()
                .map(|line| format!("{}: {}", server.name(), line.trim())),
        )
        .into()
}

fn not_reached(watch: &Watch<'_>) -> Says {
    let server = watch.server.map_or_else(
        || watch.address().to_string(),
        |server| server.host.to_string(),
    );
    let saw = match connect(watch) {
        None | Some(Contact::Upsd(_) | Contact::NoName) => return Says::Fine,
        Some(Contact::Refused) => format!("{server} refuses connections to port {}", watch.port()),
        Some(Contact::Silent) => format!("{server} does not answer on port {}", watch.port()),
        Some(Contact::NoRoute) => format!("there is no way from it to {}", watch.address()),
        Some(Contact::Foreign(_)) => format!(
            "what answers on {} port {} is no upsd",
            watch.address(),
            watch.port()
        ),
        Some(Contact::Failed(why)) => format!("it cannot connect to {}: {why}", watch.address()),
    };
    bad(saw).into()
}

/// Debian 11 and 12 link upsd with libwrap: /etc/hosts.deny can turn a login into ACCESS-DENIED.
fn wrappers(watch: &Watch<'_>) -> Says {
    let Some(server) = watch.server_view() else {
        return Says::Fine;
    };
    let old = server
        .version()
        .is_some_and(|version| version < crate::nut::version::NutVersion::V2_8_1);
    if !old || watch.logged_in() != Some(false) {
        return Says::Fine;
    }
    let lines = server
        .look
        .map(|look| look.deep.wrappers.clone())
        .unwrap_or_default();
    let hits: Vec<String> = lines
        .into_iter()
        .filter(|line| {
            let denied = line.strip_prefix("/etc/hosts.deny:").unwrap_or_default();
            let service = denied.split(':').next().unwrap_or_default();
            service
                .split([',', ' '])
                .any(|word| word == "ALL" || word == "upsd")
        })
        .collect();
    if hits.is_empty() {
        return Says::Fine;
    }
    bad(format!(
        "tcp wrappers on {} (/etc/hosts.deny) may keep it out",
        server.name()
    ))
    .shown(hits)
    .into()
}
