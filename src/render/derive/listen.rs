//! Where a server's upsd listens.

use std::net::IpAddr;

use super::directive::{DerivedLine, DerivedWord};
use crate::model::desired::{HostRole, ListenAddress};
use crate::model::inventory::Host;
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
    let address = host.nut_reach();
    address.is_some_and(|address| address.parse::<IpAddr>().is_ok_and(|ip| ip.is_ipv6()))
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
