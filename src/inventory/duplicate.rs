//! Where a key that is defined twice in a file was defined first: the parser does not tell.

use std::ops::Range;

use toml::de::{DeTable, DeValue};

/// A key that is defined twice.
pub(super) struct Duplicate {
    /// The keys that lead to it, itself included.
    pub(super) path: Vec<String>,
    /// Where it is defined first; nothing when that cannot be found.
    pub(super) first: Option<Range<usize>>,
}

/// What is defined again at `again`.
pub(super) fn find(text: &str, again: &Range<usize>) -> Duplicate {
    let start = text[..again.start].rfind('\n').map_or(0, |feed| feed + 1);
    let line = line_at(text, start);
    let keys = path_in(line, again.start - start);
    let (before, _) = DeTable::parse_recoverable(&text[..start]);
    let table = before.get_ref();
    if is_header(line) {
        let first = lookup(table, &keys);
        return Duplicate { path: keys, first };
    }
    let (header, last) = last_table(text, table, None);
    let mut path = header.map_or_else(Vec::new, |at| path_in(line_at(text, at), usize::MAX));
    let first = lookup(last, &keys).or_else(|| same_line(text, start, again));
    path.extend(keys);
    Duplicate { path, first }
}

fn line_at(text: &str, start: usize) -> &str {
    text[start..].lines().next().unwrap_or_default()
}

/// Whether a line opens a table.
pub(super) fn is_header(line: &str) -> bool {
    line.trim_start().starts_with('[')
}

/// The keys a line defines, down to the one at byte `at`.
fn path_in(line: &str, at: usize) -> Vec<String> {
    let (tree, _) = DeTable::parse_recoverable(line);
    let mut path = Vec::new();
    let mut table = tree.get_ref();
    while let Some((key, value)) = table.iter().next() {
        path.push(key.get_ref().to_string());
        match value.get_ref() {
            DeValue::Table(inner) if key.span().start < at => table = inner,
            _ => break,
        }
    }
    path
}

fn lookup(table: &DeTable<'_>, path: &[String]) -> Option<Range<usize>> {
    let (name, rest) = path.split_first()?;
    let (key, value) = table.get_key_value(name.as_str())?;
    match value.get_ref() {
        _ if rest.is_empty() => Some(key.span()),
        DeValue::Table(inner) => lookup(inner, rest),
        _ => None,
    }
}

/// The table under the last header, with the place of that header.
fn last_table<'a, 'i>(
    text: &str,
    table: &'a DeTable<'i>,
    header: Option<usize>,
) -> (Option<usize>, &'a DeTable<'i>) {
    let mut last = (header, table);
    for value in table.values() {
        let DeValue::Table(inner) = value.get_ref() else {
            continue;
        };
        let start = value.span().start;
        let own = text[start..].starts_with('[').then_some(start);
        let found = last_table(text, inner, own);
        if found.0 > last.0 {
            last = found;
        }
    }
    last
}

/// The same word earlier in the line, for keys of an inline table.
fn same_line(text: &str, start: usize, again: &Range<usize>) -> Option<Range<usize>> {
    let word = text.get(again.clone())?;
    let in_word = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
    let line = &text[start..again.start];
    line.match_indices(word)
        .filter(|(at, _)| !line[..*at].ends_with(in_word))
        .filter(|(at, _)| line[at + word.len()..].trim_start().starts_with('='))
        .map(|(at, _)| start + at..start + at + word.len())
        .next()
}
