//! Plan, ask, apply, prove. What was confirmed is what runs: nothing is planned after the question.

mod appliance;
mod guests;
mod leaving;
mod preview;
mod repair;
mod transaction;
mod waves;
mod writer;

use anyhow::Result;

use super::interrupt::Interrupt;
use super::look::{Looked, Purpose, with_servers};
use super::saved_plan::SavedPlan;
use super::{Run, by_hand};
use crate::host::Change;
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::plan::HostPlan;
use guests::Guests;

pub use preview::Planner;
pub use writer::Writer;

/// A host with its plan, ready to be applied.
pub(super) struct Planned {
    pub looked: Looked,
    pub plan: HostPlan,
    /// Whether the result can be proven: nothing runs in the state before NUT was set up.
    pub prove: bool,
    /// The deploy that this undoes, for the host to remember.
    pub undoes: Option<String>,
}

/// Asks the user, with what would be done; a no is `false`.
pub type Confirm<'a> = dyn Fn(&[HostOutcome]) -> Result<bool> + 'a;

/// What `deploy` would do, without doing it.
///
/// # Errors
/// When a template does not render.
pub fn diff(run: &Run, names: &[HostName]) -> Result<Vec<HostOutcome>> {
    let asked = with_servers(run.inventory, names);
    let looked = run.looker().look(&asked, Purpose::Plan)?;
    Ok(run.planner().previews(names, &looked)?)
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
    let (looker, planner, writer) = (run.looker(), run.planner(), run.writer(hosts));
    let asked = with_servers(run.inventory, names);
    let mut looked = looker.look(&asked, Purpose::Plan)?;
    run.interrupt.hold();
    writer.heal(&looker, names, &mut looked);
    let mut outcomes = planner.previews(names, &looked)?;
    if let Some(saved) = saved {
        outcomes = saved.hold_to(outcomes, &run.secrets);
    }
    if !agreed(&run.interrupt, &mut outcomes, confirm)? {
        return Ok(outcomes);
    }
    let installed = writer.install_missing(&looker, &mut outcomes, &mut looked);
    if !installed.is_empty() {
        let mut again = planner.previews(&installed, &looked)?;
        agreed(&run.interrupt, &mut again, confirm)?;
        for outcome in again {
            put(&mut outcomes, outcome);
        }
    }
    let guests = Guests::before(&looked);
    let mut outcomes = writer.apply(run.inventory, outcomes, looked);
    guests.wait(&looker, &run.interrupt, &mut outcomes)?;
    by_hand::after_changes(&looker, &run.interrupt, &mut outcomes)?;
    Ok(outcomes)
}

/// Shows what is pending and asks, if anything is; after a no nothing is pending any more.
fn agreed(
    interrupt: &Interrupt,
    outcomes: &mut [HostOutcome],
    confirm: &Confirm<'_>,
) -> Result<bool> {
    if !outcomes.iter().any(is_pending) {
        return Ok(false);
    }
    let agreed = !interrupt.heard() && confirm(outcomes)?;
    if !agreed {
        let why = match interrupt.heard() {
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
