//! Where a server's upsd listens, and who comes to it.

use std::collections::BTreeSet;
use std::net::IpAddr;

use super::super::error::RenderError;
use super::InventoryIndex;
use super::directive::{DerivedLine, DerivedWord};
use super::monitor;
use crate::model::desired::{ExpectedClient, HostRole, ListenAddress};
use crate::model::inventory::Host;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::ups_name::PORT;
use crate::nut::version::NutVersion;

/// The LISTEN line a server needs.
///
/// A server with clients listens on every address, because upsd ends at boot when an address it was
/// given does not exist yet (server/upsd.c). `::` serves IPv4 too up to 2.8.0 and only IPv6 later,
/// when `*` does both.
pub(super) fn derived(host: &Host, role: HostRole, version: NutVersion) -> DerivedLine {
    let address = match role {
        HostRole::Server { clients: true } if !by_v6(host) => "0.0.0.0",
        HostRole::Server { clients: true } if version > NutVersion::V2_8_0 => "*",
        HostRole::Server { clients: true } => "::",
        _ => "127.0.0.1",
    };
    DerivedLine::words("LISTEN", [address.to_string(), PORT.to_string()])
}

/// Whether clients reach the host over IPv6.
fn by_v6(host: &Host) -> bool {
    nut_address(host).is_some_and(|address| address.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()))
}

/// The address under which NUT clients reach a host; `local` is no address for anybody else.
fn nut_address(host: &Host) -> Option<String> {
    match host.nut_address {
        Some(address) => Some(address.to_string()),
        None if host.address == "local" => None,
        None => Some(host.address.clone()),
    }
}

/// The addresses of LISTEN lines.
pub(super) fn of_lines(lines: &[DerivedLine]) -> Vec<ListenAddress> {
    let listen = lines.iter().filter(|line| line.name == "LISTEN");
    listen
        .filter_map(|line| {
            Some(ListenAddress {
                address: line.first()?.to_string(),
                port: port(line)?,
            })
        })
        .collect()
}

fn port(line: &DerivedLine) -> Option<u16> {
    match line.words.get(1).map(DerivedWord::plain) {
        None => Some(PORT),
        Some(text) => text?.parse().ok(),
    }
}

/// The addresses a server listens on, with its own overrides.
pub(super) fn of_server(
    index: &InventoryIndex<'_>,
    server: &HostName,
    version: NutVersion,
) -> Result<Vec<ListenAddress>, RenderError> {
    let role = index.role(server)?;
    super::file_lines::of(index, server, role, version, File::Upsd).map(|lines| of_lines(&lines))
}

/// The address and port under which a server reaches its own upsd.
///
/// A literal, because NUT's client asks a failing name server again for ever.
pub(super) fn own_door(listen: &[ListenAddress], version: NutVersion) -> (String, u16) {
    let any = |names: &[&str]| listen.iter().find(|l| names.contains(&l.address.as_str()));
    if let Some(found) = any(&["127.0.0.1", "0.0.0.0", "*", "localhost"]) {
        return ("127.0.0.1".into(), found.port);
    }
    if let Some(found) = any(&["::"]).filter(|_| version <= NutVersion::V2_8_0) {
        return ("127.0.0.1".into(), found.port);
    }
    if let Some(found) = any(&["::1", "::"]) {
        return ("::1".into(), found.port);
    }
    match listen.first() {
        Some(found) => (found.address.clone(), found.port),
        None => ("127.0.0.1".into(), PORT),
    }
}

/// The port on which others reach a server: that of its address, else the first one from outside.
fn port_from_outside(listen: &[ListenAddress], address: &str) -> u16 {
    let inner =
        |l: &&ListenAddress| !matches!(l.address.as_str(), "127.0.0.1" | "::1" | "localhost");
    let same = listen.iter().find(|l| l.address == address);
    let found = same.or_else(|| listen.iter().find(inner));
    found.or(listen.first()).map_or(PORT, |l| l.port)
}

/// The address and port under which other hosts reach a server's upsd, if it has such an address.
///
/// # Errors
/// When its LISTEN directives cannot be written.
pub(in crate::render) fn door(
    index: &InventoryIndex<'_>,
    server: &HostName,
) -> Result<Option<(String, u16)>, RenderError> {
    let Some(address) = nut_address(index.host(server)?) else {
        return Ok(None);
    };
    // Versions differ in the wildcard, not in the port.
    let listen = of_server(index, server, NutVersion::V2_8_0)?;
    let port = port_from_outside(&listen, &address);
    Ok(Some((address, port)))
}

/// Who must be logged in to a server, for each of its UPSes.
pub(super) fn clients_of(index: &InventoryIndex<'_>, server: &HostName) -> Vec<ExpectedClient> {
    let mut clients = Vec::new();
    for (ups, _) in index.owned(server) {
        for (name, host) in monitor::watchers_of(index, server, ups) {
            clients.push(ExpectedClient {
                ups: (*ups).clone(),
                host: name.clone(),
                platform: host.platform,
                addresses: addresses(host),
                own: name == server,
            });
        }
    }
    clients
}

/// The addresses a host may come from, as far as the inventory knows.
fn addresses(host: &Host) -> BTreeSet<IpAddr> {
    let address = host.address.parse().ok();
    address.into_iter().chain(host.nut_address).collect()
}
