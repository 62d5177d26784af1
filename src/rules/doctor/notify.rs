//! Does anybody hear of it?

use super::says::{Says, bad};
use super::view::HostView;
use super::{DoctorRule, rule};
use crate::model::observed::Seen;
use crate::model::verdict::Repair;
use crate::nut::version::NutVersion;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "notify-program-absent",
        Warning,
        Notification,
        ["config-line-lost"],
        Host(absent)
    ),
    rule!(
        "notify-program-not-executable",
        Warning,
        Notification,
        ["notify-program-absent"],
        Host(not_executable)
    ),
    rule!(
        "notify-without-program",
        Warning,
        Notification,
        ["config-line-lost"],
        Host(without)
    ),
    rule!(
        "notify-text-crashes",
        Error,
        Notification,
        ["config-line-lost"],
        Host(crashes)
    ),
];

/// The program of NOTIFYCMD: the first word of its shell line.
fn program<'a>(host: &'a HostView<'_>) -> Option<&'a str> {
    host.upsmon_value("NOTIFYCMD")?
        .split_whitespace()
        .next()
        .filter(|word| word.starts_with('/'))
}

fn absent(host: &HostView<'_>) -> Says {
    let (Some(path), Some(look)) = (program(host), host.look) else {
        return Says::Fine;
    };
    match look.deep.paths.get(path) {
        Some(Seen::Absent) => {}
        Some(Seen::Unknown(why)) => return Says::Unknown(why.clone()),
        Some(Seen::Is(_)) | None => return Says::Fine,
    }
    bad(format!(
        "NOTIFYCMD {path} does not exist: nobody is told of an outage"
    ))
    .with("path", path)
    .into()
}

fn not_executable(host: &HostView<'_>) -> Says {
    let (Some(path), Some(look)) = (program(host), host.look) else {
        return Says::Fine;
    };
    let Some(rights) = look.deep.rights.get(path) else {
        return Says::Fine;
    };
    if rights.execute || !matches!(look.deep.paths.get(path), Some(Seen::Is(_))) {
        return Says::Fine;
    }
    bad(format!(
        "the account nut may not run NOTIFYCMD {path}: nobody is told of an outage"
    ))
    .with("path", path)
    .into()
}

fn without(host: &HostView<'_>) -> Says {
    let Some(conf) = &host.upsmon else {
        return Says::Fine;
    };
    if conf.get("NOTIFYCMD").is_some() {
        return Says::Fine;
    }
    let exec = conf.settings.iter().find(|setting| {
        setting.is("NOTIFYFLAG")
            && setting.counts()
            && setting
                .args
                .iter()
                .skip(1)
                .any(|word| word.value.split('+').any(|flag| flag == "EXEC"))
    });
    let Some(setting) = exec else {
        return Says::Fine;
    };
    bad(format!(
        "line {} of upsmon.conf wants EXEC, but there is no NOTIFYCMD to run",
        setting.place.line
    ))
    .with("value", setting.place.line)
    .repair(Repair::Redeploy)
    .into()
}

/// The text is a format of printf before 2.8.4: one `%s` is all it may have.
fn crashes(host: &HostView<'_>) -> Says {
    if !host.version_in(NutVersion::new(0, 0, 0), NutVersion::V2_8_4) {
        return Says::Fine;
    }
    let bad_line = host
        .upsmon
        .iter()
        .flat_map(|conf| &conf.settings)
        .find(|setting| {
            setting.is("NOTIFYMSG")
                && setting
                    .args
                    .get(1)
                    .is_some_and(|word| !is_safe(&word.value))
        });
    let Some(setting) = bad_line else {
        return Says::Fine;
    };
    bad(format!(
        "line {} of upsmon.conf has a text that can crash upsmon when the power fails",
        setting.place.line
    ))
    .with("value", setting.place.line)
    .repair(Repair::Redeploy)
    .into()
}

fn is_safe(text: &str) -> bool {
    let rest = text.replace("%%", "");
    let conversions: Vec<char> = rest
        .split('%')
        .skip(1)
        .map(|part| part.chars().next().unwrap_or(' '))
        .collect();
    conversions.is_empty() || conversions == ['s']
}

#[cfg(test)]
mod tests {
    use super::is_safe;

    #[test]
    fn one_percent_s_is_all_a_text_may_have() {
        for text in ["UPS %s is on battery", "100 %% full", "no name"] {
            assert!(is_safe(text), "{text}");
        }
        for text in ["%s and %s", "at 50 % load", "%d", "%n", "%"] {
            assert!(!is_safe(text), "{text}");
        }
    }
}
