//! Addresses: which are the same, which are a host's own, and who answers under one.

use std::net::{IpAddr, Ipv4Addr};

use crate::nut::version::NutVersion;

/// An IPv4 client of a dual-stack socket is listed as a mapped address, `::ffff:192.0.2.1`.
pub fn plain(address: &str) -> &str {
    let mapped = address
        .get(..7)
        .filter(|head| head.eq_ignore_ascii_case("::ffff:"));
    let rest = mapped.map(|_| &address[7..]);
    rest.filter(|rest| rest.parse::<Ipv4Addr>().is_ok())
        .unwrap_or(address)
}

/// Whether two addresses or names are the same, however they are written.
pub fn same(one: &str, other: &str) -> bool {
    let (one, other) = (plain(one), plain(other));
    match (one.parse::<IpAddr>(), other.parse::<IpAddr>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one.eq_ignore_ascii_case(other),
    }
}

/// Whether an address always means the machine itself.
pub fn is_loopback(address: &str) -> bool {
    let address = plain(address);
    address.eq_ignore_ascii_case("localhost")
        || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

/// Whether it is an address and not a name.
pub fn is_ip(address: &str) -> bool {
    address.parse::<IpAddr>().is_ok()
}

/// Whether it stands for every address of a host.
pub fn is_any(address: &str) -> bool {
    matches!(address, "*" | "0.0.0.0" | "::")
}

/// Whether `LISTEN listen` makes upsd reachable at an address (server/upsd.c).
///
/// `*` is IPv4 alone up to 2.8.0; `::` serves IPv4 too up to 2.8.0 and IPv6 alone later.
pub fn listen_covers(listen: &str, address: &str, version: NutVersion) -> bool {
    if same(listen, address) {
        return true;
    }
    let old = version <= NutVersion::V2_8_0;
    let v6 = address.contains(':');
    // A name may lead to either family.
    let name = !is_any(address) && !is_ip(address);
    match listen {
        "*" => !old || !v6,
        "0.0.0.0" => !v6 && address != "*",
        "::" => v6 || old || name,
        "localhost" => is_loopback(address),
        _ => name && (address.eq_ignore_ascii_case("localhost") == is_loopback(listen)),
    }
}

/// Whether a socket, as `ss` names its address, is the one that `LISTEN wanted` asks for: `*` is
/// open to both families, `::` to IPv6 alone.
pub fn socket_covers(socket: &str, wanted: &str) -> bool {
    let v6 = wanted.contains(':');
    match socket {
        "*" => true,
        "::" => v6 || wanted == "*",
        "0.0.0.0" => !v6,
        _ => same(socket, wanted) || wanted == "localhost" && is_loopback(socket),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_the_same_however_it_is_written() {
        assert!(same("::ffff:127.0.0.1", "127.0.0.1"));
        assert!(same("::FFFF:192.0.2.1", "192.0.2.1"));
        assert!(same("fd00:0:0::1", "fd00::1"));
        assert!(same("PVE.lan", "pve.lan"));
        assert!(!same("192.0.2.1", "192.0.2.10"));
        assert_eq!(plain("::ffff:abcd"), "::ffff:abcd");
        assert_eq!(plain("日本語"), "日本語");
    }

    #[test]
    fn the_loopback_has_many_names() {
        for own in [
            "localhost",
            "127.0.0.1",
            "127.0.1.1",
            "::1",
            "::ffff:127.0.0.1",
        ] {
            assert!(is_loopback(own), "{own}");
        }
        for other in ["192.0.2.1", "::", "pve", "::ffff:192.0.2.1"] {
            assert!(!is_loopback(other), "{other}");
        }
    }

    #[test]
    fn a_listen_covers_what_its_version_opens() {
        let (old, new) = (NutVersion::V2_8_0, NutVersion::V2_8_1);
        for (listen, address, in_old, in_new) in [
            ("*", "fd00::1", false, true),
            ("*", "192.0.2.1", true, true),
            ("::", "192.0.2.1", true, false),
            ("::", "fd00::1", true, true),
            ("0.0.0.0", "fd00::1", false, false),
            ("127.0.0.1", "localhost", true, true),
            ("127.0.0.1", "192.0.2.1", false, false),
            ("192.0.2.1", "pve", true, true),
            ("192.0.2.1", "localhost", false, false),
        ] {
            assert_eq!(
                listen_covers(listen, address, old),
                in_old,
                "{listen} {address} old"
            );
            assert_eq!(
                listen_covers(listen, address, new),
                in_new,
                "{listen} {address} new"
            );
        }
    }

    #[test]
    fn a_socket_covers_its_families() {
        for (socket, wanted, covers) in [
            ("*", "192.0.2.1", true),
            ("*", "::", true),
            ("::", "192.0.2.1", false),
            ("::", "*", true),
            ("0.0.0.0", "*", true),
            ("0.0.0.0", "fd00::1", false),
            ("127.0.0.1", "localhost", true),
            ("127.0.0.1", "0.0.0.0", false),
            ("192.0.2.1", "192.0.2.1", true),
        ] {
            assert_eq!(socket_covers(socket, wanted), covers, "{socket} {wanted}");
        }
    }
}
