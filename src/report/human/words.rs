//! Small grammar.

use crate::model::finding::{Finding, Severity};

/// `1 file`, `2 files`.
pub(super) fn count(n: usize, one: &str) -> String {
    format!("{n} {one}{}", if n == 1 { "" } else { "s" })
}

/// `1 file changes`, `2 files change`.
pub(super) fn does(n: usize, noun: &str, verb: &str) -> String {
    format!("{} {verb}{}", count(n, noun), if n == 1 { "s" } else { "" })
}

/// `a, b and c`.
pub(super) fn and(words: &[String]) -> String {
    match words {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// `2 errors, 1 warning`; nothing when there are no findings.
pub(super) fn tally<'a>(findings: impl IntoIterator<Item = &'a Finding>) -> String {
    let mut counts = [0; 3];
    for finding in findings {
        counts[finding.severity as usize] += 1;
    }
    [Severity::Error, Severity::Warning, Severity::Note]
        .into_iter()
        .filter(|&severity| counts[severity as usize] > 0)
        .map(|severity| count(counts[severity as usize], word(severity)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// The severity as it is written.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Note => "note",
        Severity::Warning => "warning",
        Severity::Error => "error",
    }
}
