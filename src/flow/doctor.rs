//! Looking at every host for `doctor`: one read-only command each, wider than a plain look; and the
//! repairs it may make.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::deploy::Planned;
use super::look::Purpose;
use super::{Run, fleet};
use crate::host::Change;
use crate::model::bundle::Wish;
use crate::model::name::HostName;
use crate::model::outcome::HostResult;
use crate::model::plan::{UnitAction, UnitStep};
use crate::model::verdict::Repair;
use crate::observe::{self, Came, Recorded};
use crate::plan;
use crate::truenas;

/// Looks at the hosts and at the servers they depend on, in parallel. A host that cannot be looked
/// at is part of the result: why it cannot is a diagnosis too.
///
/// # Errors
/// When a template does not render.
pub fn collect(run: &Run, names: &[HostName]) -> Result<Vec<Recorded>> {
    let looker = run.looker();
    let mut jobs = Vec::new();
    for name in with_servers(run, names) {
        let desired = run.desired(&name, None)?;
        let wish = Wish {
            platform: desired.platform,
            role: desired.role,
            expect: desired.expect.clone(),
            drifted: Vec::new(),
        };
        let probe = looker.probe(&name, Purpose::Doctor)?;
        jobs.push((name, wish, probe));
    }
    Ok(fleet::each(
        jobs,
        run.options.parallel,
        |(name, wish, probe)| {
            let host = &run.inventory.hosts[&name];
            let looked_at = now();
            let came = if run.inventory.is_managed(&name) {
                run.progress.begin(&name, "looking");
                let came = look_once(run, &name, &probe);
                run.progress.end(
                    &name,
                    if matches!(came, Came::Error(_)) {
                        "failed"
                    } else {
                        "looked"
                    },
                );
                came
            } else {
                Came::NotAsked
            };
            Recorded {
                host: name,
                address: host.address.clone(),
                wish,
                looked_at,
                came,
            }
        },
    ))
}

fn look_once(run: &Run, name: &HostName, probe: &observe::Probe) -> Came {
    let nonce = observe::nonce();
    let question = probe.question(&nonce, run.options.look_deadline);
    // An answer that was cut off is told with the host's own last words.
    let recorded = |answer: &[u8]| {
        observe::deep(&nonce, answer)?;
        Ok(Came::answer(&nonce, answer))
    };
    let output = run.hosts.look(name, &question);
    let came = output.and_then(|output| output.read(recorded));
    came.unwrap_or_else(Came::Error)
}

/// The named hosts and the servers that feed them.
fn with_servers(run: &Run, names: &[HostName]) -> BTreeSet<HostName> {
    let mut all: BTreeSet<HostName> = names.iter().cloned().collect();
    for name in names {
        all.extend(run.inventory.servers_of(name));
    }
    all
}

/// Unix time of this machine, seconds.
fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |elapsed| elapsed.as_secs())
}

/// Makes one repair on a host: a plan like any other, gated, applied and proven like any other.
///
/// # Errors
/// When a template does not render.
pub fn repair(
    run: &Run,
    hosts: &dyn Change,
    name: &HostName,
    repair: &Repair,
) -> Result<HostResult> {
    let only = std::slice::from_ref(name);
    let (looker, writer) = (run.looker(), run.writer(hosts));
    let mut looked = looker.look(only, Purpose::Plan)?;
    writer.heal(&looker, only, &mut looked);
    let host = match looked.remove(name) {
        Some(Ok(host)) => host,
        Some(Err(error)) => return Ok(HostResult::Failed { error }),
        None => {
            return Ok(HostResult::Skipped {
                reason: "its platform is not written to".into(),
            });
        }
    };
    // Through its middleware a TrueNAS has one repair: its configuration, with the service.
    let truenas = host.desired.is_truenas();
    let mut plan = match truenas {
        true => truenas::plan(&host.desired, &host.observed, &run.secrets),
        false => plan::host(
            &host.desired,
            &host.observed,
            &run.secrets,
            run.options.policy,
        ),
    };
    let units = match truenas {
        true => Vec::new(),
        false => units(repair),
    };
    // One unit is one step; files bring the restarts they need with them.
    let whole = units.is_empty();
    if !whole {
        plan.files.clear();
        plan.units = units;
        plan.blocked = plan::on_battery(&host.observed);
    }
    plan.blocked.extend(plan::unfinished(&host.observed));
    if !plan.blocked.is_empty() {
        return Ok(HostResult::Blocked {
            plan: Box::new(plan),
        });
    }
    if plan.in_sync() {
        return Ok(HostResult::InSync {
            findings: Vec::new(),
        });
    }
    run.progress.begin(name, "repairing");
    let planned = Planned {
        looked: host,
        plan,
        prove: whole,
        undoes: None,
    };
    let result = writer.transact(name, planned, &BTreeMap::new());
    run.progress.end(name, "done");
    Ok(result)
}

fn units(repair: &Repair) -> Vec<UnitStep> {
    let step = |unit: &str, action| UnitStep {
        unit: unit.into(),
        action,
        because: vec!["doctor found it broken".into()],
    };
    match repair {
        Repair::Unmask { unit } => vec![
            step(unit, UnitAction::Unmask),
            step(unit, UnitAction::Start),
        ],
        Repair::Start { unit } => vec![step(unit, UnitAction::Start)],
        Repair::Restart { unit } => vec![step(unit, UnitAction::Restart)],
        Repair::Enumerate => vec![step("nut-driver-enumerator.service", UnitAction::Enumerate)],
        Repair::Redeploy | Repair::Permissions => Vec::new(),
    }
}
