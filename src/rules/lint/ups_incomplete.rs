use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "ups-incomplete",
    severity: Severity::Error,
    text: include_str!("ups_incomplete.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for section in view.sections() {
        let missing = ["driver", "port"]
            .into_iter()
            .find(|key| section.get(key).is_none());
        if let Some(key) = missing {
            let saw = format!("ups `{}` has no {key}", section.name);
            found.push(view.finding(&RULE, saw, view.at_section(section), &[]));
        }
    }
    found
}
