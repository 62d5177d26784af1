//! From a client to its server: name, route, firewall. Looked at from the client itself.

use std::collections::BTreeSet;

use super::firewall::{self, Rule, Way};
use super::rules;
use super::says::{Says, bad};
use crate::model::bundle::Contact;
use crate::model::observed::Seen;
use crate::nut::version::NutVersion;
use crate::site::address::{is_ip, is_loopback};
use crate::site::{LoggedIn, Watch};

rules! { Network
    Error   "server-name-unresolved" Watch(unresolved) ["config-line-lost"];
    Error   "server-address-wrong"   Watch(wrong_address) ["server-name-unresolved"];
    Error   "server-port-differs"    Watch(port_differs) ["server-address-wrong", "upsd-not-running"];
    Error   "client-firewall-blocks" Watch(own_firewall) ["server-port-differs"];
    Error   "firewall-blocks"        Watch(server_firewall) ["client-firewall-blocks", "upsd-does-not-answer", "listen-misses-clients"];
    Error   "server-not-reached"     Watch(not_reached) ["firewall-blocks", "host-unreachable"];
    Error   "tcp-wrappers-refuse"    Watch(wrappers) ["server-not-reached"];
}

/// What became of the client's own attempt to connect.
fn connect<'a>(watch: Watch<'a>) -> Option<&'a Contact> {
    let key = (watch.address().to_string(), watch.port());
    watch.host.deep()?.connects.get(&key)
}

fn unresolved(watch: Watch<'_>) -> Option<Says> {
    let name = Some(watch.address()).filter(|name| !name.is_empty() && !is_ip(name))?;
    let slow = match watch.host.deep()?.names.get(name)? {
        Seen::Is(_) => return None,
        Seen::Unknown(_) => "in time",
        Seen::Absent => "at all",
    };
    bad(format!(
        "it cannot resolve {name}, the server in its MONITOR line, {slow}"
    ))
    .with("value", name)
    .into()
}

/// The server in the MONITOR line is not the host that has the UPS.
fn wrong_address(watch: Watch<'_>) -> Option<Says> {
    let address = Some(watch.address()).filter(|address| is_ip(address))?;
    let wishes = &watch.host.expect().monitors;
    let named = wishes.iter().find(|want| want.ups.as_str() == watch.ups());
    let want = named.or(wishes.first())?;
    let own = want.server == *watch.host.name();
    let server = watch.server_name().filter(|_| own || !is_loopback(address));
    let right = want.system == watch.system() || server.is_some_and(|is| *is == want.server);
    if right || matches!(connect(watch), Some(Contact::Upsd(_))) {
        return None;
    }
    let there = want
        .system
        .split_once('@')
        .map_or(&*want.system, |(_, host)| host);
    bad(format!(
        "its MONITOR line asks {address}, but {} is at {there}",
        want.server
    ))
    .with("value", &want.system)
    .with("server", &want.server)
    .redeploy()
    .into()
}

/// upsd listens, but not on the port that the MONITOR line asks.
fn port_differs(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server().filter(|server| server.is_server())?;
    let sockets = server.look()?.listening.is()?;
    let upsd = sockets
        .iter()
        .filter(|socket| socket.processes.iter().any(|name| name == "upsd"));
    let ports: BTreeSet<u16> = upsd.map(|socket| socket.port).collect();
    let reached = matches!(connect(watch), None | Some(Contact::Upsd(_)));
    let have = *ports
        .first()
        .filter(|_| !ports.contains(&watch.port()) && !reached)?;
    bad(format!(
        "its MONITOR line asks port {}, but upsd on {} listens on port {have}",
        watch.port(),
        server.name()
    ))
    .with("value", have)
    .redeploy()
    .into()
}

/// Its own packet filter keeps upsmon's packets in.
fn own_firewall(watch: Watch<'_>) -> Option<Says> {
    (!watch.is_own()).then_some(())?;
    matches!(
        connect(watch)?,
        Contact::Silent | Contact::Refused | Contact::Failed(_)
    )
    .then_some(())?;
    let hits = firewall::blocking(watch.host, Way::Out, watch.port());
    let exact: Vec<&Rule> = hits.iter().filter(|rule| rule.exact).collect();
    let first = exact.first()?;
    bad(format!(
        "its own firewall keeps what it sends to port {} from leaving",
        watch.port()
    ))
    .with("value", &first.removal)
    .shown(
        exact
            .iter()
            .map(|rule| format!("{}: {}", watch.host.name(), rule.text)),
    )
    .into()
}

/// The server listens, the client gets nothing through: what lies between is at fault.
fn server_firewall(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server().filter(|server| server.is_server())?;
    (!watch.is_own()).then_some(())?;
    let (port, name) = (watch.port(), server.name());
    let suspects = firewall::blocking(server, Way::In, port);
    let how = match connect(watch)? {
        Contact::Silent => "drops",
        Contact::Refused => "rejects",
        Contact::NoRoute | Contact::Failed(_) if !suspects.is_empty() => "rejects",
        _ => return None,
    };
    let saw = if suspects.is_empty() {
        format!("something between it and {name} {how} its packets to port {port}")
    } else {
        format!("the firewall of {name} {how} what it sends to port {port}")
    };
    let mut own = watch.host.look()?.addresses.iter();
    let client = own.find(|address| is_ip(address) && !address.contains(':'));
    let client = client.map_or(watch.host.name().as_str(), String::as_str);
    bad(saw)
        .with("value", firewall::opening(server, &suspects, client, port))
        .shown(suspects.iter().map(|rule| format!("{name}: {}", rule.text)))
        .into()
}

fn not_reached(watch: Watch<'_>) -> Option<Says> {
    let (server, port, address) = (watch.server_label(), watch.port(), watch.address());
    bad(match connect(watch)? {
        Contact::Upsd(_) | Contact::NoName => return None,
        Contact::Refused => format!("{server} refuses connections to port {port}"),
        Contact::Silent => format!("{server} does not answer on port {port}"),
        Contact::Mute => format!("{server} takes connections to port {port} and says nothing"),
        Contact::NoRoute => format!("there is no way from it to {address}"),
        Contact::Foreign(_) => format!("what answers on {address} port {port} is no upsd"),
        Contact::Failed(why) => format!("it cannot connect to {address}: {why}"),
    })
    .into()
}

/// Debian 11 and 12 link upsd with libwrap: /etc/hosts.deny can turn a login into ACCESS-DENIED.
fn wrappers(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server()?;
    let linked = server.installed()? < NutVersion::V2_8_1;
    (linked && matches!(watch.logged_in(), LoggedIn::No(_))).then_some(())?;
    let denies = |line: &&String| {
        let denied = line.strip_prefix("/etc/hosts.deny:").unwrap_or_default();
        let services = denied.split(':').next().unwrap_or_default();
        services
            .split([',', ' '])
            .any(|word| word == "ALL" || word == "upsd")
    };
    let hits: Vec<&String> = server.deep()?.wrappers.iter().filter(denies).collect();
    hits.first()?;
    bad(format!(
        "tcp wrappers on {} (/etc/hosts.deny) may keep it out",
        server.name()
    ))
    .shown(hits)
    .into()
}
