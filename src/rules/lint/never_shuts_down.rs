use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "never-shuts-down",
    severity: Severity::Error,
    text: include_str!("never_shuts_down.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let power = view.host.upsmon.as_ref().map_or(0, |upsmon| upsmon.power());
    let Some(setting) = view.upsmon("MINSUPPLIES") else {
        return Vec::new();
    };
    let zero = setting
        .value()
        .is_some_and(|word| word.value.parse() == Ok(0i64));
    if power == 0 || !zero {
        return Vec::new();
    }
    let saw = format!("MINSUPPLIES is 0, and the host has {power} supplies that count");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
