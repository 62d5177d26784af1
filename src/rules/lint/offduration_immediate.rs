use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "offduration-immediate",
    severity: Severity::Note,
    text: include_str!("offduration_immediate.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let value = view.number("OFFDURATION");
    let written = view
        .upsmon("OFFDURATION")
        .filter(|_| view.host.version == NutVersion::V2_8_1 && value >= 0);
    let Some(setting) = written else {
        return Vec::new();
    };
    let saw = format!("NUT 2.8.1 does not honour OFFDURATION {value} for a UPS on battery");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
