//! Names of UPSes, and the `ups[@host[:port]]` form that clients use.

mod system;

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use system::{PORT, System, SystemError, bracketed, split_address};

/// The longest name accepted: `<statepath>/<driver>-<ups>` has to fit a socket path of 108 bytes.
const NAME_LIMIT: usize = 64;

/// A name that can be a section of `ups.conf`, a unit instance `nut-driver@NAME` and part of a
/// MONITOR line without any quoting.
#[derive(
    Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "ups-name", "pattern" = "^[A-Za-z0-9][A-Za-z0-9._-]*$"))]
pub struct UpsName(String);

/// Why a text cannot name a UPS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UpsNameError {
    /// Nothing.
    Empty,
    /// Longer than a socket path allows.
    TooLong(usize),
    /// Reserved by ups.conf(5).
    Reserved,
    /// The character and what it breaks.
    Char(char),
    /// The first character is no letter or digit.
    Start(char),
}

impl fmt::Display for UpsNameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a UPS needs a name"),
            Self::TooLong(len) => write!(
                f,
                "{len} characters are too long for a UPS name (at most {NAME_LIMIT})"
            ),
            Self::Reserved => write!(f, "`default` is reserved by ups.conf"),
            Self::Char(char) if char.is_whitespace() => {
                write!(
                    f,
                    "a blank is not allowed in a UPS name: NUT ignores such a section"
                )
            }
            Self::Char(char) => write!(
                f,
                "`{}` is not allowed in a UPS name; use letters, digits, `-`, `_` and `.`",
                char.escape_default()
            ),
            Self::Start(char) => write!(
                f,
                "a UPS name starts with a letter or a digit, not with `{char}`"
            ),
        }
    }
}

impl std::error::Error for UpsNameError {}

impl UpsName {
    /// Accepts letters, digits, `-`, `_` and `.`, the first one a letter or a digit.
    pub fn new(name: &str) -> Result<Self, UpsNameError> {
        let first = name.chars().next().ok_or(UpsNameError::Empty)?;
        let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        if let Some(char) = name.chars().find(|c| !allowed(*c)) {
            return Err(UpsNameError::Char(char));
        }
        if !first.is_ascii_alphanumeric() {
            return Err(UpsNameError::Start(first));
        }
        if name.len() > NAME_LIMIT {
            return Err(UpsNameError::TooLong(name.len()));
        }
        if name.eq_ignore_ascii_case("default") {
            return Err(UpsNameError::Reserved);
        }
        Ok(Self(name.to_string()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for UpsName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl AsRef<str> for UpsName {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for UpsName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl FromStr for UpsName {
    type Err = UpsNameError;

    fn from_str(name: &str) -> Result<Self, UpsNameError> {
        Self::new(name)
    }
}

impl TryFrom<String> for UpsName {
    type Error = UpsNameError;

    fn try_from(name: String) -> Result<Self, UpsNameError> {
        Self::new(&name)
    }
}

impl From<UpsName> for String {
    fn from(name: UpsName) -> String {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_names_are_accepted() {
        for name in ["ups", "eaton-5p", "ups_1", "APC.rack2", "1u"] {
            assert_eq!(UpsName::new(name).map(String::from), Ok(name.to_string()));
        }
    }

    #[test]
    fn names_that_break_something_are_refused() {
        for name in [
            "", "my ups", "[ups]", "default", "Default", "-x", ".x", "a@b", "a:b", "a/b", "a\"b",
            "ü", "a#b",
        ] {
            assert!(UpsName::new(name).is_err(), "{name}");
        }
        assert!(UpsName::new(&"x".repeat(65)).is_err());
    }
}
