use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "monitored-twice",
    severity: Severity::Error,
    text: include_str!("monitored_twice.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let watches = &view.host.watches;
    let mut found = Vec::new();
    for (at, watch) in watches
        .iter()
        .enumerate()
        .filter(|(_, watch)| watch.server.is_some())
    {
        let same = watches[..at].iter().find(|other| {
            other.server == watch.server && other.target.ups.eq_ignore_ascii_case(&watch.target.ups)
        });
        if let Some(other) = same {
            let saw = format!("`{}` and `{}` are the same UPS", other.system, watch.system);
            found.push(view.finding(&RULE, saw, view.at_watch(watch), &[]));
        }
    }
    found
}
