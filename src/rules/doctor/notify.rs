//! Does anybody hear of it?

use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::observed::Seen;
use crate::nut::files::Setting;
use crate::nut::version::NutVersion;
use crate::site::ParsedHost;

rules! { Notification
    Warning "notify-program-absent"         Host(absent) ["config-line-lost"];
    Warning "notify-program-not-executable" Host(not_executable) ["notify-program-absent"];
    Warning "notify-without-program"        Host(without) ["config-line-lost"];
    Warning "notify-all-ignored"            Host(all_ignored) ["config-line-lost"];
    Warning "upssched-has-no-place"         Host(upssched_place) ["notify-program-absent"];
    Error   "notify-text-crashes"           Host(crashes) ["config-line-lost"];
}

/// The program of NOTIFYCMD: the first word of its shell line.
fn program<'a>(host: ParsedHost<'a>) -> Option<&'a str> {
    let first = host.upsmon_value("NOTIFYCMD")?.split_whitespace().next();
    first.filter(|word| word.starts_with('/'))
}

fn absent(host: ParsedHost<'_>) -> Option<Says> {
    let path = program(host)?;
    match host.deep()?.paths.get(path)? {
        Seen::Absent => {}
        Seen::Unknown(why) => return unknown(why),
        Seen::Is(_) => return None,
    }
    bad(format!(
        "NOTIFYCMD {path} does not exist: nobody is told of an outage"
    ))
    .at(path)
    .into()
}

fn not_executable(host: ParsedHost<'_>) -> Option<Says> {
    let (path, deep) = (program(host)?, host.deep()?);
    deep.paths.get(path)?.is()?;
    (!deep.rights.get(path)?.execute).then_some(())?;
    bad(format!(
        "the account nut may not run NOTIFYCMD {path}: nobody is told of an outage"
    ))
    .at(path)
    .into()
}

/// The lines of a directive.
fn settings<'a>(host: ParsedHost<'a>, name: &'a str) -> impl Iterator<Item = &'a Setting> {
    let all = host
        .upsmon_conf()
        .into_iter()
        .flat_map(|conf| &conf.settings);
    all.filter(move |setting| setting.is(name))
}

fn without(host: ParsedHost<'_>) -> Option<Says> {
    let runs = |setting: &&Setting| {
        let mut flags = setting
            .args
            .iter()
            .skip(1)
            .flat_map(|word| word.value.split('+'));
        setting.counts() && flags.any(|flag| flag == "EXEC")
    };
    if settings(host, "NOTIFYCMD").next().is_some() {
        return None;
    }
    let line = settings(host, "NOTIFYFLAG").find(runs)?.place.line;
    bad(format!(
        "line {line} of upsmon.conf wants EXEC, but there is no NOTIFYCMD to run"
    ))
    .with("value", line)
    .redeploy()
    .into()
}

/// What an outage is told by.
const OUTAGE: [&str; 2] = ["ONBATT", "LOWBATT"];

/// The last line of an event counts; without one NUT logs and tells every terminal.
fn all_ignored(host: ParsedHost<'_>) -> Option<Says> {
    let ignored = |event: &&str| {
        let lines = settings(host, "NOTIFYFLAG").filter(|setting| setting.counts());
        let of = |setting: &&Setting| {
            let name = setting.args.first().map_or("", |word| &word.value);
            name.eq_ignore_ascii_case(event)
        };
        let flags = lines
            .filter(of)
            .last()
            .and_then(|setting| setting.args.get(1));
        flags.is_some_and(|word| word.value.split('+').any(|flag| flag == "IGNORE"))
    };
    OUTAGE.iter().all(ignored).then_some(())?;
    bad("upsmon.conf ignores ONBATT and LOWBATT: an outage leaves no line in the journal, and nobody is told")
        .redeploy()
        .into()
}

/// upssched makes its pipe and its lock as the account `nut` (clients/upssched.c).
fn upssched_place(host: ParsedHost<'_>) -> Option<Says> {
    program(host).filter(|path| path.ends_with("/upssched"))?;
    let deep = host.deep()?;
    let folder = deep
        .upssched
        .iter()
        .find(|folder| match deep.paths.get(*folder) {
            Some(Seen::Absent) => true,
            Some(Seen::Is(_)) => deep.rights.get(*folder).is_some_and(|may| !may.write),
            Some(Seen::Unknown(_)) | None => false,
        })?;
    let folder = folder.trim_end_matches('/');
    bad(format!(
        "upssched has no place for its pipe and lock: the account nut cannot write to {folder}"
    ))
    .at(folder)
    .into()
}

/// The text is a format of printf before 2.8.4: one `%s` is all it may have.
fn crashes(host: ParsedHost<'_>) -> Option<Says> {
    (host.installed()? < NutVersion::V2_8_4).then_some(())?;
    let crashes = |setting: &&Setting| {
        setting
            .args
            .get(1)
            .is_some_and(|word| !is_safe(&word.value))
    };
    let line = settings(host, "NOTIFYMSG").find(crashes)?.place.line;
    bad(format!(
        "line {line} of upsmon.conf has a text that can crash upsmon when the power fails"
    ))
    .with("value", line)
    .redeploy()
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
