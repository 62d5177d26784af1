//! Plan, ask, apply, prove. What was confirmed is what runs: nothing is planned after the question.

mod preview;
mod repair;
pub(super) mod transaction;
mod waves;

use std::collections::BTreeMap;

use anyhow::Result;

use super::look::{self, Looked, Purpose};
use super::saved_plan::SavedPlan;
use super::{Run, verify};
use crate::host::Change;
use crate::model::name::HostName;
use crate::model::outcome::{HostError, HostOutcome, HostResult};
use crate::model::plan::HostPlan;

use preview::previews;
pub(super) use repair::heal;
pub(super) use waves::while_telling;

/// A host with its plan, ready to be applied.
pub(super) struct Planned {
    pub looked: Looked,
    pub plan: HostPlan,
    /// Whether the result can be proven: nothing runs in the state before NUT was set up.
    pub prove: bool,
    /// The deploy that this undoes, for the host to remember.
    pub undoes: Option<String>,
}

pub(super) type Looks = BTreeMap<HostName, Result<Looked, HostError>>;

/// Asks the user, with what would be done; a no is `false`.
pub type Confirm<'a> = dyn Fn(&[HostOutcome]) -> Result<bool> + 'a;

/// What `deploy` would do, without doing it.
///
/// # Errors
/// When a template does not render.
pub fn diff(run: &Run, names: &[HostName]) -> Result<Vec<HostOutcome>> {
    let looked = look::look(run, &verify::with_servers(run, names), Purpose::Plan)?;
    previews(run, names, &looked)
}

/// Plans, holds the plan to the `saved` one if there is one, asks `confirm` with what `diff` would
/// have said, applies, and says what became of each. Where NUT was installed first, `confirm` is
/// asked again, with the plan for what was installed.
///
/// # Errors
/// When a template does not render, or `confirm` cannot ask.
pub fn deploy(
    run: &Run,
    hosts: &dyn Change,
    names: &[HostName],
    saved: Option<&SavedPlan>,
    confirm: &Confirm<'_>,
) -> Result<Vec<HostOutcome>> {
    let mut looked = look::look(run, &verify::with_servers(run, names), Purpose::Plan)?;
    run.interrupt.hold();
    heal(run, hosts, names, &mut looked)?;
    let mut outcomes = previews(run, names, &looked)?;
    if let Some(saved) = saved {
        outcomes = saved.hold_to(outcomes, &run.secrets);
    }
    if !agreed(run, &mut outcomes, confirm)? {
        return Ok(outcomes);
    }
    let installed = repair::install_missing(run, hosts, &mut outcomes, &mut looked);
    if !installed.is_empty() {
        let mut again = previews(run, &installed, &looked)?;
        agreed(run, &mut again, confirm)?;
        for outcome in again {
            put(&mut outcomes, outcome);
        }
    }
    waves::apply(run, hosts, outcomes, looked)
}

/// Shows what is pending and asks, if anything is; after a no nothing is pending any more.
fn agreed(run: &Run, outcomes: &mut [HostOutcome], confirm: &Confirm<'_>) -> Result<bool> {
    if !outcomes.iter().any(is_pending) {
        return Ok(false);
    }
    let agreed = !run.interrupt.heard() && confirm(outcomes)?;
    if !agreed {
        let why = match run.interrupt.heard() {
            true => "interrupted",
            false => "not confirmed",
        };
        for outcome in outcomes.iter_mut().filter(|outcome| is_pending(outcome)) {
            outcome.result = HostResult::Skipped { reason: why.into() };
        }
    }
    Ok(agreed)
}

fn is_pending(outcome: &HostOutcome) -> bool {
    matches!(outcome.result, HostResult::Pending { .. })
}

/// Replaces what is known of a host.
fn put(outcomes: &mut [HostOutcome], new: HostOutcome) {
    let old = outcomes.iter_mut().find(|old| old.host == new.host);
    if let Some(old) = old {
        *old = new;
    }
}

pub(super) fn outcome(name: &HostName, result: HostResult) -> HostOutcome {
    HostOutcome {
        host: name.clone(),
        result,
    }
}
