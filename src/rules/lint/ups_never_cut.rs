use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "ups-never-cut",
    severity: Severity::Warning,
    text: include_str!("ups_never_cut.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let excluded = view
        .sections()
        .filter(|section| section.value("sdorder") == Some("-1"));
    let own = excluded.filter(|section| view.site.feeds(&section.name, &view.host.name));
    own.filter_map(|section| {
        let place = view.at_entry(section, section.get("sdorder")?);
        Some(view.finding(
            &RULE,
            format!("ups `{}` has sdorder -1", section.name),
            place,
            &[],
        ))
    })
    .collect()
}
