use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "run-as-user",
    severity: Severity::Warning,
    text: include_str!("run_as_user.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(setting) = view.upsmon("RUN_AS_USER") else {
        return Vec::new();
    };
    let user = setting.value().map_or("", |word| word.value.as_str());
    if user == "nut" {
        return Vec::new();
    }
    let saw = format!("upsmon runs as `{user}`");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
