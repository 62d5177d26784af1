//! Words and lines as they end.

use std::mem;

use super::{Growing, Lexer, State};
use crate::nut::conf::{Line, ProblemKind, WORD_LIMIT, WORDS_LIMIT, Word};

impl Lexer<'_> {
    pub(super) fn comment(&mut self) -> State {
        self.current.comment = Some(self.at..self.at);
        State::LineEnd
    }

    pub(super) fn begin(&mut self, quoted: bool) {
        self.word = Some(Growing {
            value: String::new(),
            start: self.at,
            line: self.line,
            column: self.column,
            quoted,
            joined: false,
            too_long: false,
        });
    }

    /// `addchar`: bytes outside 0x20..=0x7f and those beyond the limit are dropped.
    pub(super) fn add(&mut self, byte: u8) {
        if !(0x20..=0x7f).contains(&byte) {
            return self.tell_dropped(byte);
        }
        if let Some(word) = &mut self.word {
            if word.value.len() < WORD_LIMIT {
                word.value.push(char::from(byte));
            } else {
                word.too_long = true;
            }
        }
    }

    pub(super) fn add_escaped(&mut self, byte: u8) {
        let span = self.at - 1..self.at + 1;
        if byte == b'\r' && self.source.get(self.at + 1) == Some(&b'\n') {
            self.problem(ProblemKind::BackslashCr, span);
        } else if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'#' | b'=') {
            self.problem(ProblemKind::LostBackslash(byte), span);
        }
        self.add(byte);
    }

    /// `endofword`: words beyond the limit are dropped.
    pub(super) fn end_word(&mut self, end: usize) {
        let Some(word) = self.word.take() else {
            return;
        };
        let span = word.start..end;
        if word.too_long {
            self.problem(ProblemKind::WordTooLong, span.clone());
        }
        if word.joined && word.value.is_empty() {
            self.problem(ProblemKind::ContinuationBlank, span.clone());
        }
        let word = Word {
            value: word.value,
            span,
            line: word.line,
            column: word.column,
            quoted: word.quoted,
        };
        if self.current.words.len() < WORDS_LIMIT {
            return self.current.words.push(word);
        }
        self.tell_too_many(word.span.clone());
        self.current.dropped.push(word);
    }

    /// Ends the logical line with the current byte.
    pub(super) fn end_line(&mut self) -> State {
        self.close(self.at + 1);
        State::WordStart
    }

    pub(super) fn close(&mut self, end: usize) {
        let next = empty_line(end, self.line, self.column, self.current.logical + 1);
        let mut line = mem::replace(&mut self.current, next);
        line.span.end = end;
        if let Some(comment) = &mut line.comment {
            let text = &self.source[comment.start..end];
            let text = text.strip_suffix(b"\n").unwrap_or(text);
            let text = text.strip_suffix(b"\r").unwrap_or(text);
            comment.end = comment.start + text.len();
        }
        self.lines.push(line);
    }

    /// What `pconf_file_next` does at the end of the file: a growing word counts only behind others.
    pub(super) fn end_of_file(&mut self) {
        let end = self.source.len();
        self.at = end;
        if matches!(self.state, State::Quoted | State::QuotedEscape) {
            let start = self.word.as_ref().map_or(end, |word| word.start);
            self.problem(ProblemKind::UnterminatedQuote, start..end);
        }
        let growing = self.word.as_ref().filter(|word| !word.value.is_empty());
        match growing.map(|word| word.start) {
            Some(start) if self.current.words.is_empty() => {
                self.problem(ProblemKind::LostLastLine, start..end);
                self.end_word(end);
                self.current.dropped.append(&mut self.current.words);
            }
            Some(_) => self.end_word(end),
            None => {}
        }
        if self.current.span.start < end {
            self.close(end);
        }
    }
}

pub(super) fn empty_line(start: usize, line: usize, column: usize, logical: usize) -> Line {
    Line {
        words: Vec::new(),
        dropped: Vec::new(),
        span: start..start,
        line,
        column,
        comment: None,
        logical,
        problems: Vec::new(),
    }
}
