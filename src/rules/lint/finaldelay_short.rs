use super::timing;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::Host;
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "finaldelay-short",
    severity: Severity::Warning,
    text: include_str!("finaldelay_short.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let takes = |host: Option<&Host>| host?.shutdown_takes.map(|delay| delay.as_secs());
    let own = takes(view.site.written(&view.host.name)).unwrap_or(0);
    let clients = timing::secondaries(view).into_iter();
    let known =
        clients.filter_map(|client| Some((takes(view.site.written(&client.name))?, client)));
    let Some((longest, client)) = known.max_by_key(|(takes, _)| *takes) else {
        return Vec::new();
    };
    let left = view.number("FINALDELAY").max(0).unsigned_abs();
    if view.host.upsmon.is_none() || left + own >= longest {
        return Vec::new();
    }
    let written = view
        .upsmon("FINALDELAY")
        .map(|setting| view.at_setting(File::Upsmon, setting));
    let saw = format!(
        "FINALDELAY is {left} s, and {} takes {longest} s to shut down",
        client.name
    );
    vec![view.finding(
        &RULE,
        saw,
        written,
        &[("least", &(longest - own).to_string())],
    )]
}
