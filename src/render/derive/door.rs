//! The address and port under which an upsd is reached.

use super::{InventoryIndex, file_lines};
use crate::model::desired::ListenAddress;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::HostName;
use crate::nut::ups_name::PORT;
use crate::nut::version::NutVersion;

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
) -> Result<Option<(String, u16)>, Diagnostic> {
    let Some(address) = index.host(server)?.nut_reach() else {
        return Ok(None);
    };
    // Versions differ in the wildcard, not in the port.
    let listen = file_lines::listen_of(index, server, NutVersion::V2_8_0)?;
    let port = port_from_outside(&listen, &address);
    Ok(Some((address, port)))
}
