use super::traps;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "shell-syntax",
    severity: Severity::Error,
    text: include_str!("shell_syntax.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    traps::findings(view, &RULE, |kind| {
        matches!(
            kind,
            Trap::BlankAroundEquals
                | Trap::Export
                | Trap::Expansion
                | Trap::TrailingComment
                | Trap::OpenQuote
                | Trap::CarriageReturn
                | Trap::Executed
        )
    })
}
