use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "poll-busy",
    severity: Severity::Error,
    text: include_str!("poll_busy.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let settings = ["POLLFREQ", "POLLFREQALERT"]
        .into_iter()
        .filter_map(|name| view.upsmon(name));
    settings
        .filter(|setting| {
            setting
                .value()
                .is_some_and(|word| word.value.parse() == Ok(0i64))
        })
        .map(|setting| {
            let saw = format!("{} is 0", setting.name.value);
            view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])
        })
        .collect()
}
