use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::nut::version::NutVersion;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "statepath-split",
    severity: Severity::Warning,
    text: include_str!("statepath_split.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(setting) = view.upsd("STATEPATH") else {
        return Vec::new();
    };
    let path = setting
        .value()
        .map_or("", |word| word.value.trim_end_matches('/'));
    let drivers = view.host.ups.as_ref().and_then(|ups| {
        ups.global
            .iter()
            .rev()
            .find(|entry| entry.key.value.eq_ignore_ascii_case("STATEPATH"))
    });
    let drivers = drivers.filter(|_| view.host.version >= NutVersion::V2_8_3);
    let drivers = drivers
        .and_then(|entry| entry.value.as_ref())
        .map_or("/run/nut", |word| word.value.trim_end_matches('/'));
    if path == drivers || path.trim_start_matches("/var") == drivers {
        return Vec::new();
    }
    let saw = format!("upsd uses {path}, and the drivers {drivers}");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsd, setting), &[])]
}
