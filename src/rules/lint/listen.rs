//! Where upsd listens (server/upsd.c).

use std::net::IpAddr;

use super::view::View;
use super::watch::is_loopback;
use crate::nut::directive::File;
use crate::nut::files::{Listen, Setting};
use crate::nut::version::NutVersion;

/// The LISTEN lines with the settings they come from.
pub(super) fn all<'a>(
    view: &View<'a>,
) -> impl Iterator<Item = (&'a Listen, &'a Setting)> + use<'a> {
    let listens = view
        .host
        .upsd
        .as_ref()
        .map_or(&[][..], |upsd| &upsd.listens);
    let settings = view
        .settings(File::Upsd)
        .iter()
        .filter(|setting| setting.is("LISTEN") && !setting.args.is_empty());
    listens.iter().zip(settings)
}

/// Whether an address exists on every host from the start.
pub(super) fn is_always_there(address: &str) -> bool {
    is_any(address) || is_loopback(address)
}

fn is_any(address: &str) -> bool {
    matches!(address, "*" | "0.0.0.0" | "::")
}

/// Whether a LISTEN for one address also serves another.
///
/// `*` is IPv4 alone up to 2.8.0; `::` serves IPv4 too up to 2.8.0 and IPv6 alone later.
pub(super) fn covers(listen: &str, address: &str, version: NutVersion) -> bool {
    if listen.eq_ignore_ascii_case(address) {
        return true;
    }
    let old = version <= NutVersion::V2_8_0;
    let v6 = address.contains(':');
    // A name may lead to either family.
    let name = !is_any(address) && address.parse::<IpAddr>().is_err();
    match listen {
        "*" => !old || !v6,
        "0.0.0.0" => !v6 && address != "*",
        "::" => v6 || old || name,
        "localhost" => is_loopback(address),
        _ => name && (address.eq_ignore_ascii_case("localhost") == is_loopback(listen)),
    }
}

/// Whether upsd can be reached at an address and port.
pub(super) fn serves(view: &View<'_>, address: &str, port: u16) -> bool {
    let mut any = false;
    for (listen, _) in all(view) {
        any = true;
        let same_port = listen.port().is_none_or(|own| own == port);
        if same_port && covers(&listen.address.value, address, view.host.version) {
            return true;
        }
    }
    !any && is_loopback(address)
}

/// The doors of upsd, for a message.
pub(super) fn doors(view: &View<'_>) -> String {
    let doors = all(view).map(|(listen, _)| match &listen.port_word {
        Some(port) => format!("{} port {}", listen.address.value, port.value),
        None => listen.address.value.clone(),
    });
    let doors = doors.collect::<Vec<_>>().join(", ");
    if doors.is_empty() {
        "the loopback only".into()
    } else {
        doors
    }
}

/// Whether nobody from outside can reach upsd.
pub(super) fn only_loopback(view: &View<'_>) -> bool {
    all(view).all(|(listen, _)| is_loopback(&listen.address.value))
}
