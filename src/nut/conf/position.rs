use std::ops::Range;

/// A stretch of a file: bytes for machines, line and column for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position {
    /// Physical line of the first byte, from 1.
    pub line: usize,
    /// Column of the first byte in characters, from 1.
    pub column: usize,
    /// The bytes.
    pub span: Range<usize>,
}

impl Position {
    /// The place of `span` in `source`.
    pub fn locate(source: &[u8], span: Range<usize>) -> Position {
        Locator::new(source).locate(span)
    }
}

/// Finds places one after the other, without beginning anew for each.
#[derive(Debug)]
pub struct Locator<'a> {
    source: &'a [u8],
    at: usize,
    line: usize,
    column: usize,
}

impl<'a> Locator<'a> {
    /// One that stands at the start of `source`.
    pub fn new(source: &'a [u8]) -> Self {
        Self {
            source,
            at: 0,
            line: 1,
            column: 1,
        }
    }

    /// The place of `span`; one before the last place costs the way from the start.
    pub fn locate(&mut self, span: Range<usize>) -> Position {
        let to = span.start.min(self.source.len());
        if to < self.at {
            *self = Self::new(self.source);
        }
        for byte in &self.source[self.at..to] {
            if *byte == b'\n' {
                self.line += 1;
                self.column = 1;
            } else if starts_char(*byte) {
                self.column += 1;
            }
        }
        self.at = to;
        Position {
            line: self.line,
            column: self.column,
            span,
        }
    }
}

/// Whether a byte begins a character, as opposed to continuing one of UTF-8.
pub(super) fn starts_char(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}
