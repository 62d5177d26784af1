use super::notify;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::{File, NOTIFY_FLAGS, notify_type};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "notifyflag-unknown",
    severity: Severity::Error,
    text: include_str!("notifyflag_unknown.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let flags = notify::flags(view).flat_map(|line| {
        let unknown = line
            .text
            .split('+')
            .find(|flag| !NOTIFY_FLAGS.contains(flag));
        unknown.map(|flag| {
            (
                format!("NOTIFYFLAG {} has no flag `{flag}`", line.event),
                line.setting,
            )
        })
    });
    let events = notify::flags(view).chain(notify::messages(view));
    let events = events.filter(|line| notify_type(line.event).is_none());
    let events = events.map(|line| (format!("there is no event `{}`", line.event), line.setting));
    flags
        .chain(events)
        .map(|(saw, setting)| view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[]))
        .collect()
}
