use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "poll-slower-on-battery",
    severity: Severity::Warning,
    text: include_str!("poll_slower_on_battery.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let (poll, alert) = (view.number("POLLFREQ"), view.number("POLLFREQALERT"));
    let written = view
        .upsmon("POLLFREQALERT")
        .or_else(|| view.upsmon("POLLFREQ"));
    let Some(setting) = written.filter(|_| poll > 0 && alert > poll) else {
        return Vec::new();
    };
    let saw = format!("POLLFREQALERT is {alert} s, POLLFREQ {poll} s");
    let place = view.at_setting(File::Upsmon, setting);
    vec![view.finding(&RULE, saw, place, &[("poll", &poll.to_string())])]
}
