use super::traps;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "section-broken",
    severity: Severity::Error,
    text: include_str!("section_broken.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    traps::findings(view, &RULE, |kind| {
        matches!(
            kind,
            Trap::BlankInSection
                | Trap::BrokenSection
                | Trap::DuplicateSection
                | Trap::SectionCase(_)
                | Trap::EmptySection
        )
    })
}
