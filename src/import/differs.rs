//! What a rendered file says that the one on the host does not, and the other way round: by what NUT
//! makes of both, and then by how they are written.

use std::collections::{BTreeMap, BTreeSet};

use super::effective::{default, key, statements, value};
use crate::model::import::{Fate, ImportNote};
use crate::model::name::HostName;
use crate::nut::conf;
use crate::nut::directive::File;
use crate::nut::files::{NutConf, Role, UpsConf, UpsdConf, UpsdUsers, UpsmonConf};
use crate::nut::secret_words::is_secret_name;
use crate::nut::version::NutVersion;

/// Something that a file says, and where.
struct Fact {
    value: String,
    line: Option<usize>,
    secret: bool,
}

type Facts = BTreeMap<String, Fact>;

/// Whose an address is, as the host that uses it sees it.
pub type Whose<'a> = &'a dyn Fn(&str) -> Option<HostName>;

/// The differences between a file that a host has and the one that it is to have.
pub fn differs(
    host: &HostName,
    file: File,
    version: NutVersion,
    have: &str,
    want: &str,
    whose: Whose<'_>,
) -> Vec<ImportNote> {
    let note = |fate, line, saw: String, why: String| ImportNote {
        fate,
        host: host.clone(),
        file: file.name().into(),
        line,
        saw,
        why,
    };
    let (old, new) = (
        facts(file, have, version, whose),
        facts(file, want, version, whose),
    );
    let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut notes = Vec::new();
    for key in keys {
        let of = |facts: &Facts| match facts.get(key) {
            Some(fact) => Some(fact.value.clone()),
            None => default(file, key),
        };
        let (was, is) = (of(&old), of(&new));
        if was == is {
            continue;
        }
        let fact = old.get(key);
        let secret = fact.or(new.get(key)).is_some_and(|fact| fact.secret);
        let shown = |value: Option<String>| match value {
            _ if secret => "another one".to_string(),
            Some(value) if value.is_empty() => "set".into(),
            Some(value) => format!("`{value}`"),
            None => "none".into(),
        };
        let line = fact.and_then(|fact| fact.line);
        let why = match (&was, &is) {
            (None, _) => format!("is added: {}", shown(is)),
            (_, None) => format!("goes: it was {}", shown(was)),
            _ => format!("was {}, becomes {}", shown(was), shown(is)),
        };
        notes.push(note(Fate::Changes, line, key.clone(), why));
    }
    for (line, saw, why) in form(file, have, want) {
        notes.push(note(Fate::Form, line, saw, why));
    }
    notes
}

fn facts(file: File, text: &str, version: NutVersion, whose: Whose<'_>) -> Facts {
    let mut facts: Facts = statements(file, text, version)
        .iter()
        .map(|one| (key(file, one), plain(value(file, one), one.line)))
        .collect();
    match file {
        File::Ups => sections(text, &mut facts),
        File::UpsdUsers => users(text, &mut facts),
        File::Upsmon => monitors(text, whose, &mut facts),
        _ => {}
    }
    facts
}

fn plain(value: String, line: Option<usize>) -> Fact {
    Fact {
        value,
        line,
        secret: false,
    }
}

fn sections(text: &str, facts: &mut Facts) {
    for section in UpsConf::parse(text.as_bytes()).sections {
        for entry in &section.entries {
            let value = entry.value.as_ref().map(|word| word.value.clone());
            facts.insert(
                format!("[{}] {}", section.name, entry.key.value),
                Fact {
                    value: value.unwrap_or_default(),
                    line: Some(entry.place.line),
                    secret: is_secret_name(File::Ups, &entry.key.value),
                },
            );
        }
    }
}

fn users(text: &str, facts: &mut Facts) {
    for user in UpsdUsers::parse(text.as_bytes()).users {
        let key = |what: &str| format!("[{}] {what}", user.name);
        if let Some(password) = &user.password {
            let fact = Fact {
                value: password.value.clone(),
                line: Some(password.line),
                secret: true,
            };
            facts.insert(key("password"), fact);
        }
        if let Some(role) = user.role() {
            let line = user.upsmon.first().map(|word| word.line);
            facts.insert(key("upsmon"), plain(role.to_string(), line));
        }
        for word in &user.actions {
            let action = word.value.to_ascii_uppercase();
            facts.insert(
                key(&format!("actions {action}")),
                plain(String::new(), Some(word.line)),
            );
        }
        for word in &user.instcmds {
            let command = word.value.to_ascii_lowercase();
            facts.insert(
                key(&format!("instcmds {command}")),
                plain(String::new(), Some(word.line)),
            );
        }
    }
}

fn monitors(text: &str, whose: Whose<'_>, facts: &mut Facts) {
    for monitor in UpsmonConf::parse(text.as_bytes()).monitors {
        let server = monitor.host().and_then(whose);
        let ups = monitor.ups().unwrap_or_default();
        let system = match server {
            Some(server) => format!("{ups} of {server}"),
            None => monitor.system.value.clone(),
        };
        let line = Some(monitor.place.line);
        let role = match monitor.role() {
            Role::Primary => "primary",
            Role::Secondary => "secondary",
        };
        let port = monitor.port().unwrap_or_default();
        let says = format!(
            "{} {} {role}, port {port}",
            monitor.power_value().unwrap_or(0),
            monitor.user.value,
        );
        facts.insert(format!("MONITOR {system}"), plain(says, line));
        facts.insert(
            format!("MONITOR {system}, password"),
            Fact {
                value: monitor.password.value.clone(),
                line,
                secret: true,
            },
        );
    }
}

/// What is only written in another way: lines by how they will read, what NUT ignores, comments.
fn form(file: File, have: &str, want: &str) -> Vec<(Option<usize>, String, String)> {
    let mut out: Vec<(Option<usize>, String, String)> = Vec::new();
    let wanted: BTreeSet<Vec<String>> = rows(file, want).into_iter().map(|row| row.1).collect();
    for (line, words, shown) in rows(file, have) {
        if !wanted.contains(&words) {
            out.push((Some(line), shown, "is written in another way".into()));
        }
    }
    for (line, trap) in traps(file, have) {
        out.push((Some(line), String::new(), trap));
    }
    let comments = have
        .lines()
        .filter(|line| line.trim_start().starts_with('#'))
        .count();
    if comments > 0 {
        let all = match comments {
            1 => "1 line of comments".to_string(),
            many => format!("{many} lines of comments"),
        };
        out.push((
            None,
            all,
            "go; the file as it is stays in the host's history".into(),
        ));
    }
    out
}

/// Line, raw words and what to show of each line that says something.
fn rows(file: File, text: &str) -> Vec<(usize, Vec<String>, String)> {
    if file == File::Nut {
        let all = NutConf::parse(text.as_bytes()).assignments;
        let row = |one: crate::nut::files::Assignment| {
            let raw = text.get(one.value_span.clone()).unwrap_or_default();
            let shown = format!("{}={raw}", one.name);
            (one.place.line, vec![one.name, raw.to_string()], shown)
        };
        return all.into_iter().map(row).collect();
    }
    let parsed = conf::parse(text.as_bytes());
    let rows = parsed.directives().map(|line| {
        let words = line
            .words
            .iter()
            .map(|word| parsed.text(word.span.clone()).into_owned());
        let name = line.words[0].value.clone();
        (line.line, words.collect(), format!("{name} …"))
    });
    rows.collect()
}

fn traps(file: File, text: &str) -> Vec<(usize, String)> {
    let bytes = text.as_bytes();
    let traps = match file {
        File::Nut => NutConf::parse(bytes).traps,
        File::Ups => UpsConf::parse(bytes).traps,
        File::Upsd => UpsdConf::parse(bytes).traps,
        File::UpsdUsers => UpsdUsers::parse(bytes).traps,
        File::Upsmon => UpsmonConf::parse(bytes).traps,
    };
    let all = traps.iter().map(|trap| (trap.place.line, trap.to_string()));
    all.collect()
}
