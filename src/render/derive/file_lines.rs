//! The directives of each file: what is derived, then what the owner wrote on top.

use std::collections::BTreeMap;

use super::directive::DerivedLine;
use super::{InventoryIndex, delay, listen, overrides, watched};
use crate::model::desired::{HostRole, ListenAddress};
use crate::model::diagnostic::Diagnostic;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::timing::Timing;
use crate::nut::version::NutVersion;

/// The files a role has directives in.
fn files(role: HostRole) -> &'static [File] {
    match role {
        HostRole::Server { .. } => &[File::Nut, File::Ups, File::Upsd, File::Upsmon],
        HostRole::Client => &[File::Nut, File::Upsmon],
    }
}

/// The directives of every file of a host.
pub(super) fn all(
    index: &InventoryIndex<'_>,
    name: &HostName,
    role: HostRole,
    version: NutVersion,
) -> Result<BTreeMap<File, Vec<DerivedLine>>, Diagnostic> {
    let files = files(role).iter();
    files
        .map(|file| Ok((*file, of(index, name, role, version, *file)?)))
        .collect()
}

/// The directives of one file of a host.
pub(super) fn of(
    index: &InventoryIndex<'_>,
    name: &HostName,
    role: HostRole,
    version: NutVersion,
    file: File,
) -> Result<Vec<DerivedLine>, Diagnostic> {
    let host = index.host(name)?;
    let derived = match file {
        File::Nut => vec![DerivedLine::value("MODE", role.mode())],
        // As in Debian's sample: a USB device is not always there at the first try.
        File::Ups => vec![DerivedLine::value("maxretry", "3")],
        File::Upsd => vec![listen::derived(host, role, version)],
        File::Upsmon => upsmon(index, name, role)?,
        File::UpsdUsers => Vec::new(),
    };
    overrides::on_top(index, name, file, derived)
}

/// The addresses a server listens on, with its own overrides.
pub(super) fn listen_of(
    index: &InventoryIndex<'_>,
    server: &HostName,
    version: NutVersion,
) -> Result<Vec<ListenAddress>, Diagnostic> {
    let role = index.role(server)?;
    let lines = of(index, server, role, version, File::Upsd)?;
    Ok(listen::of_lines(&lines))
}

fn upsmon(
    index: &InventoryIndex<'_>,
    name: &HostName,
    role: HostRole,
) -> Result<Vec<DerivedLine>, Diagnostic> {
    let mut lines = vec![
        DerivedLine::value("MINSUPPLIES", min_supplies(index, name)?),
        DerivedLine::value("SHUTDOWNCMD", "/sbin/shutdown -h +0"),
    ];
    if role.is_server() {
        // Tells the late shutdown to cut the UPS off; a client must not cut one.
        lines.push(DerivedLine::value("POWERDOWNFLAG", "/etc/killpower"));
    }
    let own = Timing::default();
    let seconds = [
        ("POLLFREQ", own.poll.unsigned_abs()),
        ("POLLFREQALERT", own.alert.unsigned_abs()),
        ("HOSTSYNC", delay::hostsync(index, name)),
        ("DEADTIME", own.dead.unsigned_abs()),
        ("FINALDELAY", delay::finaldelay(index, name)),
    ];
    lines.extend(seconds.map(|(name, value)| DerivedLine::value(name, value.to_string())));
    Ok(lines)
}

/// 1, or 0 for a host that no UPS feeds: upsmon refuses to start with less power than it needs.
fn min_supplies(index: &InventoryIndex<'_>, name: &HostName) -> Result<&'static str, Diagnostic> {
    let watched = watched::watched_by(index, name)?;
    let fed = watched.iter().any(|watched| watched.power_value > 0);
    Ok(if fed { "1" } else { "0" })
}
