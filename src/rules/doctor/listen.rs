//! Where upsd listens, seen from the server.

use super::rules;
use super::says::{Bad, Says, bad, unknown};
use crate::model::observed::Seen;
use crate::nut::ups_name::PORT;
use crate::site::address::{is_ip, is_loopback, socket_covers};
use crate::site::{ParsedHost, Watch};

rules! { Listen
    Error   "listen-name-is-loopback" Server(name_is_loopback) ["upsd-not-running"];
    Error   "listen-only-loopback"    Server(only_loopback) ["upsd-not-restarted", "listen-name-is-loopback"];
    Error   "listen-misses-clients"   Server(misses) ["listen-only-loopback"];
}

/// Judges upsd's sockets, address and port; nothing when upsd has none.
fn sockets(host: ParsedHost<'_>, judge: impl Fn(&[(&str, u16)]) -> Option<Bad>) -> Option<Says> {
    let all = match &host.look()?.listening {
        Seen::Is(all) => all,
        Seen::Absent => return None,
        Seen::Unknown(why) => return unknown(format!("ss: {why}")),
    };
    let own = all
        .iter()
        .filter(|socket| socket.processes.iter().any(|name| name == "upsd"));
    let sockets: Vec<(&str, u16)> = own.map(|socket| (&*socket.address, socket.port)).collect();
    judge(&sockets)?.into()
}

/// Whether sockets are there, all of them for the host itself, and other hosts need one.
fn only_own(host: ParsedHost<'_>, sockets: &[(&str, u16)]) -> bool {
    let own = |(address, _): &(&str, u16)| is_loopback(address);
    !sockets.is_empty() && sockets.iter().all(own) && host.has_remote_clients()
}

fn shown(sockets: &[(&str, u16)]) -> Vec<String> {
    let line = |(address, port): &(&str, u16)| format!("listens on {address}:{port}");
    sockets.iter().map(line).collect()
}

/// Debian maps a host's own name to 127.0.1.1 in /etc/hosts, and upsd takes the first address.
fn name_is_loopback(host: ParsedHost<'_>) -> Option<Says> {
    sockets(host, |sockets| {
        let name = |address: &&str| !is_ip(address) && *address != "*" && !is_loopback(address);
        let name = host.listens().map(|(address, _)| address).find(name)?;
        only_own(host, sockets).then(|| {
            bad(format!(
                "LISTEN {name} in upsd.conf means 127.0.1.1 on this host: no other host can connect"
            ))
            .with("value", name)
            .redeploy()
        })
    })
}

fn only_loopback(host: ParsedHost<'_>) -> Option<Says> {
    sockets(host, |sockets| {
        only_own(host, sockets).then(|| {
            bad("upsd listens only on this host itself (127.0.0.1): its clients cannot connect")
                .with("port", PORT)
                .shown(shown(sockets))
                .redeploy()
        })
    })
}

/// What its clients ask, by their MONITOR lines or, where those are not seen, by the inventory. The
/// port is the matter of a rule of its own.
fn misses(host: ParsedHost<'_>) -> Option<Says> {
    sockets(host, |sockets| {
        let (first, port) = *sockets.first()?;
        let missed = |watch: &Watch<'_>| {
            let covers = |(have, _): &(&str, u16)| socket_covers(have, watch.address());
            is_ip(watch.address()) && !sockets.iter().any(covers)
        };
        // A client that asks somebody else's address is wrong itself.
        let owns = |watch: &Watch<'_>| is_loopback(watch.address()) || host.owns(watch.address());
        let watch = host.watchers().filter(missed).find(owns)?;
        let address = watch.address();
        let found = bad(format!(
            "upsd does not listen on {address}, where {} asks it, but on {first}",
            watch.host.name()
        ));
        let found = found.with("value", address).with("port", port);
        Some(found.shown(shown(sockets)).redeploy())
    })
}
