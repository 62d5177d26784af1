//! What goes wrong in the course of an outage by the files alone. [`crate::time`] judges; what it
//! cannot tell without a look at the hosts is left to `timeline` and `doctor`.

use std::collections::{BTreeMap, BTreeSet};

use super::timing;
use crate::model::finding::{Finding, Place, Severity};
use crate::model::name::HostName;
use crate::rules::timeline;
use crate::site::ParsedSite;
use crate::time::{self, Trouble};

/// Rules that say already why a course goes wrong: on a host, or on the server it waits for.
const CAUSES: [&str; 14] = [
    "feed-not-watched",
    "hostsync-below-logout",
    "hostsync-off",
    "logout-too-late",
    "monitor-broken",
    "never-shuts-down",
    "poll-busy",
    "poll-slow",
    "power-short",
    "powerdownflag-missing",
    "primary-missing",
    "remote-primary",
    "shutdowncmd-harmless",
    "shutdowncmd-missing",
];

/// What goes wrong in the usual course, on hosts whose files are right by themselves.
pub(super) fn findings(site: &ParsedSite<'_>, said: &[Finding]) -> Vec<Finding> {
    if site.inventory().ups.is_empty() {
        return Vec::new();
    }
    let outage = time::outage(site, &BTreeMap::new());
    let line = time::time_line(&outage);
    let wrong: BTreeSet<&HostName> = said
        .iter()
        .filter(|finding| CAUSES.contains(&finding.rule))
        .filter_map(|finding| finding.host.as_ref())
        .collect();
    let server = |trouble: &Trouble| {
        let named = trouble.values.iter().find(|(name, _)| *name == "server");
        named.and_then(|(_, name)| HostName::new(name).ok())
    };
    let explained = |trouble: &Trouble| {
        wrong.contains(&trouble.host) || server(trouble).is_some_and(|host| wrong.contains(&host))
    };
    time::troubles(&outage, &line)
        .iter()
        .filter(|trouble| trouble.severity == Severity::Error && !explained(trouble))
        // The delays alone tell that, and earlier.
        .filter(|trouble| trouble.rule != "hostsync-below-logout")
        .filter_map(|trouble| {
            let finding = timeline::finding(trouble)?;
            Some(Finding {
                place: place(site, trouble, server(trouble).as_ref()),
                ..finding
            })
        })
        .collect()
}

/// Where the owner may turn: what he wrote by hand rather than what was derived.
fn place(site: &ParsedSite<'_>, trouble: &Trouble, server: Option<&HostName>) -> Option<Place> {
    let server = site.host(server?)?;
    if trouble.rule == "battery-too-short" {
        let (_, name) = trouble.values.iter().find(|(name, _)| *name == "ups")?;
        let ups = server.upses().find(|ups| ups.name() == name)?;
        let reserve = ups.section.get("override.battery.runtime.low");
        return reserve.map_or_else(|| ups.at_section(), |entry| Some(ups.at_entry(entry)));
    }
    let written = |place: &Place| !place.file.starts_with("rendered ");
    let delay = timing::place(server, "FINALDELAY");
    let takes = &["hosts", trouble.host.as_str(), "shutdown_takes"];
    delay
        .clone()
        .filter(written)
        .or_else(|| site.key(takes))
        .or(delay)
}
