use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "deadtime-below-polls",
    severity: Severity::Warning,
    text: include_str!("deadtime_below_polls.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let dead = view.number("DEADTIME");
    let least = 3 * view.number("POLLFREQ").max(view.number("POLLFREQALERT"));
    if view.host.upsmon.is_none() || dead >= least {
        return Vec::new();
    }
    let names = ["DEADTIME", "POLLFREQ", "POLLFREQALERT"];
    let places = names.into_iter().filter_map(|name| {
        let setting = view.upsmon(name)?;
        Some(view.at_setting(File::Upsmon, setting))
    });
    let place = places.min_by_key(|place| place.file.starts_with("rendered "));
    let saw = format!("DEADTIME is {dead} s, and three polls take {least} s");
    vec![view.finding(&RULE, saw, place, &[("least", &least.to_string())])]
}
