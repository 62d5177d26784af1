use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "feed-not-watched",
    severity: Severity::Error,
    text: include_str!("feed_not_watched.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(upsmon) = &view.host.upsmon else {
        return Vec::new();
    };
    let broken = upsmon.monitors.len() != view.host.watches.len()
        || upsmon
            .settings
            .iter()
            .filter(|setting| setting.is("MONITOR"))
            .count()
            != upsmon.monitors.len();
    let lost = view
        .host
        .watches
        .iter()
        .any(|watch| cross::unknown_ups(view, watch));
    if broken || lost {
        return Vec::new();
    }
    let fed = view.site.fed(&view.host.name);
    let missing = fed.into_iter().filter(|(ups, server)| {
        !view.host.watches.iter().any(|watch| {
            watch.server.as_ref().is_none_or(|own| own == *server)
                && watch.target.ups.eq_ignore_ascii_case(ups.as_str())
        })
    });
    missing
        .map(|(ups, server)| {
            let place = view
                .at_key("upsmon", "MONITOR")
                .or_else(|| view.at_host("powered_by"));
            let saw =
                format!("ups `{ups}` on {server} feeds this host, and no MONITOR line watches it");
            view.finding(&RULE, saw, place, &[("ups", ups.as_str())])
        })
        .collect()
}
