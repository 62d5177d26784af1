//! `doctor --fix`: the safe repairs, one question each, the root cause first.

use std::collections::BTreeSet;
use std::io::stdin;

use anyhow::{Result, bail};

use super::Global;
use super::site::{self, Site};
use crate::flow;
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::verdict::{Diagnosis, Repair};
use crate::plan::Policy;
use crate::report::{self, prompt, screen};

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
    pub fn offer(&mut self, global: &Global, site: &Site, diagnosis: &Diagnosis) -> Result<bool> {
        if let Some(line) = diagnosis.power.iter().find(|line| line.on_battery) {
            say(
                global,
                &format!(
                    "no repair is offered while {}@{} says {}\n",
                    line.ups, line.host, line.text
                ),
            )?;
            return Ok(false);
        }
        for check in diagnosis.failures().chain(diagnosis.warnings()) {
            let Some(repair) = &check.repair else {
                continue;
            };
            if !self.offered.insert((check.host.clone(), repair.clone())) || site.was_interrupted()
            {
                continue;
            }
            let question = format!(
                "{}: {}? Only 'yes' is accepted: ",
                check.host,
                repair.describe()
            );
            say(global, &question)?;
            let agreed = self.yes || prompt::is_yes(&mut stdin().lock())?;
            if self.yes {
                say(global, "yes\n")?;
            }
            if agreed && make(global, site, &check.host, repair)? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn say(global: &Global, text: &str) -> Result<()> {
    Ok(screen::stderr(text, site::color(global))?)
}

/// Makes a repair and tells what became of it; whether anything was changed.
fn make(global: &Global, site: &Site, host: &HostName, repair: &Repair) -> Result<bool> {
    let index = site.index();
    let context = site.context(global, Policy::default(), &index);
    let result = flow::doctor::repair(&context, site.to_change(), host, repair)?;
    site.clear_bars();
    let changed = matches!(result, HostResult::Applied { .. });
    let outcome = [HostOutcome {
        host: host.clone(),
        result,
    }];
    say(
        global,
        &report::human::endings("deploy", &outcome, &site.page(global)),
    )?;
    Ok(changed)
}
