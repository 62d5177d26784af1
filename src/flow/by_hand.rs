//! Hosts that upsctl does not write to: what a person sets there, and what their servers see of
//! them.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;

use super::interrupt::Interrupt;
use super::look::{Looker, Looks, Purpose, seen, with_servers};
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::render::{self, InventoryIndex};
use crate::rules::verify as rules;
use crate::site::ParsedSite;

/// How long a client is waited for that lost its server a moment ago, and how often it is looked
/// for: a poll of its own, and the time to log in.
pub(super) const GRACE: Duration = Duration::from_secs(30);
pub(super) const PAUSE: Duration = Duration::from_secs(2);

/// After servers were changed: what was seen of clients that are not written to was seen before it.
/// They are looked for again, until they are logged in or [`GRACE`] is over.
///
/// # Errors
/// When a template does not render.
pub fn after_changes(
    looker: &Looker<'_>,
    interrupt: &Interrupt,
    outcomes: &mut [HostOutcome],
) -> Result<()> {
    let inventory = looker.index.inventory;
    let applied = |one: &&HostOutcome| matches!(one.result, HostResult::Applied { .. });
    let changed = outcomes.iter().filter(applied);
    let changed: BTreeSet<HostName> = changed.map(|one| one.host.clone()).collect();
    let waits = |one: &&HostOutcome| {
        let by_hand = matches!(one.result, HostResult::ByHand { .. });
        by_hand && !inventory.servers_of(&one.host).is_disjoint(&changed)
    };
    let due = outcomes.iter().filter(waits);
    let mut due: Vec<HostName> = due.map(|one| one.host.clone()).collect();
    let until = Instant::now() + GRACE;
    while !due.is_empty() {
        let looked = looker.look(&with_servers(inventory, &due), Purpose::Plan)?;
        let over = Instant::now() >= until || interrupt.heard();
        due.retain(|name| {
            let result = by_hand(looker.index, name, &looked, Severity::Warning);
            let seen =
                matches!(&result, HostResult::ByHand { findings, .. } if findings.is_empty());
            let outcome = outcomes.iter_mut().find(|one| one.host == *name);
            if let Some(outcome) = outcome {
                outcome.result = result;
            }
            !seen && !over
        });
        if !due.is_empty() {
            std::thread::sleep(PAUSE);
        }
    }
    Ok(())
}

/// What must stand on a host that is not written to, and what its servers see of it; one that is
/// not logged in is as grave as `absent`.
pub fn by_hand(
    index: &InventoryIndex<'_>,
    name: &HostName,
    looked: &Looks,
    absent: Severity,
) -> HostResult {
    HostResult::ByHand {
        sheet: render::by_hand(index, name, None),
        findings: seen_by_servers(index.inventory, name, looked, &[], absent),
    }
}

/// What the servers of a host see of it; `own` is what the host itself says, which tells by which
/// addresses it comes. One that is not logged in is as grave as `absent`.
pub(super) fn seen_by_servers(
    inventory: &Inventory,
    name: &HostName,
    looked: &Looks,
    own: &[ObservedHost],
    absent: Severity,
) -> Vec<Finding> {
    let servers = inventory.servers_of(name);
    let mut seen = seen(looked);
    seen.extend(own.iter().map(|own| (own.name.clone(), own.clone())));
    let mut found = Vec::new();
    for server in &servers {
        let finding = match looked.get(server) {
            Some(Ok(host)) => {
                let site = ParsedSite::of_host(&host.desired, &host.observed, &seen);
                let seen = site
                    .host(server)
                    .map(|server| rules::logged_in(server, name));
                let seen = seen.unwrap_or_default();
                found.extend(seen.into_iter().map(|finding| Finding {
                    severity: finding.severity.min(absent),
                    ..finding
                }));
                continue;
            }
            Some(Err(error)) => {
                format!("could not ask {server} whether {name} is logged in: {error}")
            }
            None => format!("{server} was not asked whether {name} is logged in"),
        };
        found.push(Finding::new("client-not-logged-in", Severity::Warning, finding).on(name));
    }
    if servers.is_empty() {
        let saw = format!(
            "nobody can be asked whether {name} is logged in: no other host serves its UPS"
        );
        found.push(Finding::new("client-not-logged-in", Severity::Note, saw).on(name));
    }
    found
}
