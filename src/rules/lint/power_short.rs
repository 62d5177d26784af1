use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::nut::files::TrapKind;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "power-short",
    severity: Severity::Error,
    text: include_str!("power_short.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(upsmon) = &view.host.upsmon else {
        return Vec::new();
    };
    // A power value that NUT cannot read is the matter of monitor-broken.
    if upsmon.traps.iter().any(|trap| {
        matches!(
            trap.kind,
            TrapKind::BadPowerValue | TrapKind::PowerValueRange
        )
    }) {
        return Vec::new();
    }
    let (power, needed) = (upsmon.power(), view.number("MINSUPPLIES"));
    if needed <= i64::from(power) || upsmon.settings.is_empty() {
        return Vec::new();
    }
    let place = view
        .upsmon("MINSUPPLIES")
        .map(|setting| view.at_setting(File::Upsmon, setting));
    let place = place.or_else(|| view.at_host("powered_by"));
    let saw = format!("MINSUPPLIES is {needed}, and the power values add up to {power}");
    vec![view.finding(&RULE, saw, place, &[("power", &power.to_string())])]
}
