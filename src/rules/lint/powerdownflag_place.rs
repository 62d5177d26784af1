use super::view::View;
use crate::model::finding::{Finding, Severity};
use crate::nut::directive::File;
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "powerdownflag-place",
    severity: Severity::Warning,
    text: include_str!("powerdownflag_place.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(setting) = view.upsmon("POWERDOWNFLAG") else {
        return Vec::new();
    };
    let path = setting.value().map_or("", |word| word.value.as_str());
    let gone = [
        "/tmp/",
        "/var/",
        "/home/",
        "/mnt/",
        "/media/",
        "/srv/",
        "/opt/",
        "/dev/shm/",
    ];
    let why = match path {
        path if !path.starts_with('/') => "is not a whole path",
        path if gone.iter().any(|folder| path.starts_with(folder)) => {
            "may not be there at the end of a shutdown"
        }
        _ => return Vec::new(),
    };
    let saw = format!("POWERDOWNFLAG `{path}` {why}");
    vec![view.finding(&RULE, saw, view.at_setting(File::Upsmon, setting), &[])]
}
