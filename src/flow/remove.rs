//! Gives a host back as it was before the first deploy: a rollback to that state, then everything of
//! upsctl is taken away. The host looks at the result itself before it forgets.

use std::time::Duration;

use anyhow::Result;

use super::deploy::{Confirm, outcome};
use super::{Run, rollback};
use crate::apply;
use crate::apply::history::RollbackTarget;
use crate::host::{Change, Command, Silent};
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::secret::Secret;

/// Units may take their time to start.
const DEADLINE: Duration = Duration::from_secs(240);

/// What became of a host.
#[derive(Debug)]
pub enum Removed {
    /// As it was, and nothing of upsctl is left: the host looked.
    Back,
    /// Not all of it: what the host says.
    Left(String),
    /// It went no further than this.
    Stopped(HostOutcome),
}

/// Asks `confirm` with what would be put back, and gives the host back.
///
/// # Errors
/// When the host cannot be looked at for a reason of this machine, or `confirm` cannot ask.
pub fn remove(
    run: &Run,
    hosts: &dyn Change,
    name: &HostName,
    confirm: &Confirm<'_>,
) -> Result<Removed> {
    let stopped = |result| Ok(Removed::Stopped(outcome(name, result)));
    if run.inventory.hosts[name].is_managed_truenas() {
        let reason = "a TrueNAS has nothing of upsctl but its history".into();
        let hint = format!("`upsctl rollback {name} ID` with the first of `upsctl history {name}`");
        return stopped(HostResult::Refused { reason, hint });
    }
    let history = match rollback::history(run, name) {
        Ok(history) => history,
        Err(error) => return stopped(HostResult::Failed { error }),
    };
    let mut standing = history
        .entries
        .iter()
        .filter(|entry| entry.state == "confirmed");
    let first = standing.next().map(|entry| entry.id.clone());
    let target = first.as_deref().map(RollbackTarget::Id);
    let preview = match target {
        Some(target) => rollback::preview(run, name, target)?,
        None => outcome(
            name,
            HostResult::InSync {
                findings: Vec::new(),
            },
        ),
    };
    let pending = match &preview.result {
        HostResult::Pending { .. } => true,
        HostResult::InSync { .. } => false,
        _ => return Ok(Removed::Stopped(preview)),
    };
    run.interrupt.hold();
    if run.interrupt.heard() || !confirm(std::slice::from_ref(&preview))? {
        let reason = "not confirmed".into();
        return stopped(HostResult::Skipped { reason });
    }
    if let Some(target) = target.filter(|_| pending) {
        let back = rollback::rollback(run, hosts, name, target, &|_| Ok(true))?;
        let fine = matches!(
            back.result,
            HostResult::Applied { .. } | HostResult::InSync { .. }
        );
        if !fine {
            return Ok(Removed::Stopped(back));
        }
    }
    let command = Command {
        program: apply::remove_program(""),
        input: Secret::new(""),
        deadline: DEADLINE,
    };
    let output = match hosts.change(name, &command, &mut Silent) {
        Ok(output) => output,
        Err(error) => return stopped(HostResult::Failed { error }),
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok(match text.lines().rfind(|line| !line.is_empty()) {
        Some("gone") => Removed::Back,
        Some(line) => Removed::Left(line.to_string()),
        None => Removed::Left("it did not say how it went".into()),
    })
}
