use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "threshold-without-ignorelb",
    severity: Severity::Warning,
    text: include_str!("threshold_without_ignorelb.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for section in view
        .sections()
        .filter(|section| section.get("ignorelb").is_none())
    {
        let limits = [
            "override.battery.charge.low",
            "override.battery.runtime.low",
        ];
        let entry = section
            .entries
            .iter()
            .find(|entry| limits.contains(&entry.key.value.to_ascii_lowercase().as_str()));
        if let Some(entry) = entry {
            let saw = format!(
                "ups `{}` has {} without ignorelb",
                section.name, entry.key.value
            );
            found.push(view.finding(&RULE, saw, view.at_entry(section, entry), &[]));
        }
    }
    found
}
