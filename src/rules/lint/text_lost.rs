use super::traps;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "text-lost",
    severity: Severity::Error,
    text: include_str!("text_lost.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    traps::findings(
        view,
        &RULE,
        |kind| matches!(kind, Trap::Words(problem) if problem.loses_text()),
    )
}
