//! The last line: how many hosts, and what to type next.

use std::collections::BTreeMap;

use super::Page;
use super::words::{count, tally};
use crate::model::finding::Finding;
use crate::model::outcome::{HostOutcome, HostResult};

/// What is counted together, in the order it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Class {
    Change,
    Deployed,
    PutBack,
    Proven,
    InSync,
    ByHand,
    NotProven,
    Skipped,
    Blocked,
    Refused,
    Failed,
    RolledBack,
    NotRolledBack,
}

impl Class {
    /// As in `2 hosts change`.
    fn word(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Deployed => "deployed",
            Self::PutBack => "put back",
            Self::Proven => "proven",
            Self::InSync => "in sync",
            Self::ByHand => "by hand",
            Self::NotProven => "not proven",
            Self::Skipped => "skipped",
            Self::Blocked => "blocked",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::RolledBack => "rolled back",
            Self::NotRolledBack => "NOT rolled back",
        }
    }
}

/// `2 hosts change, 1 in sync, 1 by hand. Run `upsctl deploy` to apply.`
pub(super) fn line(command: &str, outcomes: &[HostOutcome], page: &Page) -> String {
    if outcomes.is_empty() || page.quiet() {
        return String::new();
    }
    let mut hosts: BTreeMap<Class, usize> = BTreeMap::new();
    for outcome in outcomes {
        *hosts.entry(class_of(command, &outcome.result)).or_default() += 1;
    }
    let mut parts: Vec<String> = Vec::new();
    for (class, n) in &hosts {
        let verb = match (class, n) {
            (Class::Change, 1) => "changes",
            _ => class.word(),
        };
        parts.push(match parts.is_empty() {
            true => format!("{} {verb}", count(*n, "host")),
            false => format!("{n} {verb}"),
        });
    }
    let next = match (command, hosts.get(&Class::Change)) {
        ("diff", Some(_)) => format!(" Run `{}` to apply.", again("deploy", page)),
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

fn class_of(command: &str, result: &HostResult) -> Class {
    let proven = |findings: &[Finding]| !findings.iter().any(Finding::speaks_against);
    match result {
        HostResult::Pending { .. } => Class::Change,
        HostResult::Applied { .. } if command == "rollback" => Class::PutBack,
        HostResult::Applied { .. } => Class::Deployed,
        HostResult::Verified { findings } if proven(findings) => Class::Proven,
        HostResult::Verified { .. } => Class::NotProven,
        HostResult::InSync { .. } => Class::InSync,
        HostResult::ByHand { .. } => Class::ByHand,
        HostResult::Skipped { .. } => Class::Skipped,
        HostResult::Blocked { .. } => Class::Blocked,
        HostResult::Refused { .. } => Class::Refused,
        HostResult::Failed { .. } => Class::Failed,
        HostResult::RolledBack { .. } => Class::RolledBack,
        HostResult::RollbackFailed { .. } => Class::NotRolledBack,
    }
}

/// `2 errors, 1 warning.`
pub(super) fn of_findings(findings: &[&Finding]) -> String {
    tally(findings.iter().copied()) + ".\n"
}
