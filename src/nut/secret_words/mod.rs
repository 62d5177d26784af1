//! Where secrets stand in NUT's files, to mask them before anything is shown.
//!
//! A line NUT reads without trouble gives the exact word. Comments, broken lines and anything that
//! only looks like a secret give more than the word rather than less: masking must never leak.

mod key;
mod line;
#[cfg(test)]
mod tests;
mod text;

use std::cell::Cell;
use std::ops::Range;

use super::conf::{Line, parse};
use super::directive::File;

/// A stretch of a file that holds a secret, quotes included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretSpan {
    /// The bytes.
    pub span: Range<usize>,
    /// Whose secret it is, as far as the file tells.
    pub owner: SecretOwner,
}

/// Whose secret it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretOwner {
    /// The password of a MONITOR line.
    Monitor {
        /// The user, if it can be told.
        user: Option<String>,
        /// The `ups[@host[:port]]`, if it can be told.
        system: Option<String>,
    },
    /// The password of a user in `upsd.users`.
    User {
        /// The section it is written in.
        name: Option<String>,
    },
    /// The password of a CERTIDENT line.
    CertIdent {
        /// The name of the certificate.
        name: Option<String>,
    },
    /// A secret key, of `ups.conf` for the most part.
    Key {
        /// The section it is written in.
        section: Option<String>,
        /// The key.
        key: String,
    },
    /// The user and the password inside a URL.
    Url,
}

/// Whether the words of a statement of a file are secret, by its name: `password`, `CERTIDENT`, a
/// driver's key.
pub fn is_secret_name(file: File, name: &str) -> bool {
    key::is_secret(file, name) || name.eq_ignore_ascii_case("CERTIDENT")
}

/// Every secret of a file, in order, without overlap.
pub fn secrets(file: File, bytes: &[u8]) -> Vec<SecretSpan> {
    let mut finder = Finder::new(file, bytes);
    if file.is_parseconf() {
        let conf = parse(bytes);
        conf.lines.iter().for_each(|line| finder.line(line));
    } else {
        finder.lines_of(0..bytes.len());
    }
    merge(finder.found)
}

/// Sorts and joins what overlaps; the first owner stays.
fn merge(mut found: Vec<SecretSpan>) -> Vec<SecretSpan> {
    found.sort_by_key(|secret| secret.span.start);
    let mut merged: Vec<SecretSpan> = Vec::new();
    for secret in found {
        match merged.last_mut() {
            Some(last) if secret.span.start < last.span.end => {
                last.span.end = last.span.end.max(secret.span.end)
            }
            _ => merged.push(secret),
        }
    }
    merged
}

struct Finder<'a> {
    file: File,
    source: &'a [u8],
    /// The name of the last header, as written.
    section: Option<String>,
    found: Vec<SecretSpan>,
    /// The last stretch whose physical end was looked for: a line may go on for the whole file.
    reached: Cell<(usize, usize)>,
}

impl<'a> Finder<'a> {
    fn new(file: File, source: &'a [u8]) -> Self {
        Finder {
            file,
            source,
            section: None,
            found: Vec::new(),
            reached: Cell::new((1, 0)),
        }
    }

    /// A line as NUT reads it, and its comment.
    fn line(&mut self, line: &Line) {
        let clean = !line
            .problems
            .iter()
            .any(|problem| problem.kind.loses_text());
        let end = self.physical_end(line.span.end.saturating_sub(1).max(line.span.start));
        let known = self.directive(line, 0, clean, end);
        if !clean {
            return self.lines_of(line.span.start..end);
        }
        if let Some(last) = line.words.last().filter(|_| !known) {
            self.scan(line.span.start..last.span.end);
        }
        if let Some(comment) = line.comment.clone() {
            self.text(comment);
        }
    }

    /// Every physical line that a span touches, as text.
    fn lines_of(&mut self, span: Range<usize>) {
        let mut start = self.physical_start(span.start);
        while start < span.end {
            let rest = &self.source[start..];
            let length = rest.iter().take_while(|byte| **byte != b'\n').count();
            self.text(start..start + length);
            start += length + 1;
        }
    }

    /// Keeps a secret without the blanks around it.
    fn add(&mut self, span: Range<usize>, owner: SecretOwner) {
        let Some(text) = self.source.get(span.clone()) else {
            return;
        };
        let start = span.start + (text.len() - text.trim_ascii_start().len());
        let end = span.end - (text.len() - text.trim_ascii_end().len());
        if start < end {
            self.found.push(SecretSpan {
                span: start..end,
                owner,
            });
        }
    }

    fn physical_start(&self, at: usize) -> usize {
        let before = &self.source[..at.min(self.source.len())];
        before
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |at| at + 1)
    }

    /// The end of the physical line at `at`, and of those it continues in.
    fn physical_end(&self, at: usize) -> usize {
        let (from, reached) = self.reached.get();
        if (from..=reached).contains(&at) {
            return reached;
        }
        let mut end = at;
        loop {
            let rest = self.source.get(end..).unwrap_or_default();
            end += rest.iter().take_while(|byte| **byte != b'\n').count();
            let line = self.source[..end]
                .strip_suffix(b"\r")
                .unwrap_or(&self.source[..end]);
            if end >= self.source.len() || !line.ends_with(b"\\") {
                self.reached.set((at, end));
                return end;
            }
            end += 1;
        }
    }
}
