//! The lexical grammar of NUT's configuration files (`common/parseconf.c`), without loss.
//!
//! `ups.conf`, `upsd.conf`, `upsd.users`, `upsmon.conf` and `upssched.conf` share this grammar;
//! `nut.conf` does not ([`crate::nut::files::NutConf`]). [`parse`] tells what NUT ends up with, word by
//! word, and where each word stands; whatever NUT drops in silence is a [`Problem`].

mod lexer;
mod position;
mod problem;
mod quote;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::ops::Range;

pub use lexer::is_one_word;
pub use lexer::parse;
pub use position::{Locator, Position};
pub use problem::{Problem, ProblemKind};
pub use quote::{QuoteError, check, quote, quote_always};

/// The longest word NUT keeps, in bytes (`PCONF_DEFAULT_WORDLEN_LIMIT`, include/parseconf.h).
pub const WORD_LIMIT: usize = 512;

/// The most words NUT keeps of one line (`PCONF_DEFAULT_ARG_LIMIT`, include/parseconf.h).
pub const WORDS_LIMIT: usize = 32;

/// A whole file: its bytes and the logical lines NUT reads from them.
///
/// The spans of [`Conf::lines`] follow one another without a gap from the first byte to the last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conf {
    source: Vec<u8>,
    /// Every logical line, empty ones and comments included.
    pub lines: Vec<Line>,
}

impl Conf {
    /// The bytes this was parsed from.
    pub fn source(&self) -> &[u8] {
        &self.source
    }

    /// The source text under a span; bytes that are not UTF-8 are replaced.
    pub fn text(&self, span: Range<usize>) -> Cow<'_, str> {
        String::from_utf8_lossy(self.source.get(span).unwrap_or_default())
    }

    /// Every problem of the file, with its line.
    pub fn problems(&self) -> impl Iterator<Item = (&Line, &Problem)> {
        self.lines
            .iter()
            .flat_map(|line| line.problems.iter().map(move |problem| (line, problem)))
    }

    /// The lines that carry at least one word.
    pub fn directives(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| !line.words.is_empty())
    }
}

/// One logical line: what one call of NUT's `pconf_file_next` yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The words NUT hands to the program; empty for a line it drops.
    pub words: Vec<Word>,
    /// The words NUT drops: all of a broken line, those beyond the limit, a lost last one.
    pub dropped: Vec<Word>,
    /// The bytes of the line, its line feed included.
    pub span: Range<usize>,
    /// Physical line of its first byte, from 1.
    pub line: usize,
    /// Column of its first byte, from 1; more than 1 only behind an unescaped `#` in quotes.
    pub column: usize,
    /// From the `#` to the end of the physical line, the line end excluded.
    pub comment: Option<Range<usize>>,
    /// The number NUT's own messages give this line.
    pub logical: usize,
    /// What NUT drops or misreads here.
    pub problems: Vec<Problem>,
}

impl Line {
    /// The first word, which names the directive.
    pub fn name(&self) -> Option<&Word> {
        self.words.first()
    }

    /// From the first word to the end of the last one; the whole line if it has none.
    pub fn place(&self) -> Position {
        match (self.words.first(), self.words.last()) {
            (Some(first), Some(last)) => Position {
                span: first.span.start..last.span.end,
                ..first.place()
            },
            _ => Position {
                line: self.line,
                column: self.column,
                span: self.span.clone(),
            },
        }
    }

    /// The text of word `index`, if there is one.
    pub fn value(&self, index: usize) -> Option<&str> {
        self.words.get(index).map(|word| word.value.as_str())
    }
}

/// One word as NUT ends up with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Word {
    /// The value after quotes, escapes, dropped bytes and the length limit. Always ASCII.
    pub value: String,
    /// The bytes it was written with, quotes included.
    pub span: Range<usize>,
    /// Physical line of its first byte, from 1.
    pub line: usize,
    /// Column of its first byte in characters, from 1.
    pub column: usize,
    /// Written in double quotes.
    pub quoted: bool,
}

impl Word {
    /// Where the word stands.
    pub fn place(&self) -> Position {
        Position {
            line: self.line,
            column: self.column,
            span: self.span.clone(),
        }
    }
}
