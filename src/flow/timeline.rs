//! The time line of an outage: from the files that would be written, or from those that the hosts
//! have and what their UPSes say.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Run;
use super::look::{Looked, Purpose};
use crate::model::bundle::Bundle;
use crate::model::desired::DesiredHost;
use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::model::outcome::HostError;
use crate::observe;
use crate::rules;
use crate::site::ParsedSite;
use crate::time::guests::Guests;
use crate::time::{self, Beside, Mount, Outage, TimeLine, Trouble};

/// A time line and what is wrong with it.
#[derive(Debug, Default)]
pub struct Told {
    pub line: TimeLine,
    pub findings: Vec<Finding>,
    /// Hosts that could not be looked at.
    pub not_looked: BTreeMap<HostName, HostError>,
    /// Proxmox VE hosts whose guests could not be seen.
    pub guests_not_seen: BTreeMap<HostName, String>,
}

/// The time line by the files that upsctl would write. Asks no host.
///
/// # Errors
/// When a template does not render.
pub fn desired(run: &Run, names: &[HostName]) -> Result<Told> {
    let hosts = rendered(run, std::iter::empty())?;
    let site = ParsedSite::rendered(run.inventory, &hosts, &run.places);
    Ok(tell(run, &time::outage(&site, &BTreeMap::new()), names))
}

/// The time line by what the hosts have: one look at each that is in it.
///
/// # Errors
/// When a template does not render; what goes wrong on a host is in the answer.
pub fn observed(run: &Run, names: &[HostName]) -> Result<Told> {
    // Whom a host hangs together with is known from the inventory alone.
    let draft = desired(run, names)?;
    let concerned: BTreeSet<&HostName> = draft
        .line
        .chains
        .iter()
        .flat_map(|chain| &chain.hosts)
        .map(|host| &host.name)
        .collect();
    let managed: Vec<HostName> = concerned
        .into_iter()
        .filter(|name| run.inventory.is_managed(name))
        .cloned()
        .collect();
    let mut looks: BTreeMap<HostName, Looked> = BTreeMap::new();
    let mut not_looked = BTreeMap::new();
    for (name, looked) in run.looker().look(&managed, Purpose::TimeLine)? {
        match looked {
            Ok(looked) => {
                looks.insert(name, looked);
            }
            Err(error) => {
                not_looked.insert(name, error);
            }
        }
    }
    let hosts = rendered(
        run,
        looks.iter().map(|(name, looked)| (name, &looked.desired)),
    )?;
    let seen = looks
        .iter()
        .map(|(name, looked)| (name, &looked.observed))
        .collect();
    let (outage, guests_not_seen) = by_looks(run, &hosts, &seen);
    Ok(Told {
        not_looked,
        guests_not_seen,
        ..tell(run, &outage, names)
    })
}

/// What is wrong in the course of an outage by what doctor saw of the hosts, without what `allow` names.
///
/// # Errors
/// When a template does not render.
pub fn troubles(run: &Run, bundles: &[Bundle]) -> Result<Vec<Trouble>> {
    let looks = bundles.iter().filter_map(Bundle::look);
    let seen: BTreeMap<&HostName, &ObservedHost> = looks
        .map(|look| (&look.observed.name, &look.observed))
        .collect();
    let mut desired = BTreeMap::new();
    for (name, look) in &seen {
        desired.insert((*name).clone(), run.desired(name, look.nut.is().copied())?);
    }
    let hosts = rendered(run, desired.iter())?;
    let (outage, _) = by_looks(run, &hosts, &seen);
    let mut troubles = time::troubles(&outage, &time::time_line(&outage));
    troubles.retain(|trouble| seen.contains_key(&trouble.host) && !is_allowed(run, trouble));
    Ok(troubles)
}

/// The outage by what was seen, and the Proxmox VE hosts whose guests were not.
pub(super) fn by_looks(
    run: &Run,
    hosts: &[DesiredHost],
    seen: &BTreeMap<&HostName, &ObservedHost>,
) -> (Outage, BTreeMap<HostName, String>) {
    let pairs = hosts
        .iter()
        .map(|host| (host, seen.get(&host.name).copied()));
    let site = ParsedSite::observed(run.inventory, pairs, &run.places);
    let mut beside = BTreeMap::new();
    let mut not_seen = BTreeMap::new();
    for (name, look) in seen {
        let seen = seen_beside(&site, look);
        if let Guests::Unknown(why) = &seen.guests {
            not_seen.insert((*name).clone(), why.clone());
        }
        beside.insert((*name).clone(), seen);
    }
    (time::outage(&site, &beside), not_seen)
}

/// Whether the inventory silences it.
fn is_allowed(run: &Run, trouble: &Trouble) -> bool {
    let own = run.inventory.hosts.get(&trouble.host);
    let of_host = own.into_iter().flat_map(|host| &host.allow);
    of_host
        .chain(&run.inventory.allow)
        .any(|rule| rule == trouble.rule)
}

/// Every host of the inventory, for the version that was seen where it was looked at.
pub(super) fn rendered<'a>(
    run: &Run,
    looked: impl Iterator<Item = (&'a HostName, &'a DesiredHost)>,
) -> Result<Vec<DesiredHost>> {
    let looked: BTreeMap<_, _> = looked.collect();
    let names = run.inventory.hosts.keys();
    let hosts = names.map(|name| match looked.get(name) {
        Some(desired) => Ok((*desired).clone()),
        None => Ok(run.desired(name, None)?),
    });
    hosts.collect()
}

fn seen_beside(site: &ParsedSite<'_>, look: &ObservedHost) -> Beside {
    let mounts = observe::mounts(&look.deep).into_iter().filter_map(|mount| {
        let server = site.host_at(&mount.server)?;
        Some(Mount {
            at: mount.at,
            kind: mount.kind,
            server: server.name().clone(),
            hard: mount.hard,
        })
    });
    Beside {
        guests: match observe::node(&look.deep) {
            Seen::Is(node) => Guests::Seen(node),
            Seen::Absent => Guests::None,
            Seen::Unknown(why) => Guests::Unknown(why),
        },
        mounts: mounts.collect(),
    }
}

/// The chains that the named hosts are in.
fn tell(run: &Run, outage: &Outage, names: &[HostName]) -> Told {
    let wanted: BTreeSet<&HostName> = names.iter().collect();
    let mut line = time::time_line(outage);
    line.chains
        .retain(|chain| chain.hosts.iter().any(|host| wanted.contains(&host.name)));
    let shown: BTreeSet<&HostName> = line
        .chains
        .iter()
        .flat_map(|chain| &chain.hosts)
        .map(|host| &host.name)
        .collect();
    let findings = time::troubles(outage, &line)
        .iter()
        .filter(|trouble| shown.contains(&trouble.host) && !is_allowed(run, trouble))
        .filter_map(rules::timeline::finding)
        .collect();
    Told {
        line,
        findings,
        ..Told::default()
    }
}
