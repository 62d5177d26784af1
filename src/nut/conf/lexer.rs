mod collect;
mod tell;

use std::mem;

use super::position::starts_char;
use super::{Conf, Line, ProblemKind};
use collect::empty_line;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Reads a file as NUT reads it. Never fails: what NUT drops is a [`Problem`](super::Problem) of its line.
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
                self.tell_word_after_quote();
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
}

/// C's `isspace` without the line feed.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | 0x0b | 0x0c)
}

/// Whether upsd reads a word of its protocol as it is sent: clients send words bare, and upsd takes
/// a line apart by the grammar of the files (do_upsd_auth, clients/upsmon.c).
pub fn is_one_word(word: &str) -> bool {
    let sent = parse(format!("PASSWORD {word}\n").as_bytes());
    let words = sent.lines.first().map(|line| line.words.as_slice());
    matches!(words, Some([_, read]) if read.value == word)
}
