//! The last line: how many hosts, and what to type next.

use super::Page;
use super::words::{count, tally};
use crate::model::finding::Finding;
use crate::model::outcome::{HostOutcome, HostResult};

/// What is counted together, in the order it is said.
const CLASSES: [&str; 13] = [
    "change",
    "deployed",
    "put back",
    "proven",
    "in sync",
    "by hand",
    "not proven",
    "skipped",
    "blocked",
    "refused",
    "failed",
    "rolled back",
    "NOT rolled back",
];

/// `2 hosts change, 1 in sync, 1 by hand. Run `upsctl deploy` to apply.`
pub(super) fn line(command: &str, outcomes: &[HostOutcome], page: &Page) -> String {
    if outcomes.is_empty() || page.quiet() {
        return String::new();
    }
    let number = |class| {
        outcomes
            .iter()
            .filter(|outcome| class_of(command, &outcome.result) == class)
            .count()
    };
    let mut parts: Vec<String> = Vec::new();
    for class in CLASSES {
        let n = number(class);
        if n == 0 {
            continue;
        }
        let verb = if class == "change" && n == 1 {
            "changes"
        } else {
            class
        };
        parts.push(match parts.is_empty() {
            true => format!("{} {verb}", count(n, "host")),
            false => format!("{n} {verb}"),
        });
    }
    let next = match (command, number("change")) {
        ("diff", 1..) => format!(" Run `{}` to apply.", again("deploy", page)),
        _ => String::new(),
    };
    format!("{}.{next}\n", parts.join(", "))
}

/// The command for the hosts of this run.
fn again(command: &str, page: &Page) -> String {
    let words = ["upsctl", command]
        .into_iter()
        .chain(page.selection.iter().map(String::as_str));
    words.collect::<Vec<_>>().join(" ")
}

fn class_of(command: &str, result: &HostResult) -> &'static str {
    let proven = |findings: &[Finding]| !findings.iter().any(Finding::speaks_against);
    match result {
        HostResult::Pending { .. } => "change",
        HostResult::Applied { .. } if command == "rollback" => "put back",
        HostResult::Applied { .. } => "deployed",
        HostResult::Verified { findings } if proven(findings) => "proven",
        HostResult::Verified { .. } => "not proven",
        HostResult::InSync { .. } => "in sync",
        HostResult::ByHand { .. } => "by hand",
        HostResult::Skipped { .. } => "skipped",
        HostResult::Blocked { .. } => "blocked",
        HostResult::Refused { .. } => "refused",
        HostResult::Failed { .. } => "failed",
        HostResult::RolledBack { .. } => "rolled back",
        HostResult::RollbackFailed { .. } => "NOT rolled back",
    }
}

/// `2 errors, 1 warning.`
pub(super) fn of_findings(findings: &[&Finding]) -> String {
    tally(findings.iter().copied()) + ".\n"
}
