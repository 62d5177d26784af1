//! What would be done to each host, or why it will not be: the same for `diff` and `deploy`.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{Looks, outcome};
use crate::flow::{Run, lint, verify};
use crate::model::desired::DesiredHost;
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::plan::HostPlan;
use crate::plan;

/// One outcome for each of `names`, in their order.
pub(super) fn previews(run: &Run, names: &[HostName], looked: &Looks) -> Result<Vec<HostOutcome>> {
    let refusals = lint::refusals(run, looked)?;
    let present = lint::present(run, looked);
    let holders = holders(looked);
    Ok(names
        .iter()
        .map(|name| {
            let mut result = preview(run, name, looked);
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

fn preview(run: &Run, name: &HostName, looked: &Looks) -> HostResult {
    match looked.get(name) {
        _ if !run.is_managed(name) => verify::by_hand(run, name, looked, Severity::Warning),
        Some(Ok(host)) => planned(run, &host.desired, &host.observed),
        Some(Err(error)) => HostResult::Failed {
            error: error.clone(),
        },
        None => HostResult::Skipped {
            reason: "it was not looked at".into(),
        },
    }
}

fn planned(run: &Run, desired: &DesiredHost, observed: &ObservedHost) -> HostResult {
    let mut plan = plan::host(desired, observed, &run.secrets, run.options.policy);
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
