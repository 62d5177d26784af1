use super::timing::{self, Timing};
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "hostsync-below-logout",
    severity: Severity::Error,
    text: include_str!("hostsync_below_logout.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let wait = view.number("HOSTSYNC");
    if view.host.upsmon.is_none() || wait <= 0 {
        return Vec::new();
    }
    let clients = timing::secondaries(view);
    let slowest = clients
        .into_iter()
        .max_by_key(|client| Timing::of(&view.of(client)).logout());
    let Some(slowest) = slowest else {
        return Vec::new();
    };
    let least = Timing::of(&view.of(slowest)).logout() + timing::MARGIN;
    if wait >= least {
        return Vec::new();
    }
    let written = view
        .upsmon("HOSTSYNC")
        .map(|setting| view.at_setting(File::Upsmon, setting));
    let saw = format!(
        "HOSTSYNC is {wait} s, and {} needs {least} s to log out",
        slowest.name
    );
    vec![view.finding(&RULE, saw, written, &[("least", &least.to_string())])]
}
