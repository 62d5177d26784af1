use std::mem;
use std::ops::Range;

use super::place::starts_char;
use super::{Conf, Line, Problem, ProblemKind, WORD_LIMIT, WORDS_LIMIT, Word};

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a file as NUT reads it. Never fails: what NUT drops is a [`Problem`] of its line.
pub fn parse(bytes: &[u8]) -> Conf {
    let mut lexer = Lexer::new(bytes);
    for (at, byte) in bytes.iter().enumerate() {
        lexer.at = at;
        lexer.step(*byte);
        lexer.advance(*byte);
    }
    lexer.end_of_file();
    Conf {
        source: bytes.to_vec(),
        lines: lexer.lines,
    }
}

/// The states of `parse_char` in common/parseconf.c, by what they wait for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    WordStart,
    LineEnd,
    Quoted,
    QuotedEscape,
    Bare,
    BareEscape,
}

/// A word being read.
struct Growing {
    value: String,
    start: usize,
    line: usize,
    column: usize,
    quoted: bool,
    /// A backslash joined two lines inside this word.
    joined: bool,
    too_long: bool,
}

struct Lexer<'a> {
    source: &'a [u8],
    /// The byte being read.
    at: usize,
    line: usize,
    column: usize,
    state: State,
    word: Option<Growing>,
    current: Line,
    lines: Vec<Line>,
    crlf_told: bool,
    /// Up to here dropped bytes are already told as one character.
    dropped_until: usize,
}

impl<'a> Lexer<'a> {
    fn new(source: &'a [u8]) -> Self {
        let mut lexer = Lexer {
            source,
            at: 0,
            line: 1,
            column: 1,
            state: State::WordStart,
            word: None,
            current: empty_line(0, 1, 1, 1),
            lines: Vec::new(),
            crlf_told: false,
            dropped_until: 0,
        };
        if source.starts_with(BOM) {
            lexer.problem(ProblemKind::Bom, 0..BOM.len());
            lexer.dropped_until = BOM.len();
        }
        lexer
    }

    fn advance(&mut self, byte: u8) {
        if byte == b'\n' {
            self.line += 1;
            self.column = 1;
        } else if starts_char(byte) {
            self.column += 1;
        }
        // A line closed at this byte: the next one starts behind it.
        if self.current.span.start > self.at {
            self.current.line = self.line;
            self.current.column = self.column;
        }
    }

    fn step(&mut self, byte: u8) {
        if byte == b'\n' {
            self.tell_crlf();
        }
        self.state = match self.state {
            State::WordStart => self.word_start(byte),
            State::LineEnd => self.line_end(byte),
            State::Quoted => self.quoted(byte),
            State::QuotedEscape => self.quoted_escape(byte),
            State::Bare => self.bare(byte),
            State::BareEscape => self.bare_escape(byte),
        };
    }

    fn word_start(&mut self, byte: u8) -> State {
        match byte {
            b'\n' => self.end_line(),
            b'#' => self.comment(),
            byte if is_blank(byte) => State::WordStart,
            b'\\' => {
                self.begin(false);
                State::BareEscape
            }
            b'"' => {
                self.tell_word_after_quote();
                self.begin(true);
                State::Quoted
            }
            b'=' => {
                self.begin(false);
                self.add(byte);
                self.end_word(self.at + 1);
                State::WordStart
            }
            _ => {
                self.tell_word_after_quote();
                self.begin(false);
                if byte == b'\'' {
                    self.problem_here(ProblemKind::Apostrophe);
                }
                self.add(byte);
                State::Bare
            }
        }
    }

    fn line_end(&mut self, byte: u8) -> State {
        match byte {
            b'\n' => self.end_line(),
            _ => State::LineEnd,
        }
    }

    fn quoted(&mut self, byte: u8) -> State {
        match byte {
            b'#' => {
                self.problem_here(ProblemKind::UnescapedHashInQuotes);
                self.end_word(self.at);
                let words = mem::take(&mut self.current.words);
                self.current.dropped.splice(0..0, words);
                self.end_line()
            }
            b'"' => {
                self.end_word(self.at + 1);
                State::WordStart
            }
            b'\\' => State::QuotedEscape,
            b'\n' => {
                self.problem_here(ProblemKind::NewlineInQuotes);
                State::Quoted
            }
            _ => {
                self.add(byte);
                State::Quoted
            }
        }
    }

    fn quoted_escape(&mut self, byte: u8) -> State {
        if byte != b'\n' {
            self.add_escaped(byte);
        }
        State::Quoted
    }

    fn bare(&mut self, byte: u8) -> State {
        match byte {
            b'#' => {
                let empty = self.word.as_ref().is_none_or(|w| w.value.is_empty());
                if !empty {
                    self.problem_here(ProblemKind::CommentInsideWord);
                }
                self.end_word(self.at);
                self.comment()
            }
            b'\n' => {
                self.end_word(self.at);
                self.end_line()
            }
            byte if is_blank(byte) => {
                self.end_word(self.at);
                State::WordStart
            }
            b'=' => {
                self.end_word(self.at);
                self.word_start(byte)
            }
            b'\\' => State::BareEscape,
            _ => {
                if byte == b'"' {
                    self.problem_here(ProblemKind::QuoteInsideWord);
                }
                self.add(byte);
                State::Bare
            }
        }
    }

    fn bare_escape(&mut self, byte: u8) -> State {
        if byte != b'\n' {
            self.add_escaped(byte);
        } else if let Some(word) = &mut self.word {
            word.joined = true;
        }
        State::Bare
    }

    fn comment(&mut self) -> State {
        self.current.comment = Some(self.at..self.at);
        State::LineEnd
    }

    fn begin(&mut self, quoted: bool) {
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
    fn add(&mut self, byte: u8) {
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

    fn add_escaped(&mut self, byte: u8) {
        let span = self.at - 1..self.at + 1;
        if byte == b'\r' && self.source.get(self.at + 1) == Some(&b'\n') {
            self.problem(ProblemKind::BackslashCr, span);
        } else if byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\' | b'#' | b'=') {
            self.problem(ProblemKind::LostBackslash(byte), span);
        }
        self.add(byte);
    }

    /// `endofword`: words beyond the limit are dropped.
    fn end_word(&mut self, end: usize) {
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
    fn end_line(&mut self) -> State {
        self.close(self.at + 1);
        State::WordStart
    }

    fn close(&mut self, end: usize) {
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
    fn end_of_file(&mut self) {
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

    fn problem(&mut self, kind: ProblemKind, span: Range<usize>) {
        self.current.problems.push(Problem { kind, span });
    }

    fn problem_here(&mut self, kind: ProblemKind) {
        self.problem(kind, self.at..self.at + 1);
    }

    fn tell_crlf(&mut self) {
        if !self.crlf_told && self.at > 0 && self.source[self.at - 1] == b'\r' {
            self.crlf_told = true;
            self.problem(ProblemKind::Crlf, self.at - 1..self.at + 1);
        }
    }

    fn tell_word_after_quote(&mut self) {
        let last = self.current.words.last();
        if last.is_some_and(|word| word.quoted && word.span.end == self.at) {
            self.problem_here(ProblemKind::WordAfterQuote);
        }
    }

    fn tell_too_many(&mut self, span: Range<usize>) {
        let told = self.current.problems.iter_mut();
        match told.rev().find(|p| p.kind == ProblemKind::TooManyWords) {
            Some(problem) => problem.span.end = span.end,
            None => self.problem(ProblemKind::TooManyWords, span),
        }
    }

    fn tell_dropped(&mut self, byte: u8) {
        if self.at < self.dropped_until {
            return;
        }
        match char_at(&self.source[self.at..]) {
            Some(char) if !char.is_ascii() => {
                self.dropped_until = self.at + char.len_utf8();
                self.problem(ProblemKind::DroppedChar(char), self.at..self.dropped_until);
            }
            _ => self.problem_here(ProblemKind::DroppedByte(byte)),
        }
    }
}

fn empty_line(start: usize, line: usize, column: usize, logical: usize) -> Line {
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

/// C's `isspace` without the line feed.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
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
