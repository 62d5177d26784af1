//! What stands below the heading of a host.

use super::finding::{list, quoted};
use super::{Page, Show, plan};
use crate::model::finding::Finding;
use crate::model::outcome::{HostResult, Sheet};
use crate::report::paint::{HOST, clean, paint};
use crate::report::wrap::labelled;

/// Lines of a log that are shown without `-v`.
const TAIL: usize = 15;

pub(super) fn body(result: &HostResult, page: &Page, show: Show) -> String {
    match result {
        HostResult::InSync { findings }
        | HostResult::Applied { findings, .. }
        | HostResult::Verified { findings } => sorted(findings, page),
        HostResult::Pending { plan } => match show {
            Show::All => plan::steps(plan, page),
            Show::Endings => String::new(),
        },
        HostResult::Blocked { plan } => {
            let steps = match show {
                Show::All => plan::steps(plan, page),
                Show::Endings => String::new(),
            };
            stacked([steps, sorted(&plan.blocked, page)])
        }
        HostResult::ByHand {
            sheet: text,
            findings,
        } => {
            let sheet = match show {
                Show::All if !page.quiet() => sheet(text, page),
                _ => String::new(),
            };
            stacked([sheet, sorted(findings, page)])
        }
        HostResult::Skipped { .. } => String::new(),
        HostResult::Refused { reason, hint } => advice("cause: ", reason, hint, page),
        HostResult::RolledBack { cause, log } => {
            advice("cause: ", cause, "", page) + &logged(log, page)
        }
        HostResult::RollbackFailed {
            cause,
            log,
            hands_on,
        } => {
            let commands = commands(hands_on);
            advice("cause: ", cause, "", page) + &logged(log, page) + &commands
        }
        HostResult::Failed { error } => advice("", "", &error.hint(), page),
    }
}

fn stacked(parts: [String; 2]) -> String {
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join("\n")
}

fn sorted(findings: &[Finding], page: &Page) -> String {
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    sorted.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
    list(&sorted, page)
}

fn advice(label: &str, what: &str, fix: &str, page: &Page) -> String {
    let mut out = String::new();
    labelled(&mut out, 2, label, what, page.width);
    labelled(&mut out, 2, "fix: ", fix, page.width);
    out
}

fn logged(log: &[String], page: &Page) -> String {
    if log.is_empty() {
        return String::new();
    }
    let hidden = if page.verbose() {
        0
    } else {
        log.len().saturating_sub(TAIL)
    };
    let more = match hidden {
        0 => String::new(),
        n => format!(" (`-v` shows {n} earlier lines)"),
    };
    format!("  what NUT logged{more}:\n{}", quoted(&log[hidden..]))
}

/// Bare lines to copy.
fn commands(lines: &[String]) -> String {
    let head = paint(HOST, "On the host, as root, type:");
    let lines: String = lines
        .iter()
        .map(|line| format!("    {}\n", clean(line)))
        .collect();
    format!("\n  {head}\n\n{lines}")
}

pub(super) fn sheet(sheet: &Sheet, page: &Page) -> String {
    let mut out = String::new();
    labelled(&mut out, 2, "", &sheet.title, page.width);
    let column = sheet
        .fields
        .iter()
        .map(|(field, _)| field.chars().count())
        .max()
        .unwrap_or(0);
    for (field, value) in &sheet.fields {
        let padding = " ".repeat(column.saturating_sub(field.chars().count()));
        let value = if value.is_empty() {
            "(empty)".into()
        } else {
            clean(value)
        };
        out.push_str(&format!("    {}:{padding}  {value}\n", clean(field)));
    }
    for note in &sheet.notes {
        labelled(&mut out, 2, "note: ", note, page.width);
    }
    out
}
