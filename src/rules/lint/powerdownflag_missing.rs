use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "powerdownflag-missing",
    severity: Severity::Error,
    text: include_str!("powerdownflag_missing.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let own = |watch: &&super::watch::Watch| {
        watch.primary && watch.server.as_ref() == Some(&view.host.name)
    };
    let primary = view.host.watches.iter().any(|watch| own(&watch));
    if view.host.upsmon.is_none() || !primary || view.upsmon("POWERDOWNFLAG").is_some() {
        return Vec::new();
    }
    let name = view.host.name.as_str();
    let place = view
        .at_key("upsmon", "POWERDOWNFLAG")
        .or_else(|| view.site.key(&["hosts", name]));
    vec![view.finding(
        &RULE,
        "it is the primary of a UPS and has no POWERDOWNFLAG",
        place,
        &[],
    )]
}
