use super::allow::Allow;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "allow-unused",
    severity: Severity::Note,
    text: include_str!("allow_unused.md"),
};

/// Runs after all others: it is about what they said.
pub(super) fn of(allow: &Allow<'_>) -> Finding {
    let finding = RULE.finding(
        format!("allow has `{}`, which silences nothing", allow.rule),
        &[],
    );
    let finding = match allow.host {
        Some(host) => finding.on(host),
        None => finding,
    };
    match allow.place.clone() {
        Some(place) => finding.at(place),
        None => finding,
    }
}
