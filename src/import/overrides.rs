//! What the hosts say and upsctl would not: a directive is written where its value differs from what
//! is derived, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use super::build::Build;
use super::draft::directive;
use super::effective::{Statement, default, key, statements, value};
use super::found::Found;
use crate::model::import::Fate;
use crate::model::inventory::{DirectiveValue, Inventory};
use crate::model::name::HostName;
use crate::nut::conf;
use crate::nut::directive::{File, Kind, Scope, lookup};
use crate::render::{Derived, InventoryIndex};

/// What is derived of a host hangs on what others override (a server waits for its clients): after
/// this many rounds nothing is new.
const ROUNDS: usize = 3;

const FILES: [(File, &str); 4] = [
    (File::Nut, "nut"),
    (File::Ups, "ups"),
    (File::Upsd, "upsd"),
    (File::Upsmon, "upsmon"),
];

impl Build<'_> {
    /// Writes what differs from what is derived.
    pub fn write_overrides(&mut self) -> Result<(), String> {
        for _ in 0..ROUNDS {
            let inventory = self.draft.inventory()?;
            let mut news = Vec::new();
            for found in &self.founds {
                for (file, table) in FILES {
                    news.extend(
                        self.overrides(&inventory, found, file)?
                            .into_iter()
                            .map(|over| (found.name().clone(), table, over)),
                    );
                }
            }
            if news.is_empty() {
                break;
            }
            for (host, table, over) in news {
                let comment = over
                    .line
                    .map_or(String::new(), |line| format!("{}:{line}", over.file));
                let path = ["hosts", host.as_str(), table, &over.name];
                let DirectiveValue::Table(parts) = &over.value else {
                    self.draft.set(&path, directive(&over.value), &comment);
                    continue;
                };
                for (part, value) in parts {
                    let path = ["hosts", host.as_str(), table, &over.name, part];
                    self.draft.set(&path, directive(value), "");
                }
            }
        }
        self.note_scripts();
        Ok(())
    }

    fn overrides(
        &self,
        inventory: &Inventory,
        found: &Found<'_>,
        file: File,
    ) -> Result<Vec<Override>, String> {
        let have = statements(file, found.text(file), found.version);
        if file == File::Ups && !found.serves() || file == File::Upsd && !found.serves() {
            return Ok(Vec::new());
        }
        let want = derived(inventory, found.name(), found.version, file)?;
        let names: BTreeSet<&str> = have
            .iter()
            .chain(&want)
            .map(|statement| statement.name.as_str())
            .collect();
        let mut overs = Vec::new();
        for name in names {
            let of = |all: &[Statement]| -> Vec<Statement> {
                let named = all.iter().filter(|statement| statement.name == name);
                named.cloned().collect()
            };
            let (have, want) = (of(&have), of(&want));
            if meaning(file, &have) != meaning(file, &want) {
                overs.extend(Override::of(file, name, &have));
            }
        }
        Ok(overs)
    }

    /// What NUT calls and upsctl does not manage.
    fn note_scripts(&mut self) {
        let mut notes = Vec::new();
        for found in &self.founds {
            for (name, what) in [("NOTIFYCMD", "calls"), ("SHUTDOWNCMD", "shuts down by")] {
                let Some(setting) = found.upsmon.get(name) else {
                    continue;
                };
                let words = setting.value().map_or("", |word| word.value.as_str());
                let program = words.split(' ').next().unwrap_or_default();
                let system = ["/sbin/", "/usr/sbin/", "/bin/", "/usr/bin/"];
                let line = Some(setting.place.line);
                if program.ends_with("/upssched") {
                    let why = "upssched.conf and the script it names stay on the host as they are";
                    notes.push(found.note(Fate::Stays, File::Upsmon, line, words, why));
                } else if !system.iter().any(|dir| program.starts_with(dir)) && !program.is_empty()
                {
                    let why = format!(
                        "the line is carried; the program that it {what} stays on \
                                       the host as it is"
                    );
                    notes.push(found.note(Fate::Stays, File::Upsmon, line, words, why));
                }
            }
            if let Some(setting) = found.upsmon.get("CERTIDENT") {
                let why = "its password has no place in an inventory yet: the line is left out";
                let line = Some(setting.place.line);
                notes.push(found.note(Fate::Changes, File::Upsmon, line, "CERTIDENT", why));
            }
        }
        self.notes.extend(notes);
    }
}

/// The directives that upsctl derives of a host, with what the inventory overrides.
fn derived(
    inventory: &Inventory,
    host: &HostName,
    version: crate::nut::version::NutVersion,
    file: File,
) -> Result<Vec<Statement>, String> {
    let index = InventoryIndex::new(inventory, &|_| None);
    let derived = Derived::of(&index, host, version).map_err(|why| why.to_string())?;
    let lines = derived.lines_of(file).iter().map(|line| Statement {
        name: line.name.clone(),
        words: line
            .words
            .iter()
            .map(|word| word.plain().unwrap_or_default().to_string())
            .collect(),
        line: None,
    });
    Ok(lines.collect())
}

/// Each key of some directives with its value, defaults left out.
fn meaning(file: File, statements: &[Statement]) -> BTreeMap<String, String> {
    let all = statements
        .iter()
        .map(|one| (key(file, one), value(file, one)));
    all.filter(|(key, value)| default(file, key).as_ref() != Some(value))
        .collect()
}

/// A directive that the inventory has to set.
struct Override {
    file: File,
    name: String,
    value: DirectiveValue,
    line: Option<usize>,
}

impl Override {
    /// What to write so that a file says these directives of one name; `false` for none. Nothing
    /// for what no inventory can hold.
    fn of(file: File, name: &str, have: &[Statement]) -> Option<Self> {
        let kind = lookup(file, Scope::Top, name).map(|directive| directive.kind);
        if kind == Some(Kind::CertIdent) {
            return None;
        }
        let value = match have {
            [] => DirectiveValue::Bool(false),
            [one] if !matches!(kind, Some(Kind::NotifyFlags | Kind::NotifyMessage)) => {
                single(file, kind, one)
            }
            all => match kind {
                Some(Kind::NotifyFlags | Kind::NotifyMessage) => {
                    let parts = all.iter().filter(|one| !is_default(file, one));
                    let parts = parts.filter_map(|one| match one.words.as_slice() {
                        [event, text, ..] => Some((event.to_ascii_uppercase(), text.clone())),
                        _ => None,
                    });
                    DirectiveValue::Table(
                        parts
                            .map(|(event, text)| (event, DirectiveValue::Text(text)))
                            .collect(),
                    )
                }
                kind => {
                    DirectiveValue::List(all.iter().map(|one| single(file, kind, one)).collect())
                }
            },
        };
        Some(Self {
            file,
            name: name.into(),
            value,
            line: have.first().and_then(|one| one.line),
        })
    }
}

fn is_default(file: File, one: &Statement) -> bool {
    default(file, &key(file, one)) == Some(value(file, one))
}

fn single(file: File, kind: Option<Kind>, one: &Statement) -> DirectiveValue {
    let first = one.words.first().map(String::as_str);
    let numeric = kind.is_some_and(Kind::takes_number) || kind == Some(Kind::Bool01);
    match (kind, first) {
        (_, None) => DirectiveValue::Bool(true),
        _ if numeric => {
            let text = value(file, one);
            match text.parse() {
                Ok(number) => DirectiveValue::Integer(number),
                Err(_) => DirectiveValue::Text(text),
            }
        }
        (Some(Kind::Listen | Kind::CertHost), _) => {
            let words = one.words.iter().map(|word| {
                let quoted = conf::quote(word);
                quoted.map_or_else(|_| word.clone(), |word| word.to_string())
            });
            DirectiveValue::Text(words.collect::<Vec<_>>().join(" "))
        }
        _ => DirectiveValue::Text(first.unwrap_or_default().into()),
    }
}
