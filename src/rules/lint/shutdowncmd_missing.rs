use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "shutdowncmd-missing",
    severity: Severity::Error,
    text: include_str!("shutdowncmd_missing.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(upsmon) = &view.host.upsmon else {
        return Vec::new();
    };
    let written = view.upsmon("SHUTDOWNCMD");
    let command = written
        .and_then(|setting| setting.value())
        .map_or("", |word| word.value.trim());
    if upsmon.power() == 0 || !command.is_empty() {
        return Vec::new();
    }
    let place = written.map(|setting| view.at_setting(File::Upsmon, setting));
    let place = place.or_else(|| view.at_key("upsmon", "SHUTDOWNCMD"));
    vec![view.finding(&RULE, "there is no SHUTDOWNCMD", place, &[])]
}
