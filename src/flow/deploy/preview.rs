//! What would be done to each host, or why it will not be: the same for `diff` and `deploy`.

use std::collections::{BTreeMap, BTreeSet};

use super::{leaving, outcome};
use crate::flow::look::Looks;
use crate::flow::{by_hand, lint};
use crate::model::desired::DesiredHost;
use crate::model::diagnostic::Diagnostics;
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::plan::{Becomes, HostPlan, PasswordOf};
use crate::model::secret::SecretStore;
use crate::plan::{self, Policy};
use crate::render::{self, InventoryIndex, Templates};
use crate::rules;
use crate::site::ParsedSite;
use crate::truenas;

/// Plans from what was seen; asks no host.
pub struct Planner<'a> {
    pub(in crate::flow) index: &'a InventoryIndex<'a>,
    pub(in crate::flow) templates: &'a Templates,
    pub(in crate::flow) secrets: &'a SecretStore,
    pub(in crate::flow) policy: Policy,
}

impl Planner<'_> {
    /// One outcome for each of `names`, in their order.
    ///
    /// # Errors
    /// When a template does not render.
    pub(super) fn previews(
        &self,
        names: &[HostName],
        looked: &Looks,
    ) -> Result<Vec<HostOutcome>, Diagnostics> {
        let desired = self.lint(looked)?;
        let present = lint::present(self.index, self.secrets, looked);
        let holders = holders(looked);
        let held = match self.policy.lock_out {
            true => BTreeMap::new(),
            false => leaving::held(names, looked, self.secrets),
        };
        Ok(names
            .iter()
            .map(|name| {
                let mut result = self.preview(name, looked, &held);
                if let HostResult::Pending { plan } | HostResult::Blocked { plan } = &mut result {
                    say_where_else(plan, &holders);
                }
                outcome(
                    name,
                    with_findings(
                        result,
                        lint::about(&desired, name),
                        lint::about(&present, name),
                    ),
                )
            })
            .collect())
    }

    /// Errors and warnings in the files that would be written, across all hosts of the inventory,
    /// for the versions that the hosts have where they were looked at. Nothing is written while
    /// there is an error.
    fn lint(&self, looked: &Looks) -> Result<Vec<Finding>, Diagnostics> {
        let mut hosts = Vec::new();
        for name in self.index.inventory.hosts.keys() {
            hosts.push(match looked.get(name) {
                Some(Ok(host)) => host.desired.clone(),
                _ => render::desired(self.index, name, None, self.templates)?,
            });
        }
        let site = ParsedSite::rendered(self.index.inventory, &hosts, self.index.places);
        let found = rules::lint::check(&site.with_secrets(self.secrets)).findings;
        let grave = |finding: &Finding| finding.severity > Severity::Note;
        Ok(found.into_iter().filter(grave).collect())
    }

    fn preview(
        &self,
        name: &HostName,
        looked: &Looks,
        held: &BTreeMap<String, leaving::Held>,
    ) -> HostResult {
        match looked.get(name) {
            _ if !self.index.inventory.is_managed(name) => {
                by_hand::by_hand(self.index, name, looked, Severity::Warning)
            }
            Some(Ok(host)) => self.planned(&host.desired, &host.observed, looked, held),
            Some(Err(error)) => HostResult::Failed {
                error: error.clone(),
            },
            None => HostResult::Skipped {
                reason: "it was not looked at".into(),
            },
        }
    }

    fn planned(
        &self,
        desired: &DesiredHost,
        observed: &ObservedHost,
        looked: &Looks,
        held: &BTreeMap<String, leaving::Held>,
    ) -> HostResult {
        let desired = &leaving::with_held(desired, held);
        let mut plan = match desired.is_truenas() {
            true => truenas::plan(desired, observed, self.secrets),
            false => plan::host(desired, observed, self.secrets, self.policy),
        };
        plan.blocked.extend(plan::unfinished(observed));
        let held = leaving::held_findings(desired, held);
        if !plan.blocked.is_empty() {
            HostResult::Blocked {
                plan: Box::new(plan),
            }
        } else if plan.in_sync() {
            HostResult::InSync {
                findings: plan::power(observed).into_iter().chain(held).collect(),
            }
        } else {
            plan.warnings = plan::power(observed);
            plan.warnings.extend(held);
            let inventory = self.index.inventory;
            plan.warnings
                .extend(leaving::first(desired, observed, &plan, self.secrets));
            plan.warnings.extend(leaving::strangers(
                inventory, looked, desired, observed, &plan,
            ));
            HostResult::Pending {
                plan: Box::new(plan),
            }
        }
    }
}

/// The hosts whose files hold the password of a user: it comes from one source, so it is one.
fn holders(looked: &Looks) -> BTreeMap<String, BTreeSet<HostName>> {
    let mut holders: BTreeMap<String, BTreeSet<HostName>> = BTreeMap::new();
    for (name, host) in looked
        .iter()
        .filter_map(|(name, host)| Some((name, host.as_ref().ok()?)))
    {
        for user in host.desired.users() {
            holders.entry(user).or_default().insert(name.clone());
        }
    }
    holders
}

fn say_where_else(plan: &mut HostPlan, holders: &BTreeMap<String, BTreeSet<HostName>>) {
    let steps = plan.files.iter_mut();
    for change in steps.flat_map(|step| step.passwords.iter_mut()) {
        if let (PasswordOf::User(user), Becomes::New | Becomes::Changed) =
            (&change.of, change.becomes)
        {
            let all = holders.get(user).into_iter().flatten();
            change.same_on = all.filter(|name| **name != plan.host).cloned().collect();
        }
    }
}

fn with_findings(result: HostResult, desired: Vec<Finding>, present: Vec<Finding>) -> HostResult {
    match result {
        HostResult::Pending { mut plan } | HostResult::Blocked { mut plan } => {
            let (errors, warnings) = desired
                .into_iter()
                .partition(|finding| finding.severity == Severity::Error);
            plan.blocked.extend::<Vec<_>>(errors);
            plan.warnings.extend::<Vec<_>>(warnings);
            plan.present = present;
            if plan.blocked.is_empty() {
                HostResult::Pending { plan }
            } else {
                HostResult::Blocked { plan }
            }
        }
        HostResult::InSync { mut findings } => {
            let grave = |finding: &Finding| finding.severity > Severity::Note;
            findings.extend(present.into_iter().filter(grave));
            HostResult::InSync { findings }
        }
        other => other,
    }
}
