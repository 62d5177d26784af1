//! The files of NUT and their directives.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A configuration file of NUT.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum File {
    #[serde(rename = "nut.conf")]
    Nut,
    #[serde(rename = "ups.conf")]
    Ups,
    #[serde(rename = "upsd.conf")]
    Upsd,
    #[serde(rename = "upsd.users")]
    UpsdUsers,
    #[serde(rename = "upsmon.conf")]
    Upsmon,
}

impl File {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Nut,
        Self::Ups,
        Self::Upsd,
        Self::UpsdUsers,
        Self::Upsmon,
    ];

    /// Its name in /etc/nut.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nut => "nut.conf",
            Self::Ups => "ups.conf",
            Self::Upsd => "upsd.conf",
            Self::UpsdUsers => "upsd.users",
            Self::Upsmon => "upsmon.conf",
        }
    }
}

impl fmt::Display for File {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
