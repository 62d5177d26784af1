use super::notify;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "exec-without-notifycmd",
    severity: Severity::Error,
    text: include_str!("exec_without_notifycmd.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    if view.upsmon("NOTIFYCMD").is_some() {
        return Vec::new();
    }
    let first = notify::flags(view).find(|line| line.has("EXEC"));
    let Some(line) = first else { return Vec::new() };
    let saw = format!(
        "NOTIFYFLAG {} has EXEC, and there is no NOTIFYCMD",
        line.event
    );
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, line.setting), &[])]
}
