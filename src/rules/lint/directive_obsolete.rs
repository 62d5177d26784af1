use super::traps;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::{File, Kind, Scope, lookup};
use crate::nut::files::TrapKind as Trap;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "directive-obsolete",
    severity: Severity::Warning,
    text: include_str!("directive_obsolete.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = traps::findings(view, &RULE, |kind| {
        matches!(kind, Trap::ObsoleteField | Trap::UpsmonEquals)
    });
    for file in [File::Upsd, File::Upsmon] {
        for setting in view.settings(file) {
            if setting
                .directive
                .is_some_and(|known| known.kind == Kind::Obsolete)
            {
                let saw = format!("{file} has {}, which is obsolete", setting.name.value);
                found.push(view.finding(&RULE, saw, view.at_setting(file, setting), &[]));
            }
        }
    }
    for section in view.sections() {
        for entry in &section.entries {
            let known = lookup(File::Ups, Scope::Section, &entry.key.value);
            if known.is_some_and(|known| known.kind == Kind::Obsolete) {
                let saw = format!(
                    "ups `{}` has {}, which is obsolete",
                    section.name, entry.key.value
                );
                found.push(view.finding(&RULE, saw, view.at_entry(section, entry), &[]));
            }
        }
    }
    found
}
