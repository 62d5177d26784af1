//! `upsctl drill`: rehearses the outage on the real hosts.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::session::Session;
use super::{Format, Global, candidates};
use crate::exit::Exit;
use crate::flow::drill::{self, Prepared};
use crate::model::drill::{DrillReport, DrillResult};
use crate::report::drill::{Rehearsed, human, outline};
use crate::report::timeline::{Basis, Course};
use crate::report::{self, prompt, screen};
use crate::time::TimeLine;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag; the servers of what they watch take part, too [default: all]
    #[arg(add = ArgValueCandidates::new(candidates::hosts_and_tags))]
    hosts: Vec<String>,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Polls and FINALDELAY of a second: quick, but the site's own times are not rehearsed
    #[arg(long)]
    fast: bool,
    /// Write what happened as a page of its own, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Plans, asks, rehearses, says what it proved.
///
/// # Errors
/// An inventory that cannot be had, no terminal to ask on, a page that cannot be written.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    if !arguments.yes && !prompt::can_ask() {
        bail!(
            "drill asks before it starts anything, and there is no terminal to ask on\nhint: run it with -y to go on without asking"
        );
    }
    let session = Session::begin(global, &arguments.hosts)?;
    session.interrupt.listen()?;
    let rehearsal = match drill::prepare(&session, &session.chosen, arguments.fast)? {
        Prepared::Ready(rehearsal) => rehearsal,
        Prepared::Not(stop) => {
            let report = DrillReport {
                result: DrillResult::Stopped,
                fast: arguments.fast,
                port: session.inventory.site.drill_port,
                seconds: 0.0,
                stopped: Some(stop),
                not_rehearsed: Vec::new(),
                verdicts: Vec::new(),
            };
            return end(
                &session,
                global,
                report,
                TimeLine::default(),
                Exit::HostFailed,
            );
        }
    };
    let silent = arguments.yes && global.quiet;
    if global.format != Format::Json && !silent {
        let mut page = session.page();
        page.width = screen::chart_width();
        session.show(&outline(&rehearsal.plan.outline(), &page))?;
    }
    if !arguments.yes && !session.ask("\nHold this drill? Only 'yes' is accepted: ")? {
        session.say("nothing was started\n")?;
        return Ok(Exit::HostFailed);
    }
    session.interrupt.hold();
    let (report, line) = drill::hold(&session, session.to_change(), &rehearsal);
    let exit = match report.result {
        _ if session.interrupt.heard() => Exit::Interrupted,
        DrillResult::Passed => Exit::Done,
        DrillResult::Failed => Exit::Findings,
        DrillResult::Stopped => Exit::HostFailed,
    };
    if let Some(path) = &arguments.html {
        let page = report::timeline::page(&course(line.clone()), "What the drill measured")?;
        fs::write(path, page).with_context(|| format!("could not write {}", path.display()))?;
    }
    end(&session, global, report, line, exit)
}

/// What happened, as the page has it.
fn course(line: TimeLine) -> Course {
    Course {
        basis: Basis::Observed,
        line,
        findings: Vec::new(),
        not_looked: Default::default(),
        guests_not_seen: Default::default(),
    }
}

fn end(
    session: &Session<'_>,
    global: &Global,
    report: DrillReport,
    line: TimeLine,
    exit: Exit,
) -> Result<Exit> {
    let rehearsed = Rehearsed { report, line };
    let text = match global.format {
        Format::Json => report::json::document("drill", exit, &rehearsed)?,
        _ => {
            let mut page = session.page();
            page.width = screen::chart_width();
            human(&rehearsed, &page)
        }
    };
    session.show(&text)?;
    Ok(exit)
}
