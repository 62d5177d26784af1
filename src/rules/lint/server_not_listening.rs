use super::listen;
use super::view::View;
use super::watch::Watch;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "server-not-listening",
    severity: Severity::Error,
    text: include_str!("server_not_listening.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    view.host
        .watches
        .iter()
        .filter_map(|watch| unreachable(view, watch))
        .collect()
}

fn unreachable(view: &View<'_>, watch: &Watch) -> Option<Finding> {
    let server = view.server(watch)?;
    server.upsd.as_ref()?;
    let at = view.of(server);
    if listen::serves(&at, &watch.target.host, watch.target.port) {
        return None;
    }
    let port = watch.target.port.to_string();
    let doors = listen::doors(&at);
    let saw = format!(
        "it asks {} port {port}, and upsd of {} listens on {doors}",
        watch.target.host, server.name
    );
    let values = [
        ("server", server.name.as_str()),
        ("address", &watch.target.host),
        ("port", &port),
    ];
    let written = listen::all(&at)
        .next()
        .map(|(_, setting)| at.at_setting(crate::nut::directive::File::Upsd, setting));
    let place = written
        .filter(|place| !place.file.starts_with("rendered "))
        .or_else(|| view.at_watch(watch));
    Some(view.finding(&RULE, saw, place, &values))
}
