//! The MONITOR lines of a host.

use super::watched::{Watched, watched_by};
use super::{InventoryIndex, door, file_lines, overrides, text};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::files::Role;
use crate::nut::ups_name::{System, UpsName};
use crate::nut::version::NutVersion;

/// A MONITOR line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DerivedMonitor {
    pub ups: UpsName,
    /// The inventory host whose upsd is asked.
    pub server: HostName,
    /// `NAME@ADDRESS`, an IPv6 address in brackets, the port when it is not 3493.
    pub system: String,
    /// How many of the host's power supplies the UPS feeds; 0 only watches.
    pub power_value: u32,
    pub user: String,
    pub role: Role,
}

/// The MONITOR lines of a host; none when it has MONITOR directives of its own.
///
/// # Errors
/// Names the key whose value leads nowhere.
pub(super) fn lines(
    index: &InventoryIndex<'_>,
    name: &HostName,
    version: NutVersion,
) -> Result<Vec<DerivedMonitor>, Diagnostic> {
    let host = index.host(name)?;
    let watched = watched_by(index, name)?;
    if overrides::find(index, host, File::Upsmon, "MONITOR").is_some() {
        return Ok(Vec::new());
    }
    let user = text::name(
        &["hosts", name.as_str(), "nut_user"].into(),
        index.user_of(name)?,
    )?;
    watched
        .into_iter()
        .map(|watched| {
            let own = watched.server == name;
            Ok(DerivedMonitor {
                system: system(index, name, &watched, version)?,
                ups: watched.ups.clone(),
                server: watched.server.clone(),
                power_value: watched.power_value,
                user: user.clone(),
                role: if own { Role::Primary } else { Role::Secondary },
            })
        })
        .collect()
}

fn system(
    index: &InventoryIndex<'_>,
    name: &HostName,
    watched: &Watched<'_>,
    version: NutVersion,
) -> Result<String, Diagnostic> {
    let (host, port) = if watched.server == name {
        let listen = file_lines::listen_of(index, name, version)?;
        door::own_door(&listen, version)
    } else {
        door::door(index, watched.server)?.ok_or_else(|| no_address(name, watched))?
    };
    let ups = watched.ups.to_string();
    text::word(&["hosts", watched.server.as_str(), "address"].into(), &host)?;
    Ok(System { ups, host, port }.to_string())
}

fn no_address(name: &HostName, watched: &Watched<'_>) -> Diagnostic {
    let server = watched.server;
    Diagnostic::new(format!(
        "{name} must reach ups `{}` on {server}, and `local` is no address for it",
        watched.ups
    ))
    .of(["hosts", server.as_str(), "address"])
    .help(format!(
        "give {server} a nut_address, the IP address its NUT clients use"
    ))
}
