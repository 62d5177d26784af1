use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "sdorder-first",
    severity: Severity::Warning,
    text: include_str!("sdorder_first.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let lost = ["sdorder", "maxstartdelay", "maxretry", "retrydelay"];
    let first = view
        .sections()
        .filter_map(|section| Some((section, section.entries.first()?)));
    first
        .filter(|(_, entry)| lost.contains(&entry.key.value.as_str()))
        .map(|(section, entry)| {
            let saw = format!(
                "{} is the first line of `[{}]`",
                entry.key.value, section.name
            );
            view.finding(&RULE, saw, view.at_entry(section, entry), &[])
        })
        .collect()
}
