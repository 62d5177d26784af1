//! What counts of a file for NUT: each directive with the value that it ends up with, however it is
//! written.

use crate::nut::directive::{Directive, File, Kind, Scope, lookup};
use crate::nut::files::{NutConf, Setting, UpsConf, UpsdConf, UpsmonConf};
use crate::nut::ups_name::PORT;
use crate::nut::version::NutVersion;

/// What upsmon does for each event unless NOTIFYFLAG says otherwise (`notifylist`, clients/upsmon.h).
const NOTIFY_DEFAULT: &str = "SYSLOG+WALL";

/// A directive that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Statement {
    pub name: String,
    pub words: Vec<String>,
    /// Where it stands; nothing for what was derived.
    pub line: Option<usize>,
}

/// The directives of a file that count, its sections and MONITOR lines aside.
pub(super) fn statements(file: File, text: &str, version: NutVersion) -> Vec<Statement> {
    let bytes = text.as_bytes();
    let all: Vec<Statement> = match file {
        File::Nut => assignments(&NutConf::parse(bytes)),
        File::Ups => globals(&UpsConf::parse(bytes), version),
        File::Upsd => settings(&UpsdConf::parse(bytes).settings, version),
        File::Upsmon => settings(&UpsmonConf::parse(bytes).settings, version),
        _ => Vec::new(),
    };
    last_of_each(file, all)
}

/// The last one of each key: what NUT goes by.
fn last_of_each(file: File, all: Vec<Statement>) -> Vec<Statement> {
    let mut kept: Vec<Statement> = Vec::new();
    for statement in all {
        let key = key(file, &statement);
        kept.retain(|other| self::key(file, other) != key);
        kept.push(statement);
    }
    kept
}

fn assignments(file: &NutConf) -> Vec<Statement> {
    let all = file.assignments.iter().map(|assignment| Statement {
        name: assignment.name.clone(),
        words: vec![assignment.value.clone()],
        line: Some(assignment.place.line),
    });
    all.collect()
}

/// Drivers and upsd ignore what they do not know in front of the sections.
fn globals(file: &UpsConf, version: NutVersion) -> Vec<Statement> {
    let known = file.global.iter().filter(|entry| {
        directive(File::Ups, &entry.key.value).is_some_and(|known| known.known_to(version))
    });
    let all = known.map(|entry| Statement {
        name: entry.key.value.clone(),
        words: entry.value.iter().map(|word| word.value.clone()).collect(),
        line: Some(entry.place.line),
    });
    all.collect()
}

fn settings(settings: &[Setting], version: NutVersion) -> Vec<Statement> {
    let counts = settings.iter().filter_map(|setting| {
        let directive = setting.directive?;
        let known = setting.counts() && directive.known_to(version) && is_taken(setting, directive);
        let used = !matches!(directive.kind, Kind::Monitor | Kind::Obsolete);
        let most = (*directive.args.end()).min(setting.args.len());
        (known && used).then(|| Statement {
            name: directive.name.into(),
            words: setting.args[..most]
                .iter()
                .map(|word| word.value.clone())
                .collect(),
            line: Some(setting.place.line),
        })
    });
    counts.collect()
}

/// upsd keeps the value it has where the new one does not begin like a number (server/conf.c).
fn is_taken(setting: &Setting, directive: &Directive) -> bool {
    let first = setting.value().map_or("", |word| word.value.as_str());
    directive.file != File::Upsd || !directive.kind.takes_number() || number(first).is_some()
}

fn directive(file: File, name: &str) -> Option<&'static Directive> {
    lookup(file, Scope::Top, name)
}

/// What tells a directive from others: its name, and what it is about where it may be repeated.
pub(super) fn key(file: File, statement: &Statement) -> String {
    let first = || statement.words.first().map_or("", String::as_str);
    match directive(file, &statement.name).map(|directive| directive.kind) {
        Some(Kind::Listen) => format!("{} {} {}", statement.name, first(), port(&statement.words)),
        Some(Kind::NotifyFlags | Kind::NotifyMessage) => {
            format!("{} {}", statement.name, first().to_ascii_uppercase())
        }
        Some(Kind::CertHost) => format!("{} {}", statement.name, first()),
        _ => statement.name.clone(),
    }
}

fn port(words: &[String]) -> String {
    words.get(1).cloned().unwrap_or_else(|| PORT.to_string())
}

/// The value as NUT ends up with it.
pub(super) fn value(file: File, statement: &Statement) -> String {
    let words = &statement.words;
    let Some(directive) = directive(file, &statement.name) else {
        return words.join(" ");
    };
    let first = words.first().map_or("", String::as_str);
    match directive.kind {
        Kind::Listen => String::new(),
        Kind::NotifyFlags => flags(words.get(1).map_or("", String::as_str)),
        Kind::NotifyMessage => words.get(1).cloned().unwrap_or_default(),
        // atoi makes 0 of what is no number; `yes` and `no` of SHUTDOWNEXIT are words.
        Kind::YesNoSeconds => number(first).unwrap_or_else(|| first.to_ascii_lowercase()),
        kind if kind.takes_number() => number(first).unwrap_or_else(|| "0".into()),
        Kind::Bool01 => number(first).unwrap_or_else(|| "0".into()),
        _ => words.join(" "),
    }
}

fn flags(text: &str) -> String {
    let upper = text.to_ascii_uppercase();
    let mut flags: Vec<&str> = upper.split('+').collect();
    flags.sort_unstable();
    flags.join("+")
}

/// The number that `atoi` reads, if there is one.
pub(super) fn number(text: &str) -> Option<String> {
    let text = text.trim_start();
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    let end = digits
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(digits.len());
    let number: i64 = digits[..end].parse().ok()?;
    let number = if text.starts_with('-') {
        -number
    } else {
        number
    };
    Some(number.to_string())
}

/// What NUT goes by where nothing is written; nothing where it then does without.
pub(super) fn default(file: File, key: &str) -> Option<String> {
    let name = key.split(' ').next().unwrap_or_default();
    let directive = directive(file, name)?;
    match directive.kind {
        Kind::NotifyFlags => Some(flags(NOTIFY_DEFAULT)),
        Kind::Listen | Kind::NotifyMessage | Kind::CertHost => None,
        _ => directive.default.map(str::to_string),
    }
}
