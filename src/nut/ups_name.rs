//! Names of UPSes, and the `ups[@host[:port]]` form that clients use.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The port of `upsd` (RFC 9271).
pub const PORT: u16 = 3493;

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

/// `ups[@host[:port]]` taken apart as `upscli_splitname` does (clients/upsclient.c).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct System {
    /// The name of the UPS on its server.
    pub ups: String,
    /// The server; an IPv6 address without its brackets. `localhost` if not given.
    pub host: String,
    /// The port; [`PORT`] if not given.
    pub port: u16,
}

/// Why NUT cannot take a system apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SystemError {
    /// Nothing in front of the `@`.
    NoUps,
    /// Nothing behind the `@`, or a port without a host.
    NoHost,
    /// No number from 1 to 65535 behind the `:`.
    BadPort(String),
    /// An IPv6 address without brackets, or a bracket without its partner.
    Brackets,
}

impl fmt::Display for SystemError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoUps => write!(f, "no UPS name in front of the `@`"),
            Self::NoHost => write!(f, "no host: write ups@host[:port]"),
            Self::BadPort(port) => write!(f, "`{port}` is not a port"),
            Self::Brackets => write!(f, "an IPv6 address stands in brackets: ups@[::1]:3493"),
        }
    }
}

impl std::error::Error for SystemError {}

impl System {
    /// Takes `ups[@host[:port]]` apart.
    pub fn parse(text: &str) -> Result<Self, SystemError> {
        let (ups, address) = match text.split_once('@') {
            Some((ups, address)) => (ups, Some(address)),
            None if text.contains(':') => return Err(SystemError::NoHost),
            None => (text, None),
        };
        if ups.is_empty() {
            return Err(SystemError::NoUps);
        }
        let (host, port) = match address {
            Some(address) => split_address(address)?,
            None => ("localhost", PORT),
        };
        Ok(Self {
            ups: ups.to_string(),
            host: host.to_string(),
            port,
        })
    }
}

impl fmt::Display for System {
    /// The shortest form that means the same; the host is always written.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.ups)?;
        if self.host.contains(':') {
            write!(f, "[{}]", self.host)?;
        } else {
            f.write_str(&self.host)?;
        }
        match self.port {
            PORT => Ok(()),
            port => write!(f, ":{port}"),
        }
    }
}

/// Takes `host[:port]` or `[v6][:port]` apart (`upscli_splitaddr`, clients/upsclient.c).
pub fn split_address(address: &str) -> Result<(&str, u16), SystemError> {
    let (host, rest) = match address.strip_prefix('[') {
        Some(inner) => inner.split_once(']').ok_or(SystemError::Brackets)?,
        None => address.split_at(address.find(':').unwrap_or(address.len())),
    };
    if host.is_empty() {
        return Err(SystemError::NoHost);
    }
    let port = match rest.strip_prefix(':') {
        None if rest.is_empty() => PORT,
        None => return Err(SystemError::Brackets),
        Some(port) if port.contains(':') => return Err(SystemError::Brackets),
        Some(port) => parse_port(port).ok_or_else(|| SystemError::BadPort(port.to_string()))?,
    };
    Ok((host, port))
}

fn parse_port(text: &str) -> Option<u16> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|port| digits && *port > 0)
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

    #[test]
    fn systems_are_taken_apart() {
        for (text, ups, host, port) in [
            ("ups", "ups", "localhost", 3493),
            ("ups@nas", "ups", "nas", 3493),
            ("ups@10.0.0.1:3494", "ups", "10.0.0.1", 3494),
            ("ups@[fd00::1]", "ups", "fd00::1", 3493),
            ("ups@[fd00::1]:99", "ups", "fd00::1", 99),
        ] {
            let system = System::parse(text).expect(text);
            assert_eq!(
                (system.ups.as_str(), system.host.as_str(), system.port),
                (ups, host, port)
            );
        }
    }

    #[test]
    fn broken_systems_are_refused() {
        for text in [
            "",
            "@host",
            "ups@",
            "ups@::1",
            "ups@fd00::1",
            "ups@[::1",
            "ups@[::1]x",
            "ups@h:",
            "ups@h:0",
            "ups@h:99999",
            "ups@h:+1",
            "ups:3493",
        ] {
            assert!(System::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_system_is_written_as_it_is_read() {
        for text in ["ups@nas", "ups@[fd00::1]:99", "ups@10.0.0.1"] {
            assert_eq!(System::parse(text).expect(text).to_string(), text);
        }
    }
}
