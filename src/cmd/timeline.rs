//! `upsctl timeline`: the course of an outage, before it happens.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::session::Session;
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::model::finding::Severity;
use crate::report::timeline::{Basis, Course};
use crate::report::{self, screen};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag: what they hang together with is shown, too [default: all]
    #[arg(add = ArgValueCandidates::new(candidates::hosts_and_tags))]
    hosts: Vec<String>,
    /// From the files that upsctl would write; asks no host
    #[arg(long)]
    desired: bool,
    /// Write it as a page of its own, too
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
}

/// Computes who goes down when.
///
/// # Errors
/// An inventory or template that cannot be had, a page that cannot be written.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let session = Session::begin(global, &arguments.hosts)?;
    let told = match arguments.desired {
        true => flow::timeline::desired(&session, &session.chosen)?,
        false => flow::timeline::observed(&session, &session.chosen)?,
    };
    let mut exit = Exit::Done;
    if told
        .findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
    {
        exit = exit.worst(Exit::Findings);
    }
    if !told.not_looked.is_empty() {
        exit = exit.worst(Exit::HostFailed);
    }
    let course = Course {
        basis: if arguments.desired {
            Basis::Desired
        } else {
            Basis::Observed
        },
        line: told.line,
        findings: told.findings,
        not_looked: told
            .not_looked
            .into_iter()
            .map(|(host, error)| (host, error.to_string()))
            .collect(),
        guests_not_seen: told.guests_not_seen,
    };
    if let Some(path) = &arguments.html {
        let page = report::timeline::page(&course, "When mains fail")?;
        fs::write(path, page).with_context(|| format!("could not write {}", path.display()))?;
    }
    let text = match global.format {
        Format::Json => report::json::document("timeline", exit, &course)?,
        _ => {
            let mut page = session.page();
            page.width = screen::chart_width();
            let wrote = arguments
                .html
                .as_ref()
                .map(|path| format!("\nwrote {}\n", path.display()));
            report::timeline::human(&course, &page) + &wrote.unwrap_or_default()
        }
    };
    session.show(&text)?;
    Ok(exit)
}
