//! upsd: does it run, with the files as they are now, and does it start at boot?

use super::daemon::UPSD;
use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::observed::{Reading, Socket};
use crate::nut::directive::File;
use crate::nut::unit::SERVER;
use crate::nut::ups_name::PORT;
use crate::nut::version::NutVersion;
use crate::site::ParsedHost;
use crate::site::address::{is_ip, is_loopback};

rules! { Upsd
    Error   "upsd-masked"           Server(|host| UPSD.masked(host)) ["mode-is-netclient", "mode-misspelt"];
    Error   "listen-address-absent" Server(address_absent) ["config-line-lost"];
    Error   "port-taken"            Server(port_taken) [];
    Error   "upsd-outside-its-unit" Server(|host| UPSD.outside(host)) [];
    Error   "upsd-not-running"      Server(|host| UPSD.not_running(host, |_| "")) ["config-not-readable", "disk-full", "ups-conf-empty", "ups-section-incomplete", "upsd-masked", "listen-address-absent", "port-taken", "upsd-outside-its-unit", "run-folder-shut"];
    Error   "upsd-does-not-answer"  Server(mute) ["upsd-not-running"];
    Error   "upsd-not-restarted"    Server(not_restarted) ["upsd-not-running"];
    Warning "upsd-not-at-boot"      Server(|host| UPSD.not_at_boot(host)) ["upsd-not-running"];
}

fn sockets<'a>(host: ParsedHost<'a>) -> Option<&'a [Socket]> {
    host.look()?.listening.is().map(Vec::as_slice)
}

/// A LISTEN address that is not the host's is refused by the kernel; whether upsd then ends or runs
/// without it depends on the version and the order of the lines (server/upsd.c).
fn address_absent(host: ParsedHost<'_>) -> Option<Says> {
    let own = &host.look()?.addresses;
    if own.is_empty() {
        return unknown("the host's addresses could not be read");
    }
    let heard = |address: &str, port: u16| {
        let mut all = sockets(host).into_iter().flatten();
        all.any(|socket| socket.address == address && socket.port == port)
    };
    let (address, port) = host.listens().find(|(address, port)| {
        is_ip(address)
            && !matches!(*address, "0.0.0.0" | "::")
            && !is_loopback(address)
            && !own.iter().any(|own| own == address)
            && !heard(address, *port)
    })?;
    let dead = if host.unit_runs(SERVER) {
        "upsd runs without it"
    } else {
        "upsd does not start"
    };
    bad(format!(
        "LISTEN {address} in upsd.conf is no address of this host: {dead}"
    ))
    .with("value", address)
    .with("port", port)
    .shown([format!("own addresses: {}", own.join(", "))])
    .redeploy()
    .into()
}

fn port_taken(host: ParsedHost<'_>) -> Option<Says> {
    let mut ports: Vec<u16> = host.listens().map(|(_, port)| port).collect();
    if ports.is_empty() {
        ports.push(PORT);
    }
    let socket = sockets(host)?.iter().find(|socket| {
        ports.contains(&socket.port)
            && !socket.processes.is_empty()
            && !socket.processes.iter().any(|name| name == "upsd")
    })?;
    let (port, owners) = (socket.port, &socket.processes);
    bad(format!(
        "port {port} belongs to {}, not to upsd",
        owners.join(", ")
    ))
    .with("port", port)
    .with("value", owners.join(" "))
    .shown([format!("{}:{port}", socket.address)])
    .into()
}

fn mute(host: ParsedHost<'_>) -> Option<Says> {
    let (system, _) = host.look()?.ups.iter().find(|(system, reading)| {
        system.ends_with("@127.0.0.1") && matches!(reading, Reading::TimedOut)
    })?;
    bad(format!(
        "upsd runs but does not answer: upsc {system} waits for ever"
    ))
    .with("system", system)
    .with("unit", SERVER)
    .repair(UPSD.restart())
    .into()
}

fn not_restarted(host: ParsedHost<'_>) -> Option<Says> {
    let (file, found) = UPSD.not_restarted(host)?;
    let reloads = file == File::UpsdUsers && host.installed()? >= NutVersion::V2_8_0;
    let verb = if reloads { "reload" } else { "restart" };
    found.with("value", verb).into()
}
