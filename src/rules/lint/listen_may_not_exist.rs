use super::listen;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "listen-may-not-exist",
    severity: Severity::Warning,
    text: include_str!("listen_may_not_exist.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let late =
        listen::all(view).filter(|(listen, _)| !listen::is_always_there(&listen.address.value));
    late.map(|(listen, setting)| {
        let saw = format!("upsd listens on {}", listen.address.value);
        view.finding(&RULE, saw, view.at_setting(File::Upsd, setting), &[])
    })
    .collect()
}
