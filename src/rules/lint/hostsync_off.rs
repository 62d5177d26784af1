use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "hostsync-off",
    severity: Severity::Error,
    text: include_str!("hostsync_off.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let value = view.number("HOSTSYNC");
    let Some(setting) = view.upsmon("HOSTSYNC").filter(|_| value <= 0) else {
        return Vec::new();
    };
    vec![view.finding(
        &RULE,
        format!("HOSTSYNC is {value}"),
        view.at_setting(File::Upsmon, setting),
        &[],
    )]
}
