use super::view::View;
use super::{nearest, traps};
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::all;
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "directive-unknown",
    severity: Severity::Error,
    text: include_str!("directive_unknown.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let unknown = traps::all(view.host).filter_map(|(file, trap)| match trap.kind {
        Trap::UnknownDirective(meant) => Some((file, trap, meant)),
        Trap::UnknownField => Some((file, trap, None)),
        _ => None,
    });
    unknown
        .map(|(file, trap, meant)| {
            let name = traps::first_word(view.host, file, trap);
            let names = all(file).iter().map(|directive| directive.name);
            let hint = match meant.or_else(|| nearest::nearest(&name, names)) {
                Some(meant) => format!(": did you mean `{meant}`?"),
                None => String::new(),
            };
            let saw = format!("{file} has no directive `{name}`{hint}");
            view.finding(&RULE, saw, traps::place(view, file, trap), &[])
        })
        .collect()
}
