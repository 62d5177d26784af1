use super::notify;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "notifymsg-shell",
    severity: Severity::Error,
    text: include_str!("notifymsg_shell.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let executed: Vec<String> = notify::flags(view)
        .filter(|line| line.has("EXEC"))
        .map(|line| line.event.to_ascii_uppercase())
        .collect();
    let lines = notify::messages(view)
        .filter(|line| executed.contains(&line.event.to_ascii_uppercase()))
        .filter_map(|line| {
            Some((
                line.text
                    .find(['`', '$', '"', '\\'])
                    .map(|at| &line.text[at..=at])?,
                line,
            ))
        });
    lines
        .map(|(char, line)| {
            let saw = format!(
                "NOTIFYMSG {} has `{char}`, and the event has EXEC",
                line.event
            );
            view.finding(&RULE, saw, view.at_setting(File::Upsmon, line.setting), &[])
        })
        .collect()
}
