use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "remote-primary",
    severity: Severity::Error,
    text: include_str!("remote_primary.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let remote = view.host.watches.iter().filter(|watch| {
        watch.primary
            && watch
                .server
                .as_ref()
                .is_some_and(|server| *server != view.host.name)
    });
    remote
        .map(|watch| {
            let server = watch.server.as_ref().map_or("", |server| server.as_str());
            let saw = format!(
                "it is a primary of `{}`, which hangs on {server}",
                watch.system
            );
            view.finding(
                &RULE,
                saw,
                view.at_watch(watch),
                &[("ups", &watch.target.ups), ("server", server)],
            )
        })
        .collect()
}
