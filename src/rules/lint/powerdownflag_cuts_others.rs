use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "powerdownflag-cuts-others",
    severity: Severity::Warning,
    text: include_str!("powerdownflag_cuts_others.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let fed = view.host.watches.iter().any(|watch| watch.power > 0);
    if !fed || view.upsmon("POWERDOWNFLAG").is_none() {
        return Vec::new();
    }
    let known = view
        .sections()
        .filter(|section| view.site.inventory.ups.contains_key(section.name.as_str()));
    let others = known.filter(|section| !view.site.feeds(&section.name, &view.host.name));
    others
        .filter(|section| section.value("sdorder") != Some("-1"))
        .map(|section| {
            let saw = format!(
                "ups `{}` does not feed this host, which cuts it all the same",
                section.name
            );
            view.finding(
                &RULE,
                saw,
                view.at_section(section),
                &[("ups", &section.name)],
            )
        })
        .collect()
}
