//! `upsctl check`: the linter. Offline, without passwords, for people and for CI.

use std::collections::BTreeMap;
use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use clap_complete::engine::ArgValueCandidates;
use serde::Serialize;

use super::candidates;
use super::session::{print, verbosity};
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow::check::Check;
use crate::flow::check_files::check_files;
use crate::flow::exposure::exposure;
use crate::flow::run::templates;
use crate::inventory;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::finding::{Finding, Severity};
use crate::nut::version::NutVersion;
use crate::report::{self, human::Page};
use crate::rules::lint::Report;

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    #[arg(add = ArgValueCandidates::new(candidates::hosts_and_tags))]
    hosts: Vec<String>,
    /// For these NUT versions [default: nut_version of each host, else 2.8.0]
    #[arg(long, value_name = "VERSION", value_delimiter = ',')]
    nut: Vec<NutVersion>,
    /// NUT files that upsctl did not render, instead of an inventory: a folder like /etc/nut, or one
    /// with a folder for each host
    #[arg(long, value_name = "DIR", conflicts_with = "hosts")]
    files: Option<PathBuf>,
    /// Exit with 3 on warnings, too
    #[arg(long)]
    strict: bool,
}

/// Checks the inventory, what is rendered from it, and what must agree across hosts.
///
/// # Errors
/// An inventory or template that cannot be had; for machines it is on stdout instead.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    match check(global, arguments) {
        Ok(report) => say(global, arguments, &report),
        Err(error) if global.format == Format::Human => Err(error),
        Err(error) => match error.downcast::<Diagnostics>() {
            Ok(errors) => broken(global, &errors.0),
            Err(error) => Err(error),
        },
    }
}

fn check(global: &Global, arguments: &Arguments) -> Result<Report> {
    if let Some(dir) = &arguments.files {
        return check_files(dir, &arguments.nut);
    }
    let loaded = inventory::load(&global.inventory)?;
    let hosts = inventory::select(&loaded.inventory, &arguments.hosts)?;
    let places = loaded.places();
    let templates = templates(&loaded, global.templates.as_deref())?;
    let check = Check {
        inventory: &loaded.inventory,
        templates: &templates,
        places: &places,
        versions: &arguments.nut,
        exposure: exposure(&loaded.inventory, &places),
    };
    let report = check.run()?;
    Ok(if arguments.hosts.is_empty() {
        report
    } else {
        report.only(&hosts)
    })
}

fn say(global: &Global, arguments: &Arguments, report: &Report) -> Result<Exit> {
    let exit = exit(&report.findings, arguments.strict);
    let text = match global.format {
        Format::Json => json(exit, &report.findings, &report.silenced)?,
        Format::Github => report::github::annotations(&report.findings) + &silenced(report),
        Format::Human | Format::Markdown | Format::Prometheus => {
            report::human::findings(&report.findings, &Page::new(verbosity(global)))
                + &silenced(report)
        }
    };
    print(global, &text)?;
    Ok(exit)
}

fn silenced(report: &Report) -> String {
    report
        .silenced_lines()
        .into_iter()
        .map(|line| line + "\n")
        .collect()
}

fn exit(findings: &[Finding], strict: bool) -> Exit {
    let limit = if strict {
        Severity::Warning
    } else {
        Severity::Error
    };
    let bad = findings.iter().any(|finding| finding.severity >= limit);
    if bad { Exit::Findings } else { Exit::Done }
}

#[derive(Serialize)]
struct Payload<'a> {
    findings: &'a [Finding],
    silenced: &'a BTreeMap<String, usize>,
}

fn json(exit: Exit, findings: &[Finding], silenced: &BTreeMap<String, usize>) -> Result<String> {
    Ok(report::json::document(
        "check",
        exit,
        Payload { findings, silenced },
    )?)
}

/// An inventory that is no inventory, as findings: CI shows them beside the lines.
fn broken(global: &Global, errors: &[Diagnostic]) -> Result<Exit> {
    let findings: Vec<Finding> = errors.iter().map(finding).collect();
    let text = match global.format {
        Format::Json => json(Exit::Usage, &findings, &BTreeMap::new())?,
        _ => report::github::annotations(&findings),
    };
    print(global, &text)?;
    Ok(Exit::Usage)
}

fn finding(error: &Diagnostic) -> Finding {
    let finding = Finding::new("inventory", Severity::Error, &error.message);
    let finding = match &error.place {
        Some(place) => finding.at((**place).clone()),
        None => finding,
    };
    match &error.help {
        Some(help) => finding.fix(help),
        None => finding,
    }
}
