//! Where upsd listens, seen from the server.

use super::says::{Says, bad};
use super::view::{HostView, is_ip, is_loopback};
use super::{DoctorRule, rule};
use crate::model::observed::Seen;
use crate::model::verdict::Repair;
use crate::nut::ups_name::PORT;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "listen-name-is-loopback",
        Error,
        Listen,
        ["upsd-not-running", "config-line-lost"],
        Host(name_is_loopback)
    ),
    rule!(
        "listen-only-loopback",
        Error,
        Listen,
        [
            "upsd-not-running",
            "upsd-not-restarted",
            "listen-address-absent",
            "port-taken",
            "listen-name-is-loopback"
        ],
        Host(only_loopback)
    ),
    rule!(
        "listen-misses-clients",
        Error,
        Listen,
        [
            "upsd-not-running",
            "upsd-not-restarted",
            "listen-address-absent",
            "port-taken",
            "listen-only-loopback"
        ],
        Host(misses)
    ),
];

/// upsd's sockets; nothing when upsd does not run or one cannot look.
fn own_sockets(host: &HostView<'_>) -> Result<Vec<(String, u16)>, Says> {
    let Some(look) = host.look.filter(|_| host.is_server()) else {
        return Err(Says::Fine);
    };
    match &look.observed.listening {
        Seen::Is(all) => Ok(all
            .iter()
            .filter(|socket| socket.processes.iter().any(|name| name == "upsd"))
            .map(|socket| (socket.address.clone(), socket.port))
            .collect()),
        Seen::Absent => Err(Says::Fine),
        Seen::Unknown(why) => Err(Says::Unknown(format!("ss: {why}"))),
    }
}

/// Debian maps a host's own name to 127.0.1.1 in /etc/hosts, and upsd takes the first address.
fn name_is_loopback(host: &HostView<'_>) -> Says {
    let sockets = match own_sockets(host) {
        Ok(sockets) => sockets,
        Err(says) => return says,
    };
    let names = host
        .upsd
        .iter()
        .flat_map(|conf| &conf.listens)
        .map(|listen| listen.address.value.as_str());
    let name = names
        .into_iter()
        .find(|name| !is_ip(name) && *name != "*" && !is_loopback(name));
    let Some(name) = name.filter(|_| host.has_remote_clients()) else {
        return Says::Fine;
    };
    if sockets.is_empty()
        || sockets
            .iter()
            .any(|(address, _)| !address.starts_with("127.") && address != "::1")
    {
        return Says::Fine;
    }
    bad(format!(
        "LISTEN {name} in upsd.conf means 127.0.1.1 on this host: no other host can connect"
    ))
    .with("value", name)
    .repair(Repair::Redeploy)
    .into()
}

fn only_loopback(host: &HostView<'_>) -> Says {
    let sockets = match own_sockets(host) {
        Ok(sockets) => sockets,
        Err(says) => return says,
    };
    if sockets.is_empty() || !host.has_remote_clients() {
        return Says::Fine;
    }
    if sockets
        .iter()
        .any(|(address, _)| !is_loopback(address) && !address.starts_with("127."))
    {
        return Says::Fine;
    }
    bad("upsd listens only on this host itself (127.0.0.1): its clients cannot connect")
        .with("port", PORT)
        .shown(
            sockets
                .iter()
                .map(|(address, port)| format!("{address}:{port}")),
        )
        .repair(Repair::Redeploy)
        .into()
}

fn misses(host: &HostView<'_>) -> Says {
    let sockets = match own_sockets(host) {
        Ok(sockets) => sockets,
        Err(says) => return says,
    };
    let covered = |address: &str, port: u16| {
        let v6 = address.contains(':');
        sockets.iter().any(|(have, at)| {
            *at == port
                && match have.as_str() {
                    "*" => true,
                    "::" => v6 || address == "*",
                    "0.0.0.0" => !v6,
                    have => have == address || address == "localhost" && have == "127.0.0.1",
                }
        })
    };
    let missing = host
        .bundle
        .wish
        .expect
        .listen
        .iter()
        .find(|want| !covered(&want.address, want.port));
    let Some(want) = missing else {
        return Says::Fine;
    };
    bad(format!(
        "upsd does not listen on {} port {}",
        want.address, want.port
    ))
    .with("value", &want.address)
    .with("port", want.port)
    .shown(
        sockets
            .iter()
            .map(|(address, port)| format!("listens on {address}:{port}")),
    )
    .repair(Repair::Redeploy)
    .into()
}
