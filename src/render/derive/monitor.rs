//! The MONITOR lines of a host.

use super::super::error::RenderError;
use super::{InventoryIndex, listen, overrides, text};
use crate::model::inventory::Host;
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

/// A UPS that a host watches, and how many of its power supplies hang on it.
pub(in crate::render) struct Watched<'a> {
    pub(in crate::render) ups: &'a UpsName,
    pub(in crate::render) server: &'a HostName,
    pub(in crate::render) power_value: u32,
}

/// The UPSes a host watches: those that feed it, and those on its own cables, as somebody must
/// command them.
///
/// # Errors
/// When it is fed by a UPS that is not in the inventory.
pub(in crate::render) fn watched_by<'a>(
    index: &InventoryIndex<'a>,
    name: &HostName,
) -> Result<Vec<Watched<'a>>, RenderError> {
    let feeds = index.feeds_of(name, index.host(name)?);
    let mut watched: Vec<Watched<'a>> = Vec::new();
    let owned = index.owned(name).iter().map(|(ups, _)| *ups);
    for ups in owned.chain(feeds.iter().copied()) {
        if watched.iter().any(|other| other.ups == ups) {
            continue;
        }
        let found = index.inventory.ups.get(ups).ok_or_else(|| {
            RenderError::new(format!("there is no ups `{ups}` in the inventory"))
                .of(format!("hosts.{name}.powered_by"))
        })?;
        watched.push(Watched {
            ups,
            server: &found.host,
            power_value: u32::from(feeds.contains(&ups)),
        });
    }
    Ok(watched)
}

/// The hosts that watch a UPS, its server first.
pub(super) fn watchers_of<'a>(
    index: &InventoryIndex<'a>,
    server: &HostName,
    ups: &UpsName,
) -> Vec<(&'a HostName, &'a Host)> {
    let own = index.inventory.hosts.get_key_value(server);
    let others = index.fed(ups).iter().filter(|name| **name != server);
    let others = others.filter_map(|name| index.inventory.hosts.get_key_value(*name));
    own.into_iter().chain(others).collect()
}

/// The MONITOR lines of a host; none when it has MONITOR directives of its own.
///
/// # Errors
/// Names the key whose value leads nowhere.
pub(super) fn lines(
    index: &InventoryIndex<'_>,
    name: &HostName,
    version: NutVersion,
) -> Result<Vec<DerivedMonitor>, RenderError> {
    let host = index.host(name)?;
    let watched = watched_by(index, name)?;
    if overrides::find(index, host, File::Upsmon, "MONITOR").is_some() {
        return Ok(Vec::new());
    }
    let user = text::name(&format!("hosts.{name}.nut_user"), index.user_of(name)?)?;
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
) -> Result<String, RenderError> {
    let (host, port) = if watched.server == name {
        let listen = listen::of_server(index, name, version)?;
        listen::own_door(&listen, version)
    } else {
        listen::door(index, watched.server)?.ok_or_else(|| no_address(name, watched))?
    };
    let ups = watched.ups.to_string();
    text::word(&format!("hosts.{}.address", watched.server), &host)?;
    Ok(System { ups, host, port }.to_string())
}

fn no_address(name: &HostName, watched: &Watched<'_>) -> RenderError {
    let server = watched.server;
    RenderError::new(format!(
        "{name} must reach ups `{}` on {server}, and `local` is no address for it",
        watched.ups
    ))
    .of(format!("hosts.{server}.address"))
    .help(format!(
        "give {server} a nut_address, the IP address its NUT clients use"
    ))
}
