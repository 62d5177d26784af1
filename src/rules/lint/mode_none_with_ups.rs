use super::keys;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "mode-none-with-ups",
    severity: Severity::Error,
    text: include_str!("mode_none_with_ups.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mode = view.host.nut.as_ref().and_then(|nut| nut.get("MODE"));
    let Some(mode) = mode.filter(|mode| mode.value == "none" && view.host.has_ups()) else {
        return Vec::new();
    };
    let saw = "MODE is none, and ups.conf has UPSes";
    vec![view.finding(&RULE, saw, keys::at_assignment(view, mode), &[])]
}
