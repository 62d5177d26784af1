use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "primary-missing",
    severity: Severity::Error,
    text: include_str!("primary_missing.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(upsmon) = &view.host.upsmon else {
        return Vec::new();
    };
    let written = upsmon
        .settings
        .iter()
        .filter(|setting| setting.is("MONITOR"))
        .count();
    let lost = view
        .host
        .watches
        .iter()
        .any(|watch| cross::unknown_ups(view, watch));
    if lost || written != view.host.watches.len() {
        return Vec::new();
    }
    let commanded = |ups: &str| {
        view.host.watches.iter().any(|watch| {
            watch.primary
                && watch.server.as_ref() == Some(&view.host.name)
                && watch.target.ups.eq_ignore_ascii_case(ups)
        })
    };
    let alone = view.sections().filter(|section| !commanded(&section.name));
    alone
        .map(|section| {
            let place = view
                .at_key("upsmon", "MONITOR")
                .or_else(|| view.at_section(section));
            let saw = format!("upsmon is not the primary of ups `{}`", section.name);
            view.finding(&RULE, saw, place, &[("ups", &section.name)])
        })
        .collect()
}
