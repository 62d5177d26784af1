//! Which UPSes a host watches, and which hosts watch a UPS.

use super::InventoryIndex;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::Host;
use crate::model::name::HostName;
use crate::nut::ups_name::UpsName;

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
) -> Result<Vec<Watched<'a>>, Diagnostic> {
    let feeds = index.feeds_of(name, index.host(name)?);
    let mut watched: Vec<Watched<'a>> = Vec::new();
    let owned = index.owned(name).iter().map(|(ups, _)| *ups);
    for ups in owned.chain(feeds.iter().copied()) {
        if watched.iter().any(|other| other.ups == ups) {
            continue;
        }
        let found = index.inventory.ups.get(ups).ok_or_else(|| {
            Diagnostic::new(format!("there is no ups `{ups}` in the inventory")).of([
                "hosts",
                name.as_str(),
                "powered_by",
            ])
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
