//! What comes before a plan can be applied: an older transaction is ended, NUT is installed.

use std::time::Duration;

use anyhow::Result;

use super::Looks;
use crate::apply;
use crate::flow::Run;
use crate::flow::look::{self, Looked, Purpose};
use crate::host::{Change, Command, Silent};
use crate::model::name::HostName;
use crate::model::outcome::{HostError, HostResult};
use crate::model::secret::Secret;

const HEAL_DEADLINE: Duration = Duration::from_secs(240);
const INSTALL_DEADLINE: Duration = Duration::from_secs(900);

/// Ends transactions that nobody holds any more, clears away what others left, and looks again at
/// those hosts.
pub(super) fn heal(
    run: &Run,
    hosts: &dyn Change,
    names: &[HostName],
    looked: &mut Looks,
) -> Result<()> {
    for name in names {
        let Some(Ok(host)) = looked.get_mut(name) else {
            continue;
        };
        let (what, program) = match &host.observed.transaction {
            Some(open) if open.holder.is_some() => continue,
            Some(open) => (
                "putting an unfinished deploy back",
                apply::heal_program(&open.id, ""),
            ),
            None if host.observed.leftovers.is_empty() => continue,
            None => ("clearing away", apply::tidy_program("")),
        };
        run.progress.begin(name, what);
        let command = Command {
            program,
            input: Secret::new(""),
            deadline: HEAL_DEADLINE,
        };
        let again = hosts
            .change(name, &command, &mut Silent)
            .and_then(|_| look_again(run, name, host));
        if let Err(error) = again {
            looked.insert(name.clone(), Err(error));
        }
    }
    Ok(())
}

fn look_again(run: &Run, name: &HostName, host: &mut Looked) -> Result<(), HostError> {
    let local = |why: anyhow::Error| HostError::Local {
        detail: why.to_string(),
    };
    let probe = look::probe(run, name, Purpose::Plan).map_err(local)?;
    host.observed = look::observe_once(run, name, &probe)?;
    host.desired = look::desired_for(run, name, &host.observed).map_err(local)?;
    Ok(())
}

/// Installs packages and looks again: what the host has is another matter then.
pub(super) fn install(
    run: &Run,
    hosts: &dyn Change,
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
        program,
        input: Secret::new(""),
        deadline: INSTALL_DEADLINE,
    };
    let failed = |error| HostResult::Failed { error };
    let output = hosts.change(name, &command, &mut Silent).map_err(failed)?;
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
    look_again(run, name, host).map_err(failed)
}
