//! Proving the running state.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use anyhow::Result;

use super::interrupt::Interrupt;
use super::look::{Looked, Looker, Looks, Purpose, seen, with_servers};
use super::{Run, lint};
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::plan;
use crate::render::{self, InventoryIndex};
use crate::rules::verify::{self as rules, Clients};
use crate::site::ParsedSite;

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
                None => by_hand(&run.index, name, &looked, Severity::Error),
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
            None => match by_hand(index, name, looked, Severity::Error) {
                HostResult::ByHand { findings, .. } => findings.iter().any(is_out),
                _ => false,
            },
        })
}

fn findings(host: &Looked, peers: &BTreeMap<HostName, ObservedHost>) -> Vec<Finding> {
    let site = ParsedSite::of_host(&host.desired, &host.observed, peers);
    let mut found = unfinished(&host.observed);
    if let Some(host) = site.host(&host.desired.name) {
        found.extend(rules::check(host, Clients::Due));
    }
    found.extend(plan::power(&host.observed));
    found
}

/// A transaction that was neither confirmed nor undone is reported by every command.
pub fn unfinished(observed: &ObservedHost) -> Vec<Finding> {
    let Some(open) = &observed.transaction else {
        return Vec::new();
    };
    let saw = match &open.holder {
        Some(holder) => format!("a deploy is under way: {holder}"),
        None => format!(
            "deploy {} was neither confirmed nor undone (state: {})",
            open.id, open.state
        ),
    };
    let finding = Finding::new("transaction-unfinished", Severity::Error, saw)
        .why("what runs now may be half of the old and half of the new state")
        .fix("the host puts the old state back by itself when its undo timer fires or it boots; `upsctl deploy` does it at once");
    vec![finding.on(&observed.name)]
}

/// How long a client is waited for that lost its server a moment ago, and how often it is looked
/// for: a poll of its own, and the time to log in.
const GRACE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_secs(2);

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
    let sheet = render::by_hand(index, name, None);
    let servers = index.inventory.servers_of(name);
    let seen = seen(looked);
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
    HostResult::ByHand {
        sheet,
        findings: found,
    }
}
