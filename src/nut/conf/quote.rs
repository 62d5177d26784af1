use std::borrow::Cow;
use std::fmt;

use super::WORD_LIMIT;

/// Why a text cannot be written as a NUT word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum QuoteError {
    /// A character outside ASCII, at this character (from 1): NUT drops its bytes.
    NonAscii(char, usize),
    /// A control byte, at this character (from 1): NUT drops it.
    Control(u8, usize),
    /// So many bytes, more than the 512 NUT keeps.
    TooLong(usize),
}

impl fmt::Display for QuoteError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NonAscii(char, at) => {
                write!(
                    f,
                    "character {at} (`{char}`) is not ASCII; NUT would drop it"
                )
            }
            Self::Control(byte, at) => {
                write!(
                    f,
                    "character {at} is the control byte 0x{byte:02x}; NUT would drop it"
                )
            }
            Self::TooLong(len) => {
                write!(f, "{len} bytes; NUT keeps {WORD_LIMIT} and drops the rest")
            }
        }
    }
}

impl std::error::Error for QuoteError {}

/// Whether NUT's parser can hold the value at all.
pub fn check(value: &str) -> Result<(), QuoteError> {
    for (at, char) in value.chars().enumerate() {
        if char.is_ascii_control() {
            return Err(QuoteError::Control(char as u8, at + 1));
        }
        if !char.is_ascii() {
            return Err(QuoteError::NonAscii(char, at + 1));
        }
    }
    match value.len() {
        0..=WORD_LIMIT => Ok(()),
        len => Err(QuoteError::TooLong(len)),
    }
}

/// The word that makes NUT read `value`, quoted only where it has to be.
///
/// Quotes are needed for an empty value and around a blank, `#`, `=`, `"` and `\`; within them
/// `"`, `\` and `#` are escaped, the set of NUT's own `pconf_encode` (common/parseconf.c).
pub fn quote(value: &str) -> Result<Cow<'_, str>, QuoteError> {
    if value.is_empty() || value.contains([' ', '#', '=', '"', '\\']) {
        return quote_always(value).map(Cow::Owned);
    }
    check(value)?;
    Ok(Cow::Borrowed(value))
}

/// The word that makes NUT read `value`, in double quotes.
pub fn quote_always(value: &str) -> Result<String, QuoteError> {
    check(value)?;
    let mut word = String::with_capacity(value.len() + 2);
    word.push('"');
    for char in value.chars() {
        if matches!(char, '"' | '\\' | '#') {
            word.push('\\');
        }
        word.push(char);
    }
    word.push('"');
    Ok(word)
}
