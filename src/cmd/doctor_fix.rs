//! `doctor --fix`: the safe repairs, one question each, the root cause first.

use std::collections::BTreeSet;

use anyhow::{Result, bail};

use super::session::Session;
use crate::flow;
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::verdict::{Diagnosis, Repair};
use crate::report::{self, prompt};

/// The repairs of a run. None is offered twice: what did not help once is a person's case.
pub(super) struct Repairs {
    offered: BTreeSet<(HostName, Repair)>,
    yes: bool,
}

impl Repairs {
    /// None offered yet.
    ///
    /// # Errors
    /// When there is nobody to ask.
    pub fn new(yes: bool) -> Result<Self> {
        if !yes && !prompt::can_ask() {
            bail!(
                "--fix asks before each repair, and there is no terminal to ask on\nhint: add -y to repair without asking"
            );
        }
        Ok(Self {
            offered: BTreeSet::new(),
            yes,
        })
    }

    /// Offers repairs until one is made; whether one was, so that looking again is worth it.
    ///
    /// # Errors
    /// When the question cannot be asked or a template does not render.
    pub fn offer(&mut self, session: &Session<'_>, diagnosis: &Diagnosis) -> Result<bool> {
        if let Some(line) = diagnosis.power.iter().find(|line| line.on_battery) {
            session.say(&format!(
                "no repair is offered while {}@{} says {}\n",
                line.ups, line.host, line.text
            ))?;
            return Ok(false);
        }
        session.interrupt.hold();
        for check in diagnosis.failures().chain(diagnosis.warnings()) {
            let Some(repair) = &check.repair else {
                continue;
            };
            if !self.offered.insert((check.host.clone(), repair.clone()))
                || session.interrupt.heard()
            {
                continue;
            }
            let question = format!(
                "{}: {}? Only 'yes' is accepted: ",
                check.host,
                repair.describe()
            );
            let agreed = match self.yes {
                true => session.say(&format!("{question}yes\n")).map(|()| true)?,
                false => session.ask(&question)?,
            };
            if agreed && make(session, &check.host, repair)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Makes a repair and tells what became of it; whether anything was changed.
fn make(session: &Session<'_>, host: &HostName, repair: &Repair) -> Result<bool> {
    let result = flow::doctor::repair(session, session.to_change(), host, repair)?;
    let changed = matches!(result, HostResult::Applied { .. });
    let outcome = [HostOutcome {
        host: host.clone(),
        result,
    }];
    session.say(&report::human::endings("deploy", &outcome, &session.page()))?;
    Ok(changed)
}
