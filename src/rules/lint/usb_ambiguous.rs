use super::usb;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "usb-ambiguous",
    severity: Severity::Warning,
    text: include_str!("usb_ambiguous.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let sections: Vec<_> = view.sections().filter(|section| usb::is(section)).collect();
    let mut found = Vec::new();
    for (at, section) in sections.iter().enumerate() {
        let twin = sections[..at]
            .iter()
            .find(|other| usb::confusable(other, section));
        if let Some(twin) = twin {
            let saw = format!(
                "nothing tells the devices of `{}` and `{}` apart",
                twin.name, section.name
            );
            found.push(view.finding(&RULE, saw, view.at_section(section), &[]));
        }
    }
    found
}
