use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "ignorelb-without-threshold",
    severity: Severity::Warning,
    text: include_str!("ignorelb_without_threshold.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let sections = view
        .sections()
        .filter_map(|section| Some((section, section.get("ignorelb")?)));
    sections
        .filter(|(section, _)| {
            !section
                .entries
                .iter()
                .any(|entry| is_threshold(&entry.key.value))
        })
        .map(|(section, entry)| {
            let saw = format!("ups `{}` has ignorelb and no limit", section.name);
            view.finding(&RULE, saw, view.at_entry(section, entry), &[])
        })
        .collect()
}

fn is_threshold(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let variable = key
        .strip_prefix("override.")
        .or_else(|| key.strip_prefix("default."));
    matches!(variable, Some("battery.charge.low" | "battery.runtime.low"))
}
