//! Plan, ask, apply, prove; servers before their clients.

pub(super) mod transaction;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use anyhow::Result;

use super::look::{self, Looked, Purpose};
use super::saved_plan::SavedPlan;
use super::{Context, fleet, lint, verify};
use crate::apply;
use crate::host::{Command, Effect, Silent};
use crate::model::desired::DesiredHost;
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostError, HostOutcome, HostResult};
use crate::model::plan::HostPlan;
use crate::model::secret::Secret;
use crate::plan;

const HEAL_DEADLINE: Duration = Duration::from_secs(240);
const INSTALL_DEADLINE: Duration = Duration::from_secs(900);

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
pub fn diff(context: &Context<'_>, names: &[HostName]) -> Result<Vec<HostOutcome>> {
    let looked = look::look(
        context,
        &verify::with_servers(context, names),
        Purpose::Plan,
    )?;
    previews(context, names, &looked)
}

fn previews(context: &Context<'_>, names: &[HostName], looked: &Looks) -> Result<Vec<HostOutcome>> {
    let refusals = lint::refusals(context, looked)?;
    let present = lint::present(context, looked);
    let holders = holders(looked);
    Ok(names
        .iter()
        .map(|name| {
            let mut result = preview(context, name, looked);
            if let HostResult::Pending { plan } | HostResult::Blocked { plan } = &mut result {
                say_where_else(plan, &holders);
            }
            outcome(
                name,
                with_findings(
                    result,
                    lint::about(&refusals, name),
                    lint::about(&present, name),
                ),
            )
        })
        .collect())
}

/// The hosts whose files hold the password of a user: it comes from one source, so it is one.
fn holders(looked: &Looks) -> BTreeMap<String, BTreeSet<HostName>> {
    let mut holders: BTreeMap<String, BTreeSet<HostName>> = BTreeMap::new();
    for (name, host) in looked
        .iter()
        .filter_map(|(name, host)| Some((name, host.as_ref().ok()?)))
    {
        for user in host
            .desired
            .files
            .values()
            .flat_map(|file| file.content.users())
        {
            holders
                .entry(user.to_string())
                .or_default()
                .insert(name.clone());
        }
    }
    holders
}

fn say_where_else(plan: &mut HostPlan, holders: &BTreeMap<String, BTreeSet<HostName>>) {
    for note in plan
        .files
        .iter_mut()
        .flat_map(|step| step.passwords.iter_mut())
    {
        let Some((user, _)) = note
            .strip_prefix("password of user ")
            .and_then(|rest| rest.split_once(": "))
        else {
            continue;
        };
        let others: Vec<String> = holders
            .get(user)
            .into_iter()
            .flatten()
            .filter(|name| **name != plan.host)
            .map(ToString::to_string)
            .collect();
        if !others.is_empty() && !note.ends_with("removed") {
            note.push_str(&format!(", same as on host {}", others.join(", ")));
        }
    }
}

fn with_findings(result: HostResult, refusals: Vec<Finding>, present: Vec<Finding>) -> HostResult {
    match result {
        HostResult::Pending { mut plan } | HostResult::Blocked { mut plan } => {
            plan.blocked.extend(refusals);
            plan.present = present;
            if plan.blocked.is_empty() {
                HostResult::Pending { plan }
            } else {
                HostResult::Blocked { plan }
            }
        }
        HostResult::InSync { .. } => HostResult::InSync {
            findings: present
                .into_iter()
                .filter(|finding| finding.severity > Severity::Note)
                .collect(),
        },
        other => other,
    }
}

/// Plans, holds the plan to the `saved` one if there is one, asks `confirm` with what `diff` would have said, applies, and says what became of each.
///
/// # Errors
/// When a template does not render, or `confirm` cannot ask.
pub fn deploy(
    context: &Context<'_>,
    names: &[HostName],
    saved: Option<&SavedPlan>,
    confirm: &dyn Fn(&[HostOutcome]) -> Result<bool>,
) -> Result<Vec<HostOutcome>> {
    let mut looked = look::look(
        context,
        &verify::with_servers(context, names),
        Purpose::Plan,
    )?;
    heal(context, names, &mut looked)?;
    let previews = previews(context, names, &looked)?;
    let previews = match saved {
        Some(saved) => saved.hold_to(previews, context.secrets),
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
            match held_back(context, &name, &previews, &done) {
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
        done.extend(fleet::each(
            jobs,
            context.options.parallel,
            |(name, host)| {
                let result = apply_to(context, &name, host, &peers);
                context.progress.end(&name, "done");
                (name, result)
            },
        ));
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

fn preview(context: &Context<'_>, name: &HostName, looked: &Looks) -> HostResult {
    match looked.get(name) {
        _ if !look::is_managed(context.inventory.hosts[name].platform) => {
            verify::by_hand(context, name, looked, Severity::Warning)
        }
        Some(Ok(host)) => planned(context, &host.desired, &host.observed),
        Some(Err(error)) => HostResult::Failed {
            error: error.clone(),
        },
        None => HostResult::Skipped {
            reason: "it was not looked at".into(),
        },
    }
}

fn planned(context: &Context<'_>, desired: &DesiredHost, observed: &ObservedHost) -> HostResult {
    let mut plan = plan::host(desired, observed, context.secrets, context.options.policy);
    plan.blocked.extend(verify::unfinished(observed));
    if !plan.blocked.is_empty() {
        HostResult::Blocked {
            plan: Box::new(plan),
        }
    } else if plan.in_sync() {
        HostResult::InSync {
            findings: Vec::new(),
        }
    } else {
        HostResult::Pending {
            plan: Box::new(plan),
        }
    }
}

/// Ends transactions that nobody holds any more, and looks again at those hosts.
fn heal(context: &Context<'_>, names: &[HostName], looked: &mut Looks) -> Result<()> {
    for name in names {
        let Some(Ok(host)) = looked.get_mut(name) else {
            continue;
        };
        let Some(open) = &host.observed.transaction else {
            continue;
        };
        if open.holder.is_some() {
            continue;
        }
        context
            .progress
            .begin(name, "putting an unfinished deploy back");
        let command = Command {
            effect: Effect::Write,
            program: apply::heal_program(&open.id, ""),
            input: Secret::new(""),
            deadline: HEAL_DEADLINE,
        };
        let again = host
            .transport
            .run(&command, &mut Silent)
            .and_then(|_| look_again(context, name, host));
        if let Err(error) = again {
            looked.insert(name.clone(), Err(error));
        }
    }
    Ok(())
}

fn look_again(context: &Context<'_>, name: &HostName, host: &mut Looked) -> Result<(), HostError> {
    let local = |why: anyhow::Error| HostError::Local {
        detail: why.to_string(),
    };
    let probe = look::probe(context, name, Purpose::Plan).map_err(local)?;
    host.observed = look::observe_once(context, host.transport.as_mut(), name, &probe)?;
    host.desired = look::desired_for(context, name, &host.observed).map_err(local)?;
    Ok(())
}

/// Why a host is not begun although it has a plan: a server that feeds it did not make it.
fn held_back(
    context: &Context<'_>,
    name: &HostName,
    previews: &[HostOutcome],
    done: &BTreeMap<HostName, HostResult>,
) -> Option<String> {
    if context.is_interrupted() {
        return Some("interrupted".into());
    }
    let servers = verify::servers_of(context, name);
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
    context: &Context<'_>,
    name: &HostName,
    mut host: Looked,
    peers: &BTreeMap<HostName, ObservedHost>,
) -> HostResult {
    if context.is_interrupted() {
        return HostResult::Skipped {
            reason: "interrupted".into(),
        };
    }
    let mut plan = plan::host(
        &host.desired,
        &host.observed,
        context.secrets,
        context.options.policy,
    );
    if !plan.install.is_empty() {
        context.progress.begin(name, "installing NUT");
        if let Err(result) = install(context, name, &mut host, &plan.install) {
            return result;
        }
        plan = plan::host(
            &host.desired,
            &host.observed,
            context.secrets,
            context.options.policy,
        );
        if !plan.blocked.is_empty() {
            return HostResult::Blocked {
                plan: Box::new(plan),
            };
        }
    }
    context.progress.begin(name, "applying");
    transaction::run(
        context,
        name,
        Planned {
            looked: host,
            plan,
            prove: true,
        },
        peers,
    )
}

/// Installs packages and looks again: what the host has is another matter then.
fn install(
    context: &Context<'_>,
    name: &HostName,
    host: &mut Looked,
    packages: &[String],
) -> Result<(), HostResult> {
    let program = format!(
        "export DEBIAN_FRONTEND=noninteractive LC_ALL=C\n\
         apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 {0} </dev/null 2>&1 ||\n\
         {{ apt-get update </dev/null && apt-get install -y --no-install-recommends -o DPkg::Lock::Timeout=120 {0} </dev/null; }} 2>&1\n",
        packages.join(" ")
    );
    let command = Command {
        effect: Effect::Write,
        program,
        input: Secret::new(""),
        deadline: INSTALL_DEADLINE,
    };
    let failed = |error| HostResult::Failed { error };
    let output = host.transport.run(&command, &mut Silent).map_err(failed)?;
    if output.status != 0 {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let why = text
            .lines()
            .rev()
            .find(|line| line.starts_with("E:"))
            .unwrap_or("apt-get failed");
        return Err(HostResult::Refused {
            reason: format!("installing {} failed: {why}", packages.join(" ")),
            hint: format!(
                "on the host: apt-get update && apt-get install {}",
                packages.join(" ")
            ),
        });
    }
    look_again(context, name, host).map_err(failed)
}
