//! What comes before a plan can be applied: an older transaction is ended, NUT is installed.

use std::time::{Duration, Instant};

use super::{Writer, outcome, put};
use crate::apply;
use crate::flow::fleet;
use crate::flow::look::{Looked, Looker, Looks};
use crate::host::{Command, Silent};
use crate::model::name::HostName;
use crate::model::outcome::{HostError, HostOutcome, HostResult};
use crate::model::secret::Secret;
use crate::truenas;

/// How long another deploy is waited for: one whose client died puts itself back in about half of it.
const PATIENCE: Duration = Duration::from_secs(60);
const PAUSE: Duration = Duration::from_secs(1);
const HEAL_DEADLINE: Duration = Duration::from_secs(240);
const INSTALL_DEADLINE: Duration = Duration::from_secs(900);

impl Writer<'_> {
    /// Ends transactions that nobody holds any more, clears away what others left, and looks again
    /// at those hosts. The program of a client that died goes on for some seconds: it is waited for.
    pub(in crate::flow) fn heal(
        &self,
        looker: &Looker<'_>,
        names: &[HostName],
        looked: &mut Looks,
    ) {
        for name in names {
            let Some(Ok(host)) = looked.get_mut(name) else {
                continue;
            };
            if let Err(error) = self.heal_one(looker, name, host) {
                looked.insert(name.clone(), Err(error));
            }
        }
    }

    fn heal_one(
        &self,
        looker: &Looker<'_>,
        name: &HostName,
        host: &mut Looked,
    ) -> Result<(), HostError> {
        let until = Instant::now() + PATIENCE;
        while let Some(holder) = holder(host) {
            if Instant::now() >= until || self.interrupt.heard() {
                return Ok(());
            }
            let what = format!("waiting for an earlier deploy to end ({holder})");
            self.progress.begin(name, &what);
            std::thread::sleep(PAUSE);
            *host = looker.again(name)?;
        }
        let silent = |program| (program, Secret::new(""));
        let truenas = host.desired.is_truenas();
        let (what, (program, input)) = match &host.observed.transaction {
            Some(_) if truenas => ("putting an unfinished deploy back", truenas::heal()),
            Some(open) => (
                "putting an unfinished deploy back",
                silent(apply::heal_program(&open.id, "")),
            ),
            None if host.observed.leftovers.is_empty() => return Ok(()),
            None => ("clearing away", silent(apply::tidy_program(""))),
        };
        self.progress.begin(name, what);
        let command = Command {
            program,
            input,
            deadline: HEAL_DEADLINE,
        };
        self.hosts.change(name, &command, &mut Silent)?;
        *host = looker.again(name)?;
        Ok(())
    }

    /// Installs what the plans say is missing, at the same time, and looks again at those hosts:
    /// what they have is another matter then. Gives those where it was installed; what failed is in
    /// `outcomes`.
    pub(super) fn install_missing(
        &self,
        looker: &Looker<'_>,
        outcomes: &mut [HostOutcome],
        looked: &mut Looks,
    ) -> Vec<HostName> {
        let mut jobs = Vec::new();
        for outcome in outcomes.iter() {
            let HostResult::Pending { plan } = &outcome.result else {
                continue;
            };
            if !plan.install.is_empty() {
                jobs.push((outcome.host.clone(), plan.install.clone()));
            }
        }
        let names: Vec<String> = jobs.iter().map(|(name, _)| name.to_string()).collect();
        let done = self.while_telling(&names.join(", "), || {
            fleet::each(jobs, self.options.parallel, |(name, packages)| {
                let result = self.install(&name, &packages);
                let host = result.and_then(|()| {
                    let failed = |error| HostResult::Failed { error };
                    looker.again(&name).map_err(failed)
                });
                self.progress.end(&name, "done");
                (name, host)
            })
        });
        let mut installed = Vec::new();
        for (name, host) in done {
            match host {
                Ok(host) => {
                    looked.insert(name.clone(), Ok(host));
                    installed.push(name);
                }
                Err(result) => put(outcomes, outcome(&name, result)),
            }
        }
        installed
    }

    fn install(&self, name: &HostName, packages: &[String]) -> Result<(), HostResult> {
        self.progress.begin(name, "installing NUT");
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
        let output = self.hosts.change(name, &command, &mut Silent);
        let output = output.map_err(failed)?;
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
        Ok(())
    }
}

/// Who is at work on the host.
fn holder(host: &Looked) -> Option<&str> {
    host.observed.transaction.as_ref()?.holder.as_deref()
}
