use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "calibration-remembered",
    severity: Severity::Warning,
    text: include_str!("calibration_remembered.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    if !(NutVersion::V2_8_0..NutVersion::V2_8_2).contains(&view.host.version) {
        return Vec::new();
    }
    let key = "onlinedischarge_calibration";
    let of = |entry: &&crate::nut::files::Entry| entry.key.value.eq_ignore_ascii_case(key);
    let sections = view
        .sections()
        .filter_map(|section| Some((section, section.entries.iter().find(of)?)));
    sections
        .map(|(section, entry)| {
            let saw = format!(
                "ups `{}` has {key}, and the host NUT {}",
                section.name, view.host.version
            );
            view.finding(&RULE, saw, view.at_entry(section, entry), &[])
        })
        .collect()
}
