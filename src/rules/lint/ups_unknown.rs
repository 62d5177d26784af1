use super::cross;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "ups-unknown",
    severity: Severity::Error,
    text: include_str!("ups_unknown.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let unknown = view
        .host
        .watches
        .iter()
        .filter(|watch| cross::unknown_ups(view, watch));
    unknown
        .map(|watch| {
            let server = view.server(watch).map_or(view.host, |server| server);
            let names: Vec<String> = view
                .of(server)
                .sections()
                .map(|s| format!("`{}`", s.name))
                .collect();
            let known = if names.is_empty() {
                "none".into()
            } else {
                names.join(", ")
            };
            let saw = format!("{} has no ups `{}`", server.name, watch.target.ups);
            let values = [("server", server.name.as_str()), ("known", known.as_str())];
            view.finding(&RULE, saw, view.at_watch(watch), &values)
        })
        .collect()
}
