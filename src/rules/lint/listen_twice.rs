use super::listen;
use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "listen-twice",
    severity: Severity::Warning,
    text: include_str!("listen_twice.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let all: Vec<_> = listen::all(view).collect();
    let mut found = Vec::new();
    for (at, (one, setting)) in all.iter().enumerate() {
        let others = all.iter().enumerate().filter(|(other, _)| *other != at);
        let covering =
            others
                .map(|(other, (listen, _))| (other, listen))
                .find(|(other, listen)| {
                    let same = listen.address.value == one.address.value;
                    listen.port() == one.port()
                        && (same && *other < at
                            || !same
                                && listen::covers(
                                    &listen.address.value,
                                    &one.address.value,
                                    view.host.version,
                                ))
                });
        if let Some((_, covering)) = covering {
            let saw = format!(
                "LISTEN {} is covered by LISTEN {}",
                one.address.value, covering.address.value
            );
            found.push(view.finding(&RULE, saw, view.at_setting(File::Upsd, setting), &[]));
        }
    }
    found
}
