use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "deadtime-short",
    severity: Severity::Warning,
    text: include_str!("deadtime_short.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let dead = view.number("DEADTIME");
    let least = 3 * view.number("POLLFREQ").max(view.number("POLLFREQALERT"));
    let names = ["DEADTIME", "POLLFREQ", "POLLFREQALERT"];
    let written = |name| {
        view.upsmon(name)
            .map(|setting| view.at_setting(File::Upsmon, setting))
    };
    let place = names
        .into_iter()
        .filter_map(written)
        .min_by_key(|place| place.file.starts_with("rendered "));
    match place {
        Some(place) if dead < least => {
            let saw = format!("DEADTIME is {dead} s, and three polls take {least} s");
            vec![view.finding(&RULE, saw, place, &[("least", &least.to_string())])]
        }
        _ => Vec::new(),
    }
}
