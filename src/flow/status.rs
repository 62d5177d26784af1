//! One look at the hosts, and what it means.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::look::{Purpose, with_servers};
use super::{Run, metrics};
use crate::model::name::HostName;
use crate::model::status::SiteStatus;
use crate::status::{View, report};

/// Whether Prometheus is asked for what nobody could read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fallback {
    Prometheus,
    /// What is exported must not come back as a reading.
    None,
}

/// Looks at the hosts and at the servers that feed them, one command each; then, if need be, at what
/// Prometheus has.
///
/// # Errors
/// When a template does not render.
pub fn status(run: &Run, names: &[HostName], fallback: Fallback) -> Result<SiteStatus> {
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
    let nothing = BTreeMap::new();
    let mut view = View {
        inventory: run.inventory,
        hosts: hosts.collect(),
        asked: names,
        now: now(),
        metrics: &nothing,
    };
    let seen = report(&view);
    let unread = seen.ups.iter().any(|ups| ups.read_on.is_none());
    if fallback == Fallback::None || !unread {
        return Ok(seen);
    }
    Ok(match metrics::readings(run) {
        Ok(readings) => {
            view.metrics = &readings;
            report(&view)
        }
        Err(why) => SiteStatus {
            prometheus_problem: Some(why.to_string()),
            ..seen
        },
    })
}

/// Unix time of this machine, seconds.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}
