use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "deadtime-inert",
    severity: Severity::Note,
    text: include_str!("deadtime_inert.md"),
};

/// Twice NUT's own value: whoever sets more counts on it.
const RELIED_ON: i64 = 30;

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let bitten = (NutVersion::V2_8_1..NutVersion::V2_8_3).contains(&view.host.version);
    let raised = view
        .upsmon("DEADTIME")
        .filter(|_| bitten && view.number("DEADTIME") > RELIED_ON);
    let Some(setting) = raised else {
        return Vec::new();
    };
    let saw = format!(
        "NUT {} does not honour DEADTIME {}",
        view.host.version,
        view.number("DEADTIME")
    );
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
