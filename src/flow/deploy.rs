//! Plan, ask, apply, prove; servers before their clients.

mod preview;
mod repair;
pub(super) mod transaction;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use preview::previews;
use repair::{heal, install};

use super::look::{self, Looked, Purpose};
use super::saved_plan::SavedPlan;
use super::{Run, fleet, verify};
use crate::host::Change;
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostError, HostOutcome, HostResult};
use crate::model::plan::HostPlan;
use crate::plan;

/// A host with its plan, ready to be applied.
pub(super) struct Planned {
    pub looked: Looked,
    pub plan: HostPlan,
    /// Whether the result can be proven: nothing runs in the state before NUT was set up.
    pub prove: bool,
}

type Looks = BTreeMap<HostName, Result<Looked, HostError>>;

/// What `deploy` would do, without doing it.
///
/// # Errors
/// When a template does not render.
pub fn diff(run: &Run, names: &[HostName]) -> Result<Vec<HostOutcome>> {
    let looked = look::look(run, &verify::with_servers(run, names), Purpose::Plan)?;
    previews(run, names, &looked)
}

/// Plans, holds the plan to the `saved` one if there is one, asks `confirm` with what `diff` would
/// have said, applies, and says what became of each.
///
/// # Errors
/// When a template does not render, or `confirm` cannot ask.
pub fn deploy(
    run: &Run,
    hosts: &dyn Change,
    names: &[HostName],
    saved: Option<&SavedPlan>,
    confirm: &dyn Fn(&[HostOutcome]) -> Result<bool>,
) -> Result<Vec<HostOutcome>> {
    let mut looked = look::look(run, &verify::with_servers(run, names), Purpose::Plan)?;
    heal(run, hosts, names, &mut looked)?;
    let previews = previews(run, names, &looked)?;
    let previews = match saved {
        Some(saved) => saved.hold_to(previews, &run.secrets),
        None => previews,
    };
    let work: BTreeSet<HostName> = previews
        .iter()
        .filter(|preview| matches!(preview.result, HostResult::Pending { .. }))
        .map(|preview| preview.host.clone())
        .collect();
    if work.is_empty() {
        return Ok(previews);
    }
    run.interrupt.hold();
    if !confirm(&previews)? {
        return Ok(skip_all(previews, &work, "not confirmed"));
    }
    let (servers, clients): (Vec<_>, Vec<_>) = work.iter().cloned().partition(|name| {
        looked.get(name).is_some_and(|host| {
            host.as_ref()
                .is_ok_and(|host| host.desired.role.is_server())
        })
    });
    let peers = verify::seen(&looked);
    let mut done: BTreeMap<HostName, HostResult> = BTreeMap::new();
    for wave in [servers, clients] {
        let mut jobs = Vec::new();
        for name in wave {
            match held_back(run, &name, &previews, &done) {
                Some(reason) => {
                    done.insert(name, HostResult::Skipped { reason });
                }
                None => {
                    if let Some(Ok(host)) = looked.remove(&name) {
                        jobs.push((name, host));
                    }
                }
            }
        }
        done.extend(fleet::each(jobs, run.options.parallel, |(name, host)| {
            let result = apply_to(run, hosts, &name, host, &peers);
            run.progress.end(&name, "done");
            (name, result)
        }));
    }
    Ok(previews
        .into_iter()
        .map(|preview| match done.remove(&preview.host) {
            Some(result) => HostOutcome { result, ..preview },
            None => preview,
        })
        .collect())
}

fn outcome(name: &HostName, result: HostResult) -> HostOutcome {
    HostOutcome {
        host: name.clone(),
        result,
    }
}

fn skip_all(
    previews: Vec<HostOutcome>,
    work: &BTreeSet<HostName>,
    reason: &str,
) -> Vec<HostOutcome> {
    previews
        .into_iter()
        .map(|preview| {
            if work.contains(&preview.host) {
                outcome(
                    &preview.host,
                    HostResult::Skipped {
                        reason: reason.into(),
                    },
                )
            } else {
                preview
            }
        })
        .collect()
}

/// Why a host is not begun although it has a plan: a server that feeds it did not make it.
fn held_back(
    run: &Run,
    name: &HostName,
    previews: &[HostOutcome],
    done: &BTreeMap<HostName, HostResult>,
) -> Option<String> {
    if run.interrupt.heard() {
        return Some("interrupted".into());
    }
    let servers = run.servers_of(name);
    let bad = servers.into_iter().find(|server| {
        let before = previews.iter().find(|preview| preview.host == *server);
        match done.get(server).or(before.map(|preview| &preview.result)) {
            // A server that is not part of this run, or is in a later wave itself.
            None | Some(HostResult::Pending { .. }) => false,
            Some(
                HostResult::InSync { .. } | HostResult::Applied { .. } | HostResult::ByHand { .. },
            ) => false,
            Some(_) => true,
        }
    });
    bad.map(|server| {
        format!("its server {server} was not deployed; its clients are left as they are")
    })
}

fn apply_to(
    run: &Run,
    hosts: &dyn Change,
    name: &HostName,
    mut host: Looked,
    peers: &BTreeMap<HostName, ObservedHost>,
) -> HostResult {
    if run.interrupt.heard() {
        return HostResult::Skipped {
            reason: "interrupted".into(),
        };
    }
    let mut plan = plan::host(
        &host.desired,
        &host.observed,
        &run.secrets,
        run.options.policy,
    );
    if !plan.install.is_empty() {
        run.progress.begin(name, "installing NUT");
        if let Err(result) = install(run, hosts, name, &mut host, &plan.install) {
            return result;
        }
        plan = plan::host(
            &host.desired,
            &host.observed,
            &run.secrets,
            run.options.policy,
        );
        if !plan.blocked.is_empty() {
            return HostResult::Blocked {
                plan: Box::new(plan),
            };
        }
    }
    run.progress.begin(name, "applying");
    transaction::run(
        run,
        hosts,
        name,
        Planned {
            looked: host,
            plan,
            prove: true,
        },
        peers,
    )
}
