use super::notify;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "notifyflag-ignore",
    severity: Severity::Warning,
    text: include_str!("notifyflag_ignore.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let muted = notify::flags(view).filter(|line| line.has("IGNORE") && line.text.contains('+'));
    muted
        .map(|line| {
            let saw = format!("NOTIFYFLAG {} has {}", line.event, line.text);
            view.finding(&RULE, saw, view.at_setting(File::Upsmon, line.setting), &[])
        })
        .collect()
}
