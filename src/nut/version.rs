//! Versions of NUT, and which one a Debian release ships.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// An upstream version of NUT, as `2.8.1`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String", extend("format" = "nut-version"))]
pub struct NutVersion {
    /// The first number.
    pub major: u16,
    /// The second number.
    pub minor: u16,
    /// The third number.
    pub patch: u16,
}

/// A text that is no version of NUT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionError(pub String);

impl fmt::Display for VersionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not a NUT version such as 2.8.1", self.0)
    }
}

impl std::error::Error for VersionError {}

impl NutVersion {
    /// March 2016; Debian 11. The oldest version anything is known of here.
    pub const V2_7_4: Self = Self::new(2, 7, 4);
    /// April 2022; Debian 12.
    pub const V2_8_0: Self = Self::new(2, 8, 0);
    /// October 2023; Debian 13.
    pub const V2_8_1: Self = Self::new(2, 8, 1);
    /// April 2024.
    pub const V2_8_2: Self = Self::new(2, 8, 2);
    /// April 2025.
    pub const V2_8_3: Self = Self::new(2, 8, 3);
    /// August 2025.
    pub const V2_8_4: Self = Self::new(2, 8, 4);
    /// April 2026; Debian 14.
    pub const V2_8_5: Self = Self::new(2, 8, 5);
    /// What NUT's sources call the next release.
    pub const V2_8_6: Self = Self::new(2, 8, 6);

    /// A version from its numbers.
    pub const fn new(major: u16, minor: u16, patch: u16) -> Self {
        Self {
            major,
            minor,
            patch,
        }
    }

    /// Reads `2.8.1`, `2.8.0-7` (Debian's package version) and `1:2.8.1+dfsg-1`.
    pub fn parse(text: &str) -> Result<Self, VersionError> {
        Self::read(text.trim()).ok_or_else(|| VersionError(text.to_string()))
    }

    fn read(text: &str) -> Option<Self> {
        let text = match text.split_once(':') {
            Some((epoch, rest)) if is_number(epoch) => rest,
            Some(_) => return None,
            None => text,
        };
        let mut parts = text.strip_prefix('v').unwrap_or(text).splitn(3, '.');
        let major = parts.next().filter(|part| is_number(part))?;
        let (minor, more) = leading_number(parts.next()?)?;
        let (patch, _) = match parts.next() {
            Some(patch) if more.is_empty() => leading_number(patch)?,
            Some(_) => return None,
            None => (0, ""),
        };
        Some(Self::new(major.parse().ok()?, minor, patch))
    }

    /// Whether `primary` and `secondary` are understood, besides `master` and `slave`.
    ///
    /// 2.7.4 reads `primary` in `upsmon.conf` as a slave and refuses it in `upsd.users`
    /// (clients/upsmon.c, server/user.c).
    pub fn knows_primary(self) -> bool {
        self >= Self::V2_8_0
    }

    /// The word for the host that commands the UPS: `primary` or `master`.
    pub fn primary_word(self) -> &'static str {
        if self.knows_primary() {
            "primary"
        } else {
            "master"
        }
    }

    /// The word for the hosts that follow: `secondary` or `slave`.
    pub fn secondary_word(self) -> &'static str {
        if self.knows_primary() {
            "secondary"
        } else {
            "slave"
        }
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// The number at the start and what follows it, which is not a digit.
fn leading_number(text: &str) -> Option<(u16, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

impl fmt::Display for NutVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl FromStr for NutVersion {
    type Err = VersionError;

    fn from_str(text: &str) -> Result<Self, VersionError> {
        Self::parse(text)
    }
}

impl TryFrom<String> for NutVersion {
    type Error = VersionError;

    fn try_from(text: String) -> Result<Self, VersionError> {
        Self::parse(&text)
    }
}

impl From<NutVersion> for String {
    fn from(version: NutVersion) -> String {
        version.to_string()
    }
}

/// The Debian releases whose NUT packages are known here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Suite {
    /// Debian 11, Proxmox VE 7: nut 2.7.4-13.
    Bullseye,
    /// Debian 12, Proxmox VE 8: nut 2.8.0-7.
    Bookworm,
    /// Debian 13, Proxmox VE 9: nut 2.8.1-5.
    Trixie,
    /// Debian 14: nut 2.8.5-1.
    Forky,
}

impl Suite {
    /// Every suite, oldest first.
    pub const ALL: [Suite; 4] = [
        Suite::Bullseye,
        Suite::Bookworm,
        Suite::Trixie,
        Suite::Forky,
    ];

    /// The upstream version it ships.
    pub fn nut(self) -> NutVersion {
        match self {
            Suite::Bullseye => NutVersion::V2_7_4,
            Suite::Bookworm => NutVersion::V2_8_0,
            Suite::Trixie => NutVersion::V2_8_1,
            Suite::Forky => NutVersion::V2_8_5,
        }
    }

    /// `11` to `14`, as `VERSION_ID` in os-release.
    pub fn number(self) -> &'static str {
        match self {
            Suite::Bullseye => "11",
            Suite::Bookworm => "12",
            Suite::Trixie => "13",
            Suite::Forky => "14",
        }
    }

    /// The newest suite whose NUT is not newer than `version`; the oldest for anything older.
    pub fn of(version: NutVersion) -> Suite {
        let fits = |suite: &Suite| suite.nut() <= version;
        Self::ALL
            .into_iter()
            .rev()
            .find(fits)
            .unwrap_or(Suite::Bullseye)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn package_versions_are_read() {
        for (text, want) in [
            ("2.7.4-13", NutVersion::V2_7_4),
            ("2.8.0-7", NutVersion::V2_8_0),
            ("2.8.1", NutVersion::V2_8_1),
            ("2.8.1-5+deb13u1", NutVersion::V2_8_1),
            ("1:2.8.4+dfsg-1", NutVersion::V2_8_4),
            ("v2.8.3-rc1", NutVersion::V2_8_3),
            ("2.8.2.882-g1", NutVersion::V2_8_2),
            ("2.8", NutVersion::V2_8_0),
        ] {
            assert_eq!(NutVersion::parse(text), Ok(want), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [
            "",
            "2",
            "x.8.1",
            "2.x.1",
            "2.8.x",
            "2.8x.1",
            "a:2.8.1",
            "2.99999.1",
            "(none)",
        ] {
            assert!(NutVersion::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_words_changed_in_2_8_0() {
        assert_eq!(NutVersion::V2_7_4.primary_word(), "master");
        assert_eq!(NutVersion::V2_8_0.secondary_word(), "secondary");
        assert!(NutVersion::V2_8_1 > NutVersion::V2_8_0);
    }

    #[test]
    fn a_version_lies_in_a_suite() {
        assert_eq!(Suite::of(NutVersion::V2_8_4), Suite::Trixie);
        assert_eq!(Suite::of(NutVersion::new(2, 6, 0)), Suite::Bullseye);
    }
}
