//! One look at the hosts, and what it means.

use std::collections::BTreeSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::Run;
use super::look::{Purpose, with_servers};
use crate::model::name::HostName;
use crate::model::status::SiteStatus;
use crate::status::{View, report};

/// Looks at the hosts and at the servers that feed them, one command each.
///
/// # Errors
/// When a template does not render.
pub fn status(run: &Run, names: &[HostName]) -> Result<SiteStatus> {
    let asked = with_servers(run.inventory, names);
    let mut all: BTreeSet<HostName> = asked.into_iter().collect();
    for name in names {
        all.extend(run.inventory.servers_of(name));
    }
    let all: Vec<HostName> = all.into_iter().collect();
    let looked = run.looker().look(&all, Purpose::Status)?;
    let hosts = looked.iter().map(|(name, looked)| {
        let seen = looked
            .as_ref()
            .map(|looked| (&looked.desired, &looked.observed));
        (name, seen)
    });
    Ok(report(&View {
        inventory: run.inventory,
        hosts: hosts.collect(),
        asked: names,
        now: now(),
    }))
}

/// Unix time of this machine, seconds.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
