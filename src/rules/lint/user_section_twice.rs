use super::traps;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "user-section-twice",
    severity: Severity::Error,
    text: include_str!("user_section_twice.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    traps::findings(view, &RULE, |kind| matches!(kind, Trap::DuplicateUser(_)))
}
