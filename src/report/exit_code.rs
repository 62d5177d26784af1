//! From what became of the hosts to one number.

use crate::exit::Exit;
use crate::model::finding::{Finding, Severity};
use crate::model::outcome::{HostOutcome, HostResult};

/// How a run over these hosts ends: the worst host wins. Pending changes count when
/// `pending_counts`, as with `diff --exit-code`.
pub fn exit_code(outcomes: &[HostOutcome], pending_counts: bool) -> Exit {
    outcomes
        .iter()
        .map(|outcome| of(&outcome.result, pending_counts))
        .fold(Exit::Done, Exit::worst)
}

/// How a run ends that has nothing but findings to show.
pub fn of_findings(findings: &[Finding]) -> Exit {
    let bad = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    if bad { Exit::Findings } else { Exit::Done }
}

fn of(result: &HostResult, pending_counts: bool) -> Exit {
    match result {
        HostResult::InSync { findings }
        | HostResult::Applied { findings, .. }
        | HostResult::ByHand { findings, .. } => of_findings(findings),
        // What nobody could look at is not proven, and not wrong either.
        HostResult::Verified { findings } => match of_findings(findings) {
            Exit::Done if findings.iter().any(|finding| finding.unsure) => Exit::HostFailed,
            exit => exit,
        },
        HostResult::Pending { .. } if pending_counts => Exit::Pending,
        HostResult::Pending { .. } => Exit::Done,
        HostResult::Blocked { .. } => Exit::Findings,
        // Saying no at the prompt is among these: what was asked for was not done.
        HostResult::Skipped { .. } | HostResult::Refused { .. } | HostResult::Failed { .. } => {
            Exit::HostFailed
        }
        HostResult::RolledBack { .. } => Exit::RolledBack,
        HostResult::RollbackFailed { .. } => Exit::RollbackFailed,
    }
}
