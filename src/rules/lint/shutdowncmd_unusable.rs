use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "shutdowncmd-unusable",
    severity: Severity::Error,
    text: include_str!("shutdowncmd_unusable.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(upsmon) = &view.host.upsmon else {
        return Vec::new();
    };
    let written = view.upsmon("SHUTDOWNCMD");
    let command = written
        .and_then(|setting| setting.value())
        .map_or("", |word| word.value.trim());
    if upsmon.power() == 0 || command.starts_with('/') {
        return Vec::new();
    }
    let saw = match command {
        "" => "there is no SHUTDOWNCMD".to_string(),
        command => format!("SHUTDOWNCMD `{command}` has no path"),
    };
    let place = written.map(|setting| view.at_setting(File::Upsmon, setting));
    let name = view.host.name.as_str();
    let keys: [&[&str]; 2] = [
        &["hosts", name, "upsmon", "SHUTDOWNCMD"],
        &["defaults", "upsmon", "SHUTDOWNCMD"],
    ];
    vec![view.finding(&RULE, saw, place.or_else(|| view.in_inventory(&keys)), &[])]
}
