use std::collections::HashMap;

use super::{Trap, TrapKind, broken_section, section_name, trap_words};
use crate::nut::conf::{Conf, Line, Position, Word, parse};
use crate::nut::directive::{self, File, Kind, Scope};

/// `ups.conf` as `read_upsconf` reads it (common/upsconf.c).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpsConf {
    /// What stands in front of every section.
    pub global: Vec<Entry>,
    /// The sections by first appearance; a section written twice is merged, as NUT does.
    pub sections: Vec<Section>,
    /// What NUT ignores or misreads.
    pub traps: Vec<Trap>,
    by_name: HashMap<String, usize>,
    /// The first section of each name, its case aside.
    by_lower: HashMap<String, usize>,
}

/// One `[ups]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    /// The name between the brackets.
    pub name: String,
    /// Where its header stands; several times if it is written several times.
    pub headers: Vec<Position>,
    /// Its keys in their order.
    pub entries: Vec<Entry>,
}

/// `key = value`, or a flag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Word,
    /// The value; `None` for a flag.
    pub value: Option<Word>,
    /// From the key to the last word of the line.
    pub place: Position,
}

impl Section {
    /// The last entry of a key, which is the one that counts. Case counts.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries
            .iter()
            .rev()
            .find(|entry| entry.key.value == key)
    }

    /// The value that counts of a key.
    pub fn value(&self, key: &str) -> Option<&str> {
        self.get(key)?
            .value
            .as_ref()
            .map(|word| word.value.as_str())
    }

    /// The driver.
    pub fn driver(&self) -> Option<&str> {
        self.value("driver")
    }

    /// The port.
    pub fn port(&self) -> Option<&str> {
        self.value("port")
    }

    /// Whether NUT sees the section at all: it has a key.
    pub fn exists(&self) -> bool {
        !self.entries.is_empty()
    }
}

impl UpsConf {
    /// Reads the bytes of a file.
    pub fn parse(bytes: &[u8]) -> Self {
        Self::new(&parse(bytes))
    }

    /// Reads a file that is lexed already.
    pub fn new(conf: &Conf) -> Self {
        let mut view = Self {
            traps: TrapKind::of_words(conf),
            ..Self::default()
        };
        let mut current = None;
        for line in conf.directives() {
            match section_name(line) {
                Some(name) => current = Some(view.open(name, line)),
                None => view.entry(line, current),
            }
        }
        view.check_empty();
        view
    }

    /// The section of a name. Case counts, as for drivers.
    pub fn section(&self, name: &str) -> Option<&Section> {
        self.sections.get(*self.by_name.get(name)?)
    }

    /// The last global entry of a key.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.global
            .iter()
            .rev()
            .find(|entry| entry.key.value == key)
    }

    fn trap(&mut self, kind: TrapKind, place: Position) {
        self.traps.push(Trap { kind, place });
    }

    fn open(&mut self, name: &str, line: &Line) -> usize {
        let header = line.words[0].place();
        self.traps
            .extend(trap_words(TrapKind::ExtraWords, &line.words[1..]));
        if let Some(at) = self.by_name.get(name).copied() {
            self.trap(TrapKind::DuplicateSection, header.clone());
            self.sections[at].headers.push(header);
            return at;
        }
        let (lower, next) = (name.to_ascii_lowercase(), self.sections.len());
        let first = *self.by_lower.entry(lower).or_insert(next);
        if first != next {
            let twin = self.sections[first].name.clone();
            self.trap(TrapKind::SectionCase(twin), header.clone());
        }
        self.by_name.insert(name.to_string(), next);
        self.sections.push(Section {
            name: name.to_string(),
            headers: vec![header],
            entries: Vec::new(),
        });
        self.sections.len() - 1
    }

    fn entry(&mut self, line: &Line, section: Option<usize>) {
        let broken = broken_section(line);
        if let Some(kind) = &broken {
            self.trap(kind.clone(), line.place());
        }
        let value = match line.words.as_slice() {
            [_] => None,
            [_, equals, value, ..] if equals.value == "=" => Some(value.clone()),
            words if broken.is_none() => {
                let equals = words.get(1).is_some_and(|word| word.value == "=");
                let kind = if equals {
                    TrapKind::MissingValue
                } else {
                    TrapKind::ForgottenEquals
                };
                return self.trap(kind, line.place());
            }
            _ => return,
        };
        let entry = Entry {
            key: line.words[0].clone(),
            value,
            place: line.place(),
        };
        self.entry_traps(&entry, line, section);
        match section {
            Some(at) => self.sections[at].entries.push(entry),
            None => self.global.push(entry),
        }
    }

    fn entry_traps(&mut self, entry: &Entry, line: &Line, section: Option<usize>) {
        if line.words.len() > 3 {
            self.traps
                .extend(trap_words(TrapKind::ExtraWords, &line.words[3..]));
        }
        let scope = if section.is_some() {
            Scope::Section
        } else {
            Scope::Top
        };
        let known = directive::lookup(File::Ups, scope, &entry.key.value);
        if entry.value.is_none() && known.is_some_and(|d| d.kind != Kind::Flag) {
            self.trap(TrapKind::FlagWithoutValue, entry.place.clone());
        }
        let before = section.map_or(&self.global, |at| &self.sections[at].entries);
        if before
            .iter()
            .any(|other| other.key.value == entry.key.value)
        {
            self.trap(TrapKind::RepeatedKey, entry.place.clone());
        }
    }

    fn check_empty(&mut self) {
        let empty = self.sections.iter().filter(|section| !section.exists());
        let traps = empty
            .flat_map(|section| section.headers.iter().cloned())
            .map(|place| Trap {
                kind: TrapKind::EmptySection,
                place,
            });
        self.traps.extend(traps.collect::<Vec<_>>());
    }
}
