//! What the readings of a look mean, for someone who knows no NUT. Pure: a look in, a report out.

mod battery;
mod clients;
mod metrics;
mod since;
mod units;
mod ups;

use std::collections::BTreeMap;

use crate::model::desired::DesiredHost;
use crate::model::inventory::Inventory;
use crate::model::metrics::MetricReading;
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::HostError;
use crate::model::status::{HostReport, SiteStatus};
use crate::nut::ups_name::UpsName;

/// What was seen of the hosts of a run.
pub struct View<'a> {
    pub inventory: &'a Inventory,
    /// Every host that was to be looked at; with what was seen, or why nothing was.
    pub hosts: BTreeMap<&'a HostName, Result<(&'a DesiredHost, &'a ObservedHost), &'a HostError>>,
    /// The hosts that the user asked for.
    pub asked: &'a [HostName],
    /// Unix time on this machine, seconds.
    pub now: u64,
    /// What Prometheus has of the UPSes, where it was asked.
    pub metrics: &'a BTreeMap<UpsName, Vec<MetricReading>>,
}

impl<'a> View<'a> {
    fn seen(&self, name: &HostName) -> Option<(&'a DesiredHost, &'a ObservedHost)> {
        self.hosts.get(name)?.as_ref().ok().copied()
    }
}

/// The report of what was seen.
pub fn report(view: &View<'_>) -> SiteStatus {
    let of_interest = view.inventory.ups.iter().filter(|(name, ups)| {
        let fed = |host: &HostName| clients::feeds(view.inventory, name, host);
        view.asked.iter().any(|host| *host == ups.host || fed(host))
    });
    SiteStatus {
        looked_at_unix_seconds: view.now,
        ups: of_interest
            .map(|(name, ups)| ups::report(view, name, ups))
            .collect(),
        hosts: view
            .hosts
            .iter()
            .map(|(name, seen)| host(name, seen))
            .collect(),
        prometheus_problem: None,
    }
}

fn host(name: &HostName, seen: &Result<(&DesiredHost, &ObservedHost), &HostError>) -> HostReport {
    let empty = HostReport {
        name: name.to_string(),
        problem: None,
        hint: None,
        units: Vec::new(),
        unfinished_deploy: None,
    };
    match seen {
        Err(error) => HostReport {
            problem: Some(error.to_string()),
            hint: Some(error.hint()),
            ..empty
        },
        Ok((desired, observed)) => HostReport {
            units: units::report(desired, observed),
            unfinished_deploy: observed
                .transaction
                .as_ref()
                .map(|open| format!("{} ({})", open.id, open.state)),
            ..empty
        },
    }
}
