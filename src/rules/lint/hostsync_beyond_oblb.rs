use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "hostsync-beyond-oblb",
    severity: Severity::Warning,
    text: include_str!("hostsync_beyond_oblb.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let follows = view.host.watches.iter().any(|watch| !watch.primary);
    let (wait, oblb) = (view.number("HOSTSYNC"), view.number("OBLBDURATION"));
    let Some(setting) = view.upsmon("OBLBDURATION") else {
        return Vec::new();
    };
    let known = setting
        .directive
        .is_some_and(|known| known.known_to(view.host.version));
    if !follows || !known || oblb == 0 || wait <= oblb {
        return Vec::new();
    }
    let saw = format!("HOSTSYNC is {wait} s, OBLBDURATION {oblb} s");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
