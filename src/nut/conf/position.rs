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
        let before = &source[..span.start.min(source.len())];
        let start = before
            .iter()
            .rposition(|b| *b == b'\n')
            .map_or(0, |i| i + 1);
        Position {
            line: 1 + before.iter().filter(|b| **b == b'\n').count(),
            column: 1 + before[start..].iter().filter(|b| starts_char(**b)).count(),
            span,
        }
    }
}

/// Whether a byte begins a character, as opposed to continuing one of UTF-8.
pub(super) fn starts_char(byte: u8) -> bool {
    byte & 0xc0 != 0x80
}
