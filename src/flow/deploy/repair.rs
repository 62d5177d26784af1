//! What comes before a plan can be applied: an older transaction is ended, NUT is installed.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::waves::while_telling;
use super::{Looks, outcome, put};
use crate::apply;
use crate::flow::look::{self, Looked, Purpose};
use crate::flow::{Run, fleet};
use crate::host::{Change, Command, Silent};
use crate::model::name::HostName;
use crate::model::outcome::{HostError, HostOutcome, HostResult};
use crate::model::secret::Secret;

/// How long another deploy is waited for: one whose client died puts itself back in about half of it.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);
const HEAL_DEADLINE: Duration = Duration::from_secs(240);
const INSTALL_DEADLINE: Duration = Duration::from_secs(900);

/// Ends transactions that nobody holds any more, clears away what others left, and looks again at
/// those hosts. The program of a
/// client that died goes on for some seconds: it is waited for.
pub(in crate::flow) fn heal(
    run: &Run,
    hosts: &dyn Change,
    names: &[HostName],
    looked: &mut Looks,
) -> Result<()> {
    for name in names {
        let Some(Ok(host)) = looked.get_mut(name) else {
            continue;
        };
        if let Err(error) = heal_one(run, hosts, name, host) {
            looked.insert(name.clone(), Err(error));
        }
    }
    Ok(())
}

fn heal_one(
    run: &Run,
    hosts: &dyn Change,
    name: &HostName,
    host: &mut Looked,
) -> Result<(), HostError> {
    let until = Instant::now() + PATIENCE;
    while let Some(holder) = holder(host) {
        if Instant::now() >= until || run.interrupt.heard() {
            return Ok(());
        }
        let what = format!("waiting for an earlier deploy to end ({holder})");
        run.progress.begin(name, &what);
        std::thread::sleep(PAUSE);
        look_again(run, name, host)?;
    }
    let (what, program) = match &host.observed.transaction {
        Some(open) => (
            "putting an unfinished deploy back",
            apply::heal_program(&open.id, ""),
        ),
        None if host.observed.leftovers.is_empty() => return Ok(()),
        None => ("clearing away", apply::tidy_program("")),
    };
    run.progress.begin(name, what);
    let command = Command {
        program,
        input: Secret::new(""),
        deadline: HEAL_DEADLINE,
    };
    hosts.change(name, &command, &mut Silent)?;
    look_again(run, name, host)
}

/// Who is at work on the host.
fn holder(host: &Looked) -> Option<&str> {
    host.observed.transaction.as_ref()?.holder.as_deref()
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

/// Installs what the plans say is missing, at the same time, and looks again at those hosts: what
/// they have is another matter then. Gives those where it was installed; what failed is in `outcomes`.
pub(super) fn install_missing(
    run: &Run,
    hosts: &dyn Change,
    outcomes: &mut [HostOutcome],
    looked: &mut Looks,
) -> Vec<HostName> {
    let mut jobs = Vec::new();
    for outcome in outcomes.iter() {
        let HostResult::Pending { plan } = &outcome.result else {
            continue;
        };
        if plan.install.is_empty() {
            continue;
        }
        if let Some(Ok(host)) = looked.remove(&outcome.host) {
            jobs.push((outcome.host.clone(), host, plan.install.clone()));
        }
    }
    let names: Vec<String> = jobs.iter().map(|(name, ..)| name.to_string()).collect();
    let done = while_telling(run, &names.join(", "), || {
        fleet::each(jobs, run.options.parallel, |(name, mut host, packages)| {
            let result = install(run, hosts, &name, &mut host, &packages);
            run.progress.end(&name, "done");
            (name, host, result)
        })
    });
    let mut installed = Vec::new();
    for (name, host, result) in done {
        match result {
            Ok(()) => {
                looked.insert(name.clone(), Ok(host));
                installed.push(name);
            }
            Err(result) => put(outcomes, outcome(&name, result)),
        }
    }
    installed
}

fn install(
    run: &Run,
    hosts: &dyn Change,
    name: &HostName,
    host: &mut Looked,
    packages: &[String],
) -> Result<(), HostResult> {
    run.progress.begin(name, "installing NUT");
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
