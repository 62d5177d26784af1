use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::model::inventory::Platform;
use crate::nut::directive::File;
use crate::nut::version::Suite;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "tls-not-in-debian",
    severity: Severity::Warning,
    text: include_str!("tls_not_in_debian.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let debian = view.host.platform == Platform::Debian
        && Suite::of(view.host.version).nut() == view.host.version;
    let settings = ["CERTFILE", "CERTREQUEST"]
        .into_iter()
        .filter_map(|name| view.upsd(name));
    settings
        .filter(|_| debian)
        .map(|setting| {
            let saw = format!("upsd.conf has {}", setting.name.value);
            view.finding(&RULE, saw, view.at_setting(File::Upsd, setting), &[])
        })
        .collect()
}
