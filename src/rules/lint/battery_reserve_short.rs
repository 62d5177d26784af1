use super::timing::Timing;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "battery-reserve-short",
    severity: Severity::Warning,
    text: include_str!("battery_reserve_short.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    if view.host.upsmon.is_none() {
        return Vec::new();
    }
    let own = view
        .site
        .written(&view.host.name)
        .and_then(|host| host.shutdown_takes);
    let timing = Timing::of(view);
    let least = timing.poll
        + timing.hostsync
        + timing.finaldelay
        + own.map_or(0, |own| i64::try_from(own.as_secs()).unwrap_or(i64::MAX));
    let sections = view
        .sections()
        .filter(|section| section.get("ignorelb").is_some());
    let reserves = sections.filter_map(|section| {
        let entry = section.get("override.battery.runtime.low")?;
        let reserve: i64 = entry.value.as_ref()?.value.parse().ok()?;
        Some((section, entry, reserve))
    });
    reserves
        .filter(|(_, _, reserve)| *reserve < least)
        .map(|(section, entry, reserve)| {
            let saw = format!(
                "ups `{}` counts as low with {reserve} s left, and the shutdown takes {least} s",
                section.name
            );
            view.finding(
                &RULE,
                saw,
                view.at_entry(section, entry),
                &[("least", &least.to_string())],
            )
        })
        .collect()
}
