//! From a stretch of a file to a place a person can open.

use std::ops::Range;

use super::{Origin, ParsedHost, ParsedUps, Watch};
use crate::model::desired::CONFIG_DIR;
use crate::model::finding::Place;
use crate::nut::conf;
use crate::nut::directive::File;
use crate::nut::files::{Assignment, Entry, Setting, User};

/// What is shown where a password stands.
const MASK: &str = "<password>";

/// The name of a file's table in the inventory.
fn table(file: File) -> &'static str {
    file.name().trim_end_matches(".conf")
}

impl ParsedHost<'_> {
    /// Where a stretch of a file stands, its line without passwords: `rendered HOST/FILE` or
    /// `HOST:/etc/nut/FILE`.
    pub fn in_file(self, file: File, at: &conf::Position) -> Place {
        let bytes = self.bytes(file);
        let line = line_around(bytes, at.span.start);
        let masked = Masked::new(bytes, self.data.files.secrets(file), line.clone());
        let from = masked.column(at.span.start);
        let to = masked.column(at.span.end.min(line.end));
        Place {
            file: match self.origin() {
                Origin::Rendered => format!("rendered {}/{file}", self.name()),
                Origin::Observed => format!("{}:{CONFIG_DIR}/{file}", self.name()),
                Origin::Folder(path) => format!("{}/{file}", path.trim_end_matches('/')),
            },
            line: at.line,
            column: from + 1,
            width: to.saturating_sub(from).max(1),
            source: Some(masked.text),
        }
    }

    /// Whether a stretch begins in a password.
    pub fn is_secret(self, file: File, span: &Range<usize>) -> bool {
        let secrets = self.data.files.secrets(file);
        let at = secrets.partition_point(|secret| secret.end <= span.start);
        secrets
            .get(at)
            .is_some_and(|secret| secret.start <= span.start)
    }

    /// The first of these paths of keys that the inventory has, if the files come from it.
    pub fn in_inventory(self, paths: &[&[&str]]) -> Option<Place> {
        if self.origin() != Origin::Rendered {
            return None;
        }
        paths.iter().find_map(|path| self.site.key(path))
    }

    /// Where a setting stands: the key of the inventory that made it, else its file.
    pub fn at_setting(self, file: File, setting: &Setting) -> Place {
        self.setting_in_inventory(file, setting)
            .unwrap_or_else(|| self.in_file(file, &setting.place))
    }

    /// The key under which the inventory has a setting.
    fn setting_in_inventory(self, file: File, setting: &Setting) -> Option<Place> {
        if self.origin() != Origin::Rendered {
            return None;
        }
        let name = self.name().as_str();
        let directive = setting.name.value.as_str();
        let first = setting.value().map_or("", |word| word.value.as_str());
        let tables: [&[&str]; 2] = [&["hosts", name, table(file)], &["defaults", table(file)]];
        tables.iter().find_map(|table| {
            let key = [*table, &[directive]].concat();
            let whole = self.site.key(&key)?;
            let position = self.position(file, setting).to_string();
            let inner = [first, &position];
            let mut inner = inner
                .iter()
                .filter_map(|part| self.site.key(&[key.as_slice(), &[part]].concat()));
            Some(inner.next().unwrap_or(whole))
        })
    }

    /// How many lines of the same directive stand above.
    fn position(self, file: File, setting: &Setting) -> usize {
        let above = self
            .settings(file)
            .iter()
            .take_while(|other| other.place != setting.place);
        above
            .filter(|other| other.name.value == setting.name.value)
            .count()
    }

    /// Where an entry in front of every section of ups.conf stands.
    pub fn at_global(self, entry: &Entry) -> Place {
        let key = entry.key.value.as_str();
        self.at_key("ups", key)
            .unwrap_or_else(|| self.in_file(File::Ups, &entry.place))
    }

    /// Where an assignment of nut.conf stands.
    pub fn at_assignment(self, assignment: &Assignment) -> Place {
        self.at_key("nut", &assignment.name)
            .unwrap_or_else(|| self.in_file(File::Nut, &assignment.place))
    }

    /// Where a user of upsd.users stands.
    pub fn at_user(self, user: &User) -> Place {
        self.in_inventory(&[&["users", user.name.as_str()]])
            .unwrap_or_else(|| self.in_file(File::UpsdUsers, &user.header))
    }

    /// Where the inventory has a directive, for this host or for all.
    pub fn at_key(self, table: &str, name: &str) -> Option<Place> {
        let host = self.name().as_str();
        self.in_inventory(&[&["hosts", host, table, name], &["defaults", table, name]])
    }

    /// Where a key of a host of the inventory stands, or the host.
    pub fn at_host(self, key: &str) -> Option<Place> {
        let name = self.name().as_str();
        self.site
            .key(&["hosts", name, key])
            .or_else(|| self.site.key(&["hosts", name]))
    }

    /// Where a stretch of a file stands: the key of the inventory that made the line, else the file.
    pub fn at_line(self, file: File, at: &conf::Position) -> Place {
        if self.origin() != Origin::Rendered {
            return self.in_file(file, at);
        }
        let around = |place: &conf::Position| {
            place.span.start <= at.span.start
                && at.span.start < place.span.end.max(place.span.start + 1)
        };
        let mut settings = self.settings(file).iter();
        if let Some(setting) = settings.find(|setting| around(&setting.place)) {
            return self.at_setting(file, setting);
        }
        let conf = self.ups_conf().filter(|_| file == File::Ups);
        let mut global = conf.iter().flat_map(|conf| &conf.global);
        if let Some(entry) = global.find(|entry| around(&entry.place)) {
            return self.at_global(entry);
        }
        let sections = self.upses().filter(|_| file == File::Ups);
        let mut entries = sections.flat_map(|ups| {
            let entries = ups.section.entries.iter();
            entries.map(move |entry| (ups, entry))
        });
        match entries.find(|(_, entry)| around(&entry.place)) {
            Some((ups, entry)) => ups.at_entry(entry),
            None => self.in_file(file, at),
        }
    }
}

impl ParsedUps<'_> {
    /// Where a key of its section stands.
    pub fn at_entry(self, entry: &Entry) -> Place {
        let key = entry.key.value.as_str();
        let parts: Vec<&str> = key.split('.').collect();
        let options = ["ups", self.name(), "options"];
        let found = self.host.in_inventory(&[
            &["ups", self.name(), key],
            &[&options[..], &[key]].concat(),
            &[&options[..], &parts].concat(),
        ]);
        found.unwrap_or_else(|| self.host.in_file(File::Ups, &entry.place))
    }

    /// Where its section stands.
    pub fn at_section(self) -> Option<Place> {
        let headers = self.section.headers.first();
        let header = headers.map(|header| self.host.in_file(File::Ups, header));
        self.host.in_inventory(&[&["ups", self.name()]]).or(header)
    }
}

impl Watch<'_> {
    /// Where it stands: the MONITOR key of the inventory, its line, or what it was derived from.
    pub fn place(self) -> Option<Place> {
        let host = self.host;
        let line = self.monitor().map(|line| &line.place);
        let by_hand = host.at_key("upsmon", "MONITOR").is_some();
        let mut settings = host.settings(File::Upsmon).iter();
        let written = settings.find(|setting| by_hand && Some(&setting.place) == line);
        if let Some(setting) = written {
            return Some(host.at_setting(File::Upsmon, setting));
        }
        let name = host.name().as_str();
        let derived = [&["hosts", name, "powered_by"][..], &["hosts", name]];
        let source = host.in_inventory(&derived).filter(|_| self.is_derived());
        source.or_else(|| line.map(|line| host.in_file(File::Upsmon, line)))
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
    fn new(bytes: &[u8], secrets: &[Range<usize>], line: Range<usize>) -> Self {
        let mut masked = Self {
            text: String::new(),
            pieces: Vec::new(),
            bytes: bytes[line.clone()].to_vec(),
            start: line.start,
        };
        let mut at = line.start;
        let first = secrets.partition_point(|secret| secret.end <= line.start);
        let within = secrets[first..].iter().take_while(|s| s.start < line.end);
        for secret in within {
            let span = secret.start.max(at)..secret.end.min(line.end);
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
