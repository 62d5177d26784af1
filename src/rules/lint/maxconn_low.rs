use super::listen;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "maxconn-low",
    severity: Severity::Warning,
    text: include_str!("maxconn_low.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(setting) = view.upsd("MAXCONN") else {
        return Vec::new();
    };
    let Some(most) = setting
        .value()
        .and_then(|word| word.value.parse::<usize>().ok())
    else {
        return Vec::new();
    };
    let least = view.sections().count() + listen::all(view).count() + view.watchers().count();
    if most >= least.max(1) {
        return Vec::new();
    }
    let saw = format!("MAXCONN is {most}, and upsd has {least} connections");
    vec![view.finding(
        &RULE,
        saw,
        view.at_setting(File::Upsd, setting),
        &[("least", &least.to_string())],
    )]
}
