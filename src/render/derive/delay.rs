//! How long a primary waits for the hosts its UPSes feed.
//!
//! A primary sets FSD, waits at most HOSTSYNC until every secondary has logged out, then FINALDELAY,
//! and then goes down. A secondary logs out when it *calls* its SHUTDOWNCMD, not when it is down
//! (clients/upsmon.c): so HOSTSYNC covers the secondaries' way there, and FINALDELAY their way down.

use super::{InventoryIndex, overrides};
use crate::model::inventory::{Host, Platform};
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::timing::{Exit, Timing};

/// How long a host waits for its secondaries to log out.
pub(super) fn hostsync(index: &InventoryIndex<'_>, name: &HostName) -> u64 {
    let others = index.others(name).into_iter();
    let needed = others.filter_map(|client| {
        let host = index.inventory.hosts.get(client)?;
        Some(timing(index, client, host).needed_hostsync().unsigned_abs())
    });
    needed.fold(Timing::default().hostsync.unsigned_abs(), u64::max)
}

/// The delays of a client's upsmon; an appliance has NUT's own.
fn timing(index: &InventoryIndex<'_>, name: &HostName, host: &Host) -> Timing {
    if host.platform != Platform::Debian {
        return Timing::default();
    }
    let set = |directive| overrides::seconds(index, host, File::Upsmon, directive);
    let seconds = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
    let finaldelay = set("FINALDELAY").unwrap_or_else(|| finaldelay(index, name));
    let own = Timing::default();
    Timing {
        alert: set("POLLFREQALERT").map_or(own.alert, seconds),
        finaldelay: seconds(finaldelay),
        exit: set("SHUTDOWNEXIT").map_or(own.exit, |value| Exit::After(seconds(value))),
        ..own
    }
}

/// How long a host waits before it goes down itself.
pub(super) fn finaldelay(index: &InventoryIndex<'_>, name: &HostName) -> u64 {
    let others = index.others(name).into_iter();
    let hosts = others.filter_map(|client| index.inventory.hosts.get(client));
    let needed = hosts.filter_map(|host| host.shutdown_takes);
    needed
        .map(|delay| delay.as_secs())
        .fold(Timing::default().finaldelay.unsigned_abs(), u64::max)
}
