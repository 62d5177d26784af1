use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "power-from-elsewhere",
    severity: Severity::Warning,
    text: include_str!("power_from_elsewhere.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let watches = view.host.watches.iter().filter(|watch| watch.power > 0);
    let known = watches.filter_map(|watch| {
        let ups = view.site.inventory.ups.get(watch.target.ups.as_str())?;
        (Some(&ups.host) == watch.server.as_ref()).then_some((watch, watch.target.ups.as_str()))
    });
    known
        .filter(|(_, ups)| !view.site.feeds(ups, &view.host.name))
        .map(|(watch, ups)| {
            let saw = format!(
                "`{}` counts {} for this host, and does not feed it",
                watch.system, watch.power
            );
            view.finding(&RULE, saw, view.at_watch(watch), &[("ups", ups)])
        })
        .collect()
}
