//! How long a primary waits for the hosts its UPSes feed.
//!
//! A primary sets FSD, waits at most HOSTSYNC until every secondary has logged out, then FINALDELAY,
//! and then goes down. A secondary logs out when it *calls* its SHUTDOWNCMD, not when it is down
//! (clients/upsmon.c): so HOSTSYNC covers the secondaries' way there, and FINALDELAY their way down.

use super::{InventoryIndex, overrides};
use crate::model::inventory::{Host, Platform};
use crate::model::name::HostName;
use crate::nut::directive::File;

/// NUT's own values (clients/upsmon.c).
const HOSTSYNC: u64 = 15;
const POLLFREQALERT: u64 = 5;
const FINALDELAY: u64 = 5;

/// Polls are not in step, and a login takes its time.
const MARGIN: u64 = 5;

/// How long a host waits for its secondaries to log out.
pub(super) fn hostsync(index: &InventoryIndex<'_>, name: &HostName) -> u64 {
    let others = index.others(name).into_iter();
    let needed = others.filter_map(|client| {
        let host = index.inventory.hosts.get(client)?;
        Some(logout_after(index, client, host) + MARGIN)
    });
    needed.fold(HOSTSYNC, u64::max)
}

/// How long after the primary's FSD a client may log out.
fn logout_after(index: &InventoryIndex<'_>, name: &HostName, host: &Host) -> u64 {
    if host.platform != Platform::Debian {
        return POLLFREQALERT + FINALDELAY;
    }
    let set = |directive| overrides::seconds(index, host, File::Upsmon, directive);
    let poll = set("POLLFREQALERT").unwrap_or(POLLFREQALERT);
    let last = set("FINALDELAY").unwrap_or_else(|| finaldelay(index, name));
    poll + last + set("SHUTDOWNEXIT").unwrap_or(0)
}

/// How long a host waits before it goes down itself.
pub(super) fn finaldelay(index: &InventoryIndex<'_>, name: &HostName) -> u64 {
    let others = index.others(name).into_iter();
    let hosts = others.filter_map(|client| index.inventory.hosts.get(client));
    let needed = hosts.filter_map(|host| host.shutdown_takes);
    needed
        .map(|delay| delay.as_secs())
        .fold(FINALDELAY, u64::max)
}
