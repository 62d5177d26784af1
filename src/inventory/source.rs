//! Where things stand: the text of the files, and the place of every key and value.

use std::fmt;
use std::ops::Range;
use std::sync::OnceLock;

use super::mask::{self, Mask};
use super::spot::Spot;
use super::tree::{Keyed, Node, Table, TomlValue};
use crate::model::finding::Place;

/// The text of one file and where its lines start.
pub(super) struct SourceFile {
    name: String,
    pub(super) text: String,
    starts: Vec<usize>,
    masks: OnceLock<Vec<Mask>>,
}

impl SourceFile {
    pub(super) fn new(name: String, text: String) -> Self {
        let feeds = text.match_indices('\n').map(|(at, _)| at + 1);
        let starts = std::iter::once(0).chain(feeds).collect();
        Self {
            name,
            text,
            starts,
            masks: OnceLock::new(),
        }
    }

    /// The place of a span, its line masked where it holds a password.
    pub(super) fn place(&self, span: Range<usize>) -> Place {
        let index = self.starts.partition_point(|start| *start <= span.start) - 1;
        let start = self.starts[index];
        let line = self.line(index);
        let from = self.floor(span.start).min(start + line.len());
        let to = self.floor(span.end).clamp(from, start + line.len());
        let skipped = usize::from(index == 0 && line.starts_with('\u{feff}'));
        let masks = self.masks.get_or_init(|| mask::masks(&self.text));
        Place {
            file: self.name.clone(),
            line: index + 1,
            column: 1 + self.text[start..from]
                .chars()
                .count()
                .saturating_sub(skipped),
            source: Some(masks[index].apply(line.trim_start_matches('\u{feff}'))),
            width: self.text[from..to].chars().count().max(1),
        }
    }

    /// The same in a file that is no TOML, where more may be a password.
    pub(super) fn broken_place(&self, span: Range<usize>) -> Place {
        let mut place = self.place(span);
        if let Some(at) = mask::broken(&self.text, place.line - 1) {
            place.source = place
                .source
                .map(|line| Mask::From(at.min(line.len())).apply(&line));
        }
        place
    }

    /// A line without its line end.
    fn line(&self, index: usize) -> &str {
        let end = self
            .starts
            .get(index + 1)
            .copied()
            .unwrap_or(self.text.len());
        self.text[self.starts[index]..end].trim_end_matches(['\n', '\r'])
    }

    fn floor(&self, mut at: usize) -> usize {
        at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        at
    }
}

/// The place of every key and value of a loaded inventory.
pub struct SourceMap {
    pub(super) files: Vec<SourceFile>,
    pub(super) root: Table,
}

impl SourceMap {
    /// The files with their texts, in the order they were read.
    pub fn texts(&self) -> impl Iterator<Item = (&str, &str)> {
        let files = self.files.iter();
        files.map(|file| (file.name.as_str(), file.text.as_str()))
    }

    /// The place of what stands under a path of keys: the value itself, or the key of a table.
    /// Elements of an array are found by their index, as in `["hosts", "nas", "powered_by", "0"]`.
    pub fn place_of(&self, path: &[&str]) -> Option<Place> {
        let found = self.find(path)?;
        Some(self.place(found.spot()))
    }

    /// The place of the last key of a path; of the element for an array.
    pub fn key_place_of(&self, path: &[&str]) -> Option<Place> {
        Some(match self.find(path)? {
            Found::Keyed(entry) => self.place(entry.key),
            Found::Element(node) => self.place(node.at),
        })
    }

    /// The names in one of the tables of the root, even of entries that are wrong.
    pub(super) fn names(&self, table: &str) -> impl Iterator<Item = &str> {
        let table = self.root.get(table).and_then(|entry| entry.node.table());
        table
            .into_iter()
            .flat_map(|table| table.keys().map(String::as_str))
    }

    pub(super) fn has(&self, path: &[&str]) -> bool {
        self.find(path).is_some()
    }

    pub(super) fn place(&self, spot: Spot) -> Place {
        self.files[spot.file].place(spot.start..spot.end)
    }

    fn find(&self, path: &[&str]) -> Option<Found<'_>> {
        let (first, rest) = path.split_first()?;
        let mut found = Found::Keyed(self.root.get(*first)?);
        for key in rest {
            found = found.node().child(key)?;
        }
        Some(found)
    }
}

/// Shows no value: some of them are passwords.
impl fmt::Debug for SourceMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.files.iter().map(|file| &file.name);
        f.debug_list().entries(names).finish()
    }
}

enum Found<'a> {
    Keyed(&'a Keyed),
    Element(&'a Node),
}

impl<'a> Found<'a> {
    fn node(&self) -> &'a Node {
        match self {
            Self::Keyed(entry) => &entry.node,
            Self::Element(node) => node,
        }
    }

    fn spot(&self) -> Spot {
        match self {
            Self::Keyed(entry) if entry.node.table().is_some() => entry.key,
            other => other.node().at,
        }
    }
}

impl Node {
    fn child(&self, key: &str) -> Option<Found<'_>> {
        match &self.value {
            TomlValue::Table(table) => table.get(key).map(Found::Keyed),
            TomlValue::List(list) => list.get(key.parse::<usize>().ok()?).map(Found::Element),
            _ => None,
        }
    }
}
