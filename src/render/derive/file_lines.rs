//! The directives of each file: what is derived, then what the owner wrote on top.

use std::collections::BTreeMap;

use super::super::error::RenderError;
use super::directive::Line;
use super::{Site, delay, listen, monitor, overrides};
use crate::model::desired::Role;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

/// The files a role has directives in.
fn files(role: Role) -> &'static [File] {
    match role {
        Role::Server { .. } => &[File::Nut, File::Ups, File::Upsd, File::Upsmon],
        Role::Client => &[File::Nut, File::Upsmon],
    }
}

/// The directives of every file of a host.
pub(super) fn all(
    site: &Site<'_>,
    name: &HostName,
    role: Role,
    version: NutVersion,
) -> Result<BTreeMap<File, Vec<Line>>, RenderError> {
    let files = files(role).iter();
    files
        .map(|file| Ok((*file, of(site, name, role, version, *file)?)))
        .collect()
}

/// The directives of one file of a host.
pub(super) fn of(
    site: &Site<'_>,
    name: &HostName,
    role: Role,
    version: NutVersion,
    file: File,
) -> Result<Vec<Line>, RenderError> {
    let host = site.host(name)?;
    let derived = match file {
        File::Nut => vec![Line::value("MODE", role.mode())],
        // As in Debian's sample: a USB device is not always there at the first try.
        File::Ups => vec![Line::value("maxretry", "3")],
        File::Upsd => vec![listen::derived(host, role, version)],
        File::Upsmon => upsmon(site, name, role)?,
        File::UpsdUsers => Vec::new(),
    };
    overrides::on_top(site, name, file, derived)
}

fn upsmon(site: &Site<'_>, name: &HostName, role: Role) -> Result<Vec<Line>, RenderError> {
    let mut lines = vec![
        Line::value("MINSUPPLIES", min_supplies(site, name)?),
        Line::value("SHUTDOWNCMD", "/sbin/shutdown -h +0"),
    ];
    if role.is_server() {
        // Tells the late shutdown to cut the UPS off; a client must not cut one.
        lines.push(Line::value("POWERDOWNFLAG", "/etc/killpower"));
    }
    let seconds = [
        ("POLLFREQ", 5),
        ("POLLFREQALERT", 5),
        ("HOSTSYNC", delay::hostsync(site, name)),
        ("DEADTIME", 15),
        ("FINALDELAY", delay::finaldelay(site, name)),
    ];
    lines.extend(seconds.map(|(name, value)| Line::value(name, value.to_string())));
    Ok(lines)
}

/// 1, or 0 for a host that no UPS feeds: upsmon refuses to start with less power than it needs.
fn min_supplies(site: &Site<'_>, name: &HostName) -> Result<&'static str, RenderError> {
    let watched = monitor::watched_by(site, name)?;
    let fed = watched.iter().any(|watched| watched.power_value > 0);
    Ok(if fed { "1" } else { "0" })
}
