//! Text for a person.

mod diff;
mod events;
mod finding;
mod heading;
mod host;
mod import;
mod plan;
mod status;
mod summary;
#[cfg(test)]
mod tests;
mod words;

pub use diff::change_of;
pub use events::{event, happened};
pub use import::{ImportSummary, imported};
pub use status::{news, status, status_lines};

use super::paint::{HOST, clean, paint};
use super::{Verbosity, screen};
use crate::model::finding::{Finding, Severity};
use crate::model::history::History;
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult, Sheet};

/// How a text is laid out.
#[derive(Debug, Clone)]
pub struct Page {
    pub verbosity: Verbosity,
    /// Columns for prose; diffs and logs are as wide as they are.
    pub width: usize,
    /// The hosts as the user named them, for the commands that are offered; empty for all.
    pub selection: Vec<String>,
}

impl Page {
    /// A page as wide as the terminal, for all hosts.
    pub fn new(verbosity: Verbosity) -> Self {
        Self {
            verbosity,
            width: screen::width(),
            selection: Vec::new(),
        }
    }

    pub(super) fn quiet(&self) -> bool {
        self.verbosity == Verbosity::Quiet
    }

    pub(super) fn verbose(&self) -> bool {
        self.verbosity == Verbosity::Verbose
    }
}

/// Whether plans and sheets are part of the text.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Show {
    All,
    /// They were shown when the user was asked.
    Endings,
}

/// What a command found on, or would do to, each host, in the order given.
pub fn outcomes(command: &str, outcomes: &[HostOutcome], page: &Page) -> String {
    text(command, outcomes, page, Show::All)
}

/// What became of each host after [`outcomes`] had shown the plans: without them.
pub fn endings(command: &str, outcomes: &[HostOutcome], page: &Page) -> String {
    text(command, outcomes, page, Show::Endings)
}

fn text(command: &str, outcomes: &[HostOutcome], page: &Page, show: Show) -> String {
    let shown: Vec<&HostOutcome> = outcomes
        .iter()
        .filter(|outcome| !page.quiet() || speaks(&outcome.result))
        .collect();
    let column = shown
        .iter()
        .map(|outcome| outcome.host.as_str().len())
        .max()
        .unwrap_or(0);
    let mut out = String::new();
    let mut roomy = false;
    for outcome in shown {
        let heading = heading::line(command, outcome, column);
        let body = host::body(&outcome.result, page, show);
        if !out.is_empty() && (roomy || !body.is_empty()) {
            out.push('\n');
        }
        roomy = !body.is_empty();
        out.push_str(&heading);
        out.push_str(&body);
    }
    let findings: Vec<&Finding> = outcomes
        .iter()
        .flat_map(|outcome| said(&outcome.result))
        .collect();
    let end = finding::explain(&findings, page) + &summary::line(command, outcomes, page);
    if !out.is_empty() && !end.is_empty() {
        out.push('\n');
    }
    out + &end
}

/// Whether a result is worth a line when the user wants none without need.
fn speaks(result: &HostResult) -> bool {
    match result {
        HostResult::InSync { findings }
        | HostResult::Verified { findings }
        | HostResult::ByHand { findings, .. } => findings
            .iter()
            .any(|finding| finding.severity > Severity::Note),
        _ => true,
    }
}

/// The findings that the text of a result shows.
fn said(result: &HostResult) -> &[Finding] {
    match result {
        HostResult::InSync { findings }
        | HostResult::Applied { findings, .. }
        | HostResult::Verified { findings }
        | HostResult::ByHand { findings, .. } => findings,
        HostResult::Pending { plan } => &plan.warnings,
        HostResult::Blocked { plan } => &plan.blocked,
        HostResult::Skipped { .. }
        | HostResult::Refused { .. }
        | HostResult::RolledBack { .. }
        | HostResult::RollbackFailed { .. }
        | HostResult::Failed { .. } => &[],
    }
}

/// Findings by host, those about the inventory first, the gravest first within each.
pub fn findings(findings: &[Finding], page: &Page) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by(|a, b| a.host.cmp(&b.host).then(b.severity.cmp(&a.severity)));
    if sorted.is_empty() {
        return if page.quiet() {
            String::new()
        } else {
            "No findings.\n".into()
        };
    }
    let mut out = String::new();
    for group in sorted.chunk_by(|a, b| a.host == b.host) {
        let name = group[0]
            .host
            .as_ref()
            .map_or("inventory", |host| host.as_str());
        out.push_str(&heading::group(name, group));
        out.push_str(&finding::list(group, page));
        out.push('\n');
    }
    out + &finding::explain(&sorted, page) + &summary::of_findings(&sorted)
}

/// Earlier deploys of a host, the newest last.
pub fn history(name: &HostName, history: &History, page: &Page) -> String {
    if history.entries.is_empty() {
        return format!("{name}  no deploy is remembered\n");
    }
    let mut out = String::new();
    for entry in &history.entries {
        let files = if entry.files.is_empty() {
            "no files".into()
        } else {
            entry.files.join(", ")
        };
        out.push_str(&format!(
            "{}  {:11}  {files}   by {}{}\n",
            paint(HOST, &clean(&entry.id)),
            clean(&entry.state),
            clean(&entry.holder),
            entry.undoes.as_ref().map_or_else(String::new, |id| {
                format!(", a rollback of {}", clean(id))
            })
        ));
        if page.verbose() {
            for unit in &entry.units {
                out.push_str(&format!("    {}\n", clean(unit)));
            }
        }
    }
    out.push_str(&format!(
        "\n`upsctl rollback {name} ID` puts back what was there before deploy ID.\n"
    ));
    out
}

/// What must stand in the settings of a machine that is not written to.
pub fn sheet(sheet: &Sheet, page: &Page) -> String {
    host::sheet(sheet, page)
}
