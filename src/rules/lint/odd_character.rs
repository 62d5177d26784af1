use super::traps;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "odd-character",
    severity: Severity::Warning,
    text: include_str!("odd_character.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    traps::findings(
        view,
        &RULE,
        |kind| matches!(kind, Trap::Words(problem) if !problem.loses_text()),
    )
}
