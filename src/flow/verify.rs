//! Proving the running state.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;

use super::by_hand::{GRACE, PAUSE};
use super::look::{Looked, Looks, Purpose, seen, with_servers};
use super::{Run, by_hand, lint};
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::plan;
use crate::render::InventoryIndex;
use crate::rules::verify::{self as rules, Clients};
use crate::site::ParsedSite;
use crate::truenas;

/// Looks at every host that can be asked and says what is not as it must be.
///
/// # Errors
/// When a template does not render.
pub fn verify(run: &Run, names: &[HostName]) -> Result<Vec<HostOutcome>> {
    let names_asked = with_servers(run.inventory, names);
    let look = || run.looker().look(&names_asked, Purpose::Verify);
    let mut looked = look()?;
    let until = Instant::now() + GRACE;
    let waits = || Instant::now() < until && !run.interrupt.heard();
    while waits() && is_on_its_way(&run.index, names, &looked) {
        run.progress
            .say("a daemon was just restarted: waiting for its clients to log in again");
        std::thread::sleep(PAUSE);
        looked = look()?;
    }
    let seen = seen(&looked);
    let present = lint::present(&run.index, &run.secrets, &looked);
    Ok(names
        .iter()
        .map(|name| HostOutcome {
            host: name.clone(),
            result: match looked.get(name) {
                Some(Ok(host)) => HostResult::Verified {
                    findings: [findings(host, &seen), lint::about(&present, name)].concat(),
                },
                Some(Err(error)) => HostResult::Failed {
                    error: error.clone(),
                },
                None => by_hand::by_hand(&run.index, name, &looked, Severity::Error),
            },
        })
        .collect())
}

/// Whether somebody is not logged in while upsmon, or its upsd, has just begun: it is with its next
/// poll.
fn is_on_its_way(index: &InventoryIndex<'_>, names: &[HostName], looked: &Looks) -> bool {
    let seen = seen(looked);
    let young = looked.values().flatten().any(|host| {
        let site = ParsedSite::of_host(&host.desired, &host.observed, &seen);
        let host = site.host(&host.desired.name);
        host.is_some_and(|host| host.upsmon_has_just_begun() || host.upsd_has_just_begun())
    });
    let is_out = |finding: &Finding| finding.rule == "client-not-logged-in" && !finding.unsure;
    young
        && names.iter().any(|name| match looked.get(name) {
            Some(Ok(host)) => findings(host, &seen).iter().any(is_out),
            Some(Err(_)) => false,
            None => match by_hand::by_hand(index, name, looked, Severity::Error) {
                HostResult::ByHand { findings, .. } => findings.iter().any(is_out),
                _ => false,
            },
        })
}

fn findings(host: &Looked, peers: &BTreeMap<HostName, ObservedHost>) -> Vec<Finding> {
    let site = ParsedSite::of_host(&host.desired, &host.observed, peers);
    let mut found = plan::unfinished(&host.observed);
    found.extend(truenas::check(&host.desired, &host.observed.truenas));
    if let Some(host) = site.host(&host.desired.name) {
        found.extend(rules::check(host, Clients::Due));
    }
    found.extend(plan::power(&host.observed));
    found
}
