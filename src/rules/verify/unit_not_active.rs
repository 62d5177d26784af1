use super::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub static RULE: Rule = Rule {
    id: "unit-not-active",
    severity: Severity::Error,
    text: include_str!("unit_not_active.md"),
};

pub fn check(view: &View<'_>) -> Vec<Finding> {
    let mut units = Vec::new();
    if view.desired.role.is_server() {
        if view.desired.nut >= NutVersion::V2_8_0 {
            units.extend(
                view.desired
                    .expect
                    .ups
                    .iter()
                    .map(|ups| format!("nut-driver@{}.service", ups.name)),
            );
        } else {
            units.push("nut-driver.service".into());
        }
        units.push("nut-server.service".into());
    }
    units.push("nut-monitor.service".into());
    units
        .into_iter()
        .filter_map(|name| {
            let unit = view.observed.units.get(&name);
            let state = match unit {
                Some(unit) if unit.active == "active" => return None,
                Some(unit) if unit.load == "masked" => "masked".to_string(),
                Some(unit) => format!("{} ({})", unit.active, unit.sub),
                None => "not there".to_string(),
            };
            Some(RULE.finding(format!("{name} is {state}"), &[("unit", &name)]))
        })
        .collect()
}
