//! From a client to its server: name, route, firewall. Looked at from the client itself.

use super::rules;
use super::says::{Says, bad};
use crate::model::bundle::Contact;
use crate::model::observed::Seen;
use crate::nut::version::NutVersion;
use crate::site::address::{is_ip, is_loopback};
use crate::site::{LoggedIn, ParsedHost, Watch};

rules! { Network
    Error   "server-name-unresolved" Watch(unresolved) ["config-line-lost"];
    Error   "server-address-wrong"   Watch(wrong_address) ["server-name-unresolved"];
    Error   "firewall-blocks"        Watch(firewall) ["server-address-wrong", "listen-misses-clients"];
    Error   "server-not-reached"     Watch(not_reached) ["firewall-blocks", "host-unreachable", "upsd-does-not-answer"];
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

/// Rules of the server's packet filter that may be meant.
fn suspects(server: ParsedHost<'_>, port: u16) -> Vec<String> {
    let lines = server.deep().and_then(|deep| deep.firewall.is());
    let words = ["drop", "reject", "DROP", "REJECT"];
    let blocking = |line: &&String| words.iter().any(|word| line.contains(word));
    let all: Vec<&String> = lines.into_iter().flatten().filter(blocking).collect();
    let port = port.to_string();
    let (exact, other): (Vec<&String>, Vec<&String>) =
        all.into_iter().partition(|line| line.contains(&port));
    let shown = if exact.is_empty() {
        other.into_iter().take(6).collect()
    } else {
        exact
    };
    let line = |line: &String| format!("{}: {}", server.name(), line.trim());
    shown.into_iter().map(line).collect()
}

/// The server listens, the client gets nothing through: what lies between is at fault.
fn firewall(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server().filter(|host| host.is_server())?;
    (!watch.is_own()).then_some(())?;
    let (port, name) = (watch.port(), server.name());
    let suspects = suspects(server, port);
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
    bad(saw)
        .with(
            "value",
            client.map_or(watch.host.name().as_str(), String::as_str),
        )
        .shown(suspects)
        .into()
}

fn not_reached(watch: Watch<'_>) -> Option<Says> {
    let (server, port, address) = (watch.server_label(), watch.port(), watch.address());
    bad(match connect(watch)? {
        Contact::Upsd(_) | Contact::NoName => return None,
        Contact::Refused => format!("{server} refuses connections to port {port}"),
        Contact::Silent => format!("{server} does not answer on port {port}"),
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
