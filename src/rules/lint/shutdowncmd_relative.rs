use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "shutdowncmd-relative",
    severity: Severity::Warning,
    text: include_str!("shutdowncmd_relative.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(setting) = view.upsmon("SHUTDOWNCMD") else {
        return Vec::new();
    };
    let command = setting.value().map_or("", |word| word.value.trim());
    if command.is_empty() || command.starts_with(['/', '"', '\'']) {
        return Vec::new();
    }
    let program = command.split_whitespace().next().unwrap_or_default();
    let saw = format!("SHUTDOWNCMD runs `{program}`, without a path");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
