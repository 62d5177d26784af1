use std::net::IpAddr;

use super::view::View;
use super::watch;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "monitor-by-name",
    severity: Severity::Warning,
    text: include_str!("monitor_by_name.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let named = view.host.watches.iter().filter(|watch| {
        let host = watch.target.host.as_str();
        watch.place.is_some() && !watch::is_loopback(host) && host.parse::<IpAddr>().is_err()
    });
    named
        .map(|watch| {
            let server = watch
                .server
                .as_ref()
                .map_or(watch.target.host.as_str(), |server| server.as_str());
            let address = view
                .in_inventory(&[&["hosts", server, "address"]])
                .filter(|_| watch.derived);
            let saw = format!("upsmon asks `{}` by name", watch.system);
            view.finding(
                &RULE,
                saw,
                address.or_else(|| view.at_watch(watch)),
                &[("server", server)],
            )
        })
        .collect()
}
