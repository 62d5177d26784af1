use std::ops::Range;

use super::TrapKind;

/// The value of a shell assignment, and what is odd about it.
pub(super) struct ShellValue {
    pub(super) text: Vec<u8>,
    pub(super) span: Range<usize>,
    pub(super) odd: Vec<(TrapKind, Range<usize>)>,
}

/// Reads the value that starts at `from`: bare, in single and in double quotes, with backslashes.
pub(super) fn value(source: &[u8], from: usize) -> ShellValue {
    let mut reader = ShellReader {
        source,
        at: from,
        value: ShellValue {
            text: Vec::new(),
            span: from..from,
            odd: Vec::new(),
        },
    };
    if source.get(from) == Some(&b'~') {
        reader.odd(TrapKind::Expansion, from..from + 1);
    }
    reader.read();
    reader.value.span.end = reader.at;
    reader.value
}

struct ShellReader<'a> {
    source: &'a [u8],
    at: usize,
    value: ShellValue,
}

impl ShellReader<'_> {
    fn peek(&self) -> Option<u8> {
        self.source.get(self.at).copied()
    }

    /// Notes an oddity, each kind once per value.
    fn odd(&mut self, kind: TrapKind, span: Range<usize>) {
        if self.value.odd.iter().all(|(told, _)| *told != kind) {
            self.value.odd.push((kind, span));
        }
    }

    /// Keeps the current byte.
    fn keep(&mut self, byte: u8) {
        if matches!(byte, b'$' | b'`') {
            self.odd(TrapKind::Expansion, self.at..self.at + 1);
        }
        if byte == b'\r' {
            self.odd(TrapKind::CarriageReturn, self.at..self.at + 1);
        }
        self.value.text.push(byte);
        self.at += 1;
    }

    fn read(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b'\n' | b' ' | b'\t' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')' => return,
                b'\'' => self.single(),
                b'"' => self.double(),
                b'\\' => self.backslash(|_| true),
                byte => self.keep(byte),
            }
        }
    }

    /// A backslash, which counts only before some bytes; before a line feed both vanish.
    fn backslash(&mut self, counts: fn(u8) -> bool) {
        self.at += 1;
        match self.peek() {
            Some(b'\n') => self.at += 1,
            Some(byte) if counts(byte) => {
                self.value.text.push(byte);
                self.at += 1;
            }
            _ => self.value.text.push(b'\\'),
        }
    }

    fn single(&mut self) {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            self.at += 1;
            if byte == b'\'' {
                return;
            }
            self.value.text.push(byte);
        }
        self.odd(TrapKind::OpenQuote, open..self.at);
    }

    fn double(&mut self) {
        let open = self.at;
        self.at += 1;
        while let Some(byte) = self.peek() {
            match byte {
                b'"' => {
                    self.at += 1;
                    return;
                }
                b'\\' => self.backslash(|byte| matches!(byte, b'"' | b'\\' | b'$' | b'`')),
                byte => self.keep(byte),
            }
        }
        self.odd(TrapKind::OpenQuote, open..self.at);
    }
}
