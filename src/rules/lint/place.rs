//! From a stretch of a file to a place a person can open.

use std::ops::Range;

use super::host::{Host, Origin};
use super::view::View;
use super::watch::Watch;
use crate::model::desired::CONFIG_DIR;
use crate::model::finding::Place;
use crate::nut::conf;
use crate::nut::directive::{File, Kind};
use crate::nut::files::{Entry, Section, Setting};
use crate::nut::secret_words::secrets;

/// What is shown where a password stands.
const MASK: &str = "<password>";

/// The place of a stretch of a host's file, its line without passwords.
pub(super) fn in_file(host: &Host, file: File, at: &conf::Position) -> Place {
    let bytes = host.bytes(file);
    let line = line_around(bytes, at.span.start);
    let masked = Masked::new(file, bytes, line.clone());
    let from = masked.column(at.span.start);
    let to = masked.column(at.span.end.min(line.end));
    Place {
        file: match host.origin {
            Origin::Rendered => format!("rendered {}/{file}", host.name),
            Origin::Observed => format!("{}:{CONFIG_DIR}/{file}", host.name),
        },
        line: at.line,
        column: from + 1,
        width: to.saturating_sub(from).max(1),
        source: Some(masked.text),
    }
}

fn line_around(bytes: &[u8], at: usize) -> Range<usize> {
    let at = at.min(bytes.len());
    let start = bytes[..at]
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |feed| feed + 1);
    let length = bytes[start..].iter().position(|byte| *byte == b'\n');
    start..length.map_or(bytes.len(), |length| start + length)
}

/// A line of a file with its passwords replaced.
struct Masked {
    text: String,
    /// For each piece: its bytes in the file, its first column from 0, whether it was replaced.
    pieces: Vec<(Range<usize>, usize, bool)>,
    bytes: Vec<u8>,
    start: usize,
}

impl Masked {
    fn new(file: File, bytes: &[u8], line: Range<usize>) -> Self {
        let mut masked = Self {
            text: String::new(),
            pieces: Vec::new(),
            bytes: bytes[line.clone()].to_vec(),
            start: line.start,
        };
        let mut at = line.start;
        for secret in secrets(file, bytes) {
            let span = secret.span.start.max(at)..secret.span.end.min(line.end);
            if span.is_empty() {
                continue;
            }
            masked.push(at..span.start, None);
            masked.push(span.clone(), Some(MASK));
            at = span.end;
        }
        masked.push(at..line.end, None);
        masked.text = masked.text.trim_end_matches('\r').to_string();
        masked
    }

    fn push(&mut self, span: Range<usize>, instead: Option<&str>) {
        let column = self.text.chars().count();
        let plain = String::from_utf8_lossy(&self.bytes[self.inner(&span)]).into_owned();
        self.text.push_str(instead.unwrap_or(&plain));
        self.pieces.push((span, column, instead.is_some()));
    }

    fn inner(&self, span: &Range<usize>) -> Range<usize> {
        span.start - self.start..span.end - self.start
    }

    /// The column, from 0, at which a byte of the file is shown.
    fn column(&self, at: usize) -> usize {
        let found = self.pieces.iter().find(|(span, _, _)| at < span.end);
        match found {
            Some((_, column, true)) => *column,
            Some((span, column, false)) => {
                let before = &self.bytes[self.inner(&(span.start..at.max(span.start)))];
                column + String::from_utf8_lossy(before).chars().count()
            }
            None => self.text.chars().count(),
        }
    }
}

/// The name of a file's table in the inventory.
pub(super) fn table(file: File) -> &'static str {
    file.name().trim_end_matches(".conf")
}

pub(super) fn of_setting(view: &View<'_>, file: File, setting: &Setting) -> Place {
    written(view, file, setting).unwrap_or_else(|| view.in_file(file, &setting.place))
}

/// The key under which the inventory has a setting.
fn written(view: &View<'_>, file: File, setting: &Setting) -> Option<Place> {
    let name = view.host.name.as_str();
    let directive = setting.name.value.as_str();
    let first = setting.value().map_or("", |word| word.value.as_str());
    let position = position(view, file, setting).to_string();
    let tables: [&[&str]; 2] = [&["hosts", name, table(file)], &["defaults", table(file)]];
    tables.iter().find_map(|table| {
        let key = [*table, &[directive]].concat();
        view.in_inventory(&[
            &[key.as_slice(), &[first]].concat(),
            &[key.as_slice(), &[position.as_str()]].concat(),
            &key,
        ])
    })
}

/// How many lines of the same directive stand above.
fn position(view: &View<'_>, file: File, setting: &Setting) -> usize {
    let above = view
        .settings(file)
        .iter()
        .take_while(|other| other.place != setting.place);
    above
        .filter(|other| other.name.value == setting.name.value)
        .count()
}

pub(super) fn of_entry(view: &View<'_>, section: Option<&Section>, entry: &Entry) -> Place {
    let key = entry.key.value.as_str();
    let name = view.host.name.as_str();
    let parts: Vec<&str> = key.split('.').collect();
    let found = match section {
        None => view.in_inventory(&[&["hosts", name, "ups", key], &["defaults", "ups", key]]),
        Some(section) => {
            let options = ["ups", section.name.as_str(), "options"];
            view.in_inventory(&[
                &["ups", section.name.as_str(), key],
                &[&options[..], &[key]].concat(),
                &[&options[..], &parts].concat(),
            ])
        }
    };
    found.unwrap_or_else(|| view.in_file(File::Ups, &entry.place))
}

pub(super) fn of_watch(view: &View<'_>, watch: &Watch) -> Option<Place> {
    let name = view.host.name.as_str();
    let written = view.settings(File::Upsmon).iter().find(|setting| {
        setting.directive.is_some_and(|d| d.kind == Kind::Monitor)
            && Some(&setting.place) == watch.place.as_ref()
    });
    let keys = [
        &["hosts", name, "upsmon", "MONITOR"][..],
        &["defaults", "upsmon", "MONITOR"],
    ];
    if let Some(setting) = written.filter(|_| view.in_inventory(&keys).is_some()) {
        return Some(of_setting(view, File::Upsmon, setting));
    }
    if !watch.derived {
        return watch
            .place
            .as_ref()
            .map(|at| view.in_file(File::Upsmon, at));
    }
    let file = || {
        watch
            .place
            .as_ref()
            .map(|at| view.in_file(File::Upsmon, at))
    };
    view.in_inventory(&[&["hosts", name, "powered_by"], &["hosts", name]])
        .or_else(file)
}

/// Where a stretch of a file stands: the key of the inventory that made the line, else the file.
pub(super) fn of_line(view: &View<'_>, file: File, at: &conf::Position) -> Place {
    let around = |place: &conf::Position| {
        place.span.start <= at.span.start
            && at.span.start < place.span.end.max(place.span.start + 1)
    };
    if let Some(setting) = view
        .settings(file)
        .iter()
        .find(|setting| around(&setting.place))
    {
        return of_setting(view, file, setting);
    }
    if let (File::Ups, Some(ups)) = (file, &view.host.ups) {
        if let Some(entry) = ups.global.iter().find(|entry| around(&entry.place)) {
            return of_entry(view, None, entry);
        }
        let entries = ups
            .sections
            .iter()
            .flat_map(|s| s.entries.iter().map(move |e| (s, e)));
        if let Some((section, entry)) = entries.into_iter().find(|(_, e)| around(&e.place)) {
            return of_entry(view, Some(section), entry);
        }
    }
    view.in_file(file, at)
}
