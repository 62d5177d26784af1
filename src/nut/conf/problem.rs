use std::fmt;
use std::ops::Range;

/// Something NUT drops or reads differently than it looks, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What it is.
    pub kind: ProblemKind,
    /// The bytes it is about.
    pub span: Range<usize>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

/// The ways a file can mean something else than it looks (common/parseconf.c).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProblemKind {
    /// `"a#b"`: the one error NUT reports. The line is dropped, the rest of it read as a new line.
    UnescapedHashInQuotes,
    /// `pass#word`: the word ends at the `#`, the rest is a comment. NUT says nothing.
    CommentInsideWord,
    /// A byte below 0x20 or above 0x7f, which NUT drops.
    DroppedByte(u8),
    /// A character outside ASCII, all bytes of which NUT drops.
    DroppedChar(char),
    /// More than 512 bytes in a word.
    WordTooLong,
    /// More than 32 words in a line.
    TooManyWords,
    /// An opening quote without a closing one up to the end of the file.
    UnterminatedQuote,
    /// A line feed inside quotes: the word goes on in the next line.
    NewlineInQuotes,
    /// The file ends in a lone word without a line feed, and NUT loses it.
    LostLastLine,
    /// A continuation with blanks around it, which makes an empty word.
    ContinuationBlank,
    /// The file has CR LF line ends; reported once.
    Crlf,
    /// A backslash before CR LF, which does not join the lines.
    BackslashCr,
    /// The file starts with a byte order mark, which makes an empty word.
    Bom,
    /// A backslash before a character that needs none: the backslash is lost.
    LostBackslash(u8),
    /// A double quote inside a bare word: an ordinary character.
    QuoteInsideWord,
    /// A word right behind a closing quote: two words.
    WordAfterQuote,
    /// A word starts with an apostrophe: an ordinary character, not a quote.
    Apostrophe,
}

impl fmt::Display for ProblemKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DroppedByte(byte) => write!(f, "NUT drops this byte (0x{byte:02x})"),
            Self::DroppedChar(quote @ ('“' | '”' | '„' | '‘' | '’')) => write!(
                f,
                "NUT drops `{quote}`, a curly quote; write a plain one, `\"`"
            ),
            Self::DroppedChar(char) => write!(f, "NUT drops `{char}`: only ASCII is kept"),
            Self::LostBackslash(byte) => {
                let char = byte.escape_ascii();
                write!(
                    f,
                    "NUT drops this backslash and keeps `{char}`; write `\\\\`"
                )
            }
            other => f.write_str(other.text()),
        }
    }
}

impl ProblemKind {
    /// The texts that need no value.
    fn text(self) -> &'static str {
        match self {
            Self::UnescapedHashInQuotes => {
                "unescaped `#` in quotes: NUT drops the line up to here and reads the rest as a new line; write `\\#`"
            }
            Self::CommentInsideWord => {
                "`#` starts a comment inside this word: NUT drops the rest of the line"
            }
            Self::WordTooLong => "longer than 512 bytes: NUT drops the rest of the word",
            Self::TooManyWords => "more than 32 words in a line: NUT drops these",
            Self::UnterminatedQuote => {
                "this quote is never closed: NUT swallows the rest of the file"
            }
            Self::NewlineInQuotes => {
                "the quote goes on in the next line: NUT drops the line end and reads on"
            }
            Self::LostLastLine => {
                "a single word without a line end at the end of the file: NUT loses it"
            }
            Self::ContinuationBlank => "a continuation with blanks around it makes an empty word",
            Self::Crlf => "the file has CR LF line ends",
            Self::BackslashCr => "a backslash before CR LF does not join the lines",
            Self::Bom => "the file starts with a byte order mark: NUT reads an empty word there",
            Self::QuoteInsideWord => "a quote inside a word is an ordinary character for NUT",
            Self::WordAfterQuote => "the closing quote ends the word: NUT starts a new one here",
            Self::Apostrophe => "an apostrophe is an ordinary character for NUT, not a quote",
            Self::DroppedByte(_) | Self::DroppedChar(_) | Self::LostBackslash(_) => {
                "NUT drops this"
            }
        }
    }

    /// Whether NUT reads less or something else than what stands there.
    ///
    /// The others ([`Crlf`](Self::Crlf), [`Apostrophe`](Self::Apostrophe),
    /// [`QuoteInsideWord`](Self::QuoteInsideWord)) lose nothing, but often are not what was meant.
    pub fn loses_text(self) -> bool {
        !matches!(self, Self::Crlf | Self::Apostrophe | Self::QuoteInsideWord)
    }
}
