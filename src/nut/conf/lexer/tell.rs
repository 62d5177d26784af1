//! Problems as they show.

use std::ops::Range;

use super::Lexer;
use crate::nut::conf::{Problem, ProblemKind};

impl Lexer<'_> {
    pub(super) fn problem(&mut self, kind: ProblemKind, span: Range<usize>) {
        self.current.problems.push(Problem { kind, span });
    }

    pub(super) fn problem_here(&mut self, kind: ProblemKind) {
        self.problem(kind, self.at..self.at + 1);
    }

    pub(super) fn tell_crlf(&mut self) {
        if !self.crlf_told && self.at > 0 && self.source[self.at - 1] == b'\r' {
            self.crlf_told = true;
            self.problem(ProblemKind::Crlf, self.at - 1..self.at + 1);
        }
    }

    pub(super) fn tell_word_after_quote(&mut self) {
        let last = self.current.words.last();
        if last.is_some_and(|word| word.quoted && word.span.end == self.at) {
            self.problem_here(ProblemKind::WordAfterQuote);
        }
    }

    pub(super) fn tell_too_many(&mut self, span: Range<usize>) {
        let told = self.current.problems.iter_mut();
        match told.rev().find(|p| p.kind == ProblemKind::TooManyWords) {
            Some(problem) => problem.span.end = span.end,
            None => self.problem(ProblemKind::TooManyWords, span),
        }
    }

    pub(super) fn tell_dropped(&mut self, byte: u8) {
        if self.at < self.dropped_until {
            return;
        }
        let (kind, end) = match char_at(&self.source[self.at..]) {
            Some(char) if !char.is_ascii() => {
                self.dropped_until = self.at + char.len_utf8();
                (ProblemKind::DroppedChar(char), self.dropped_until)
            }
            _ => (ProblemKind::DroppedByte(byte), self.at + 1),
        };
        // One for a stretch, also of several words.
        let last = self.current.problems.last_mut();
        let before = last.filter(|last| {
            let dropped = matches!(
                last.kind,
                ProblemKind::DroppedChar(_) | ProblemKind::DroppedByte(_)
            );
            dropped
                && self.source[last.span.end..self.at]
                    .iter()
                    .all(|byte| *byte == b' ')
        });
        match before {
            Some(before) => before.span.end = end,
            None => self.problem(kind, self.at..end),
        }
    }
}

/// The first character, if the bytes start with a whole one.
fn char_at(bytes: &[u8]) -> Option<char> {
    let head = &bytes[..bytes.len().min(4)];
    let valid = match std::str::from_utf8(head) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&head[..error.valid_up_to()]).ok()?,
    };
    valid.chars().next()
}
