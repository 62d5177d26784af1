//! The line that says what became of a host.

use anstyle::Style;

use super::finding;
use super::plan;
use super::words::tally;
use crate::model::finding::{Finding, Severity};
use crate::model::outcome::{HostOutcome, HostResult};
use crate::report::paint::{BAD, CHANGE, GOOD, HOST, PLAIN, WARNING, clean, paint};

/// `pve  in sync`, the names padded to `column`.
pub(super) fn line(command: &str, outcome: &HostOutcome, column: usize) -> String {
    let name = outcome.host.as_str();
    let padding = " ".repeat(column.saturating_sub(name.len()) + 2);
    let (style, text) = says(command, &outcome.result);
    let text = text.replace('\n', " ");
    format!(
        "{}{padding}{}\n",
        paint(HOST, name),
        paint(style, &clean(&text))
    )
}

/// The line above the findings about one host, or about the inventory.
pub(super) fn group(name: &str, findings: &[&Finding]) -> String {
    let style = worst(findings.iter().copied());
    format!(
        "{}  {}\n",
        paint(HOST, name),
        paint(style, &tally(findings.iter().copied()))
    )
}

fn worst<'a>(findings: impl Iterator<Item = &'a Finding>) -> Style {
    findings
        .map(|finding| finding.severity)
        .max()
        .map_or(GOOD, finding::style)
}

fn says(command: &str, result: &HostResult) -> (Style, String) {
    match result {
        HostResult::InSync { findings } => judged("in sync", findings),
        HostResult::Pending { plan } => (CHANGE, plan::counts(plan)),
        HostResult::Applied { plan, findings } => {
            let proof = if is_unproven(findings) {
                "not proven"
            } else {
                "proven"
            };
            let did = if command == "rollback" {
                "earlier state back"
            } else {
                "deployed"
            };
            judged(&format!("{did}: {}", plan::done(plan, proof)), findings)
        }
        HostResult::Verified { findings } if findings.is_empty() => (GOOD, "all proven".into()),
        HostResult::Verified { findings } if has_error(findings) => (BAD, tally(findings)),
        HostResult::Verified { findings } if is_unproven(findings) => {
            judged("not all could be looked at", findings)
        }
        HostResult::Verified { findings } => judged("proven", findings),
        HostResult::ByHand { findings, .. } if findings.is_empty() => {
            (PLAIN, "set by hand, logged in".into())
        }
        HostResult::ByHand { findings, .. } => judged("set by hand", findings),
        HostResult::Skipped { reason } => (WARNING, format!("skipped: {reason}")),
        HostResult::Blocked { plan } => match plan::counts(plan) {
            counts if counts.is_empty() => (BAD, "blocked".into()),
            counts => (BAD, format!("blocked: {counts}")),
        },
        HostResult::Refused { .. } => {
            (BAD, "the host refused to begin, nothing was changed".into())
        }
        HostResult::RolledBack { .. } => (BAD, "rolled back, the host is as it was".into()),
        HostResult::RollbackFailed { .. } => (BAD, "ROLLBACK FAILED, hands are needed".into()),
        HostResult::Failed { error } => (BAD, format!("failed: {}", error)),
    }
}

/// A good word, and the findings that qualify it.
fn judged(word: &str, findings: &[Finding]) -> (Style, String) {
    if findings.is_empty() {
        return (GOOD, word.into());
    }
    (
        worst(findings.iter()),
        format!("{word}, {}", tally(findings)),
    )
}

fn is_unproven(findings: &[Finding]) -> bool {
    findings.iter().any(Finding::speaks_against)
}

fn has_error(findings: &[Finding]) -> bool {
    findings
        .iter()
        .any(|finding| finding.severity == Severity::Error)
}
