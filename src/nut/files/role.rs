use std::fmt;

use crate::nut::version::NutVersion;

/// What a host is to a UPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Commands the UPS and shuts down last: `primary`, `master`.
    Primary,
    /// Follows: `secondary`, `slave`.
    Secondary,
}

impl Role {
    /// The role of a word, in any case, for a version that knows all four words.
    pub fn of_word(word: &str) -> Option<Role> {
        match word.to_ascii_lowercase().as_str() {
            "primary" | "master" => Some(Role::Primary),
            "secondary" | "slave" => Some(Role::Secondary),
            _ => None,
        }
    }

    /// Whether a version knows the word.
    pub fn is_known(word: &str, version: NutVersion) -> bool {
        let old = ["master", "slave"]
            .iter()
            .any(|old| old.eq_ignore_ascii_case(word));
        old || (version.knows_primary() && Role::of_word(word).is_some())
    }

    /// The word a version understands.
    pub fn word(self, version: NutVersion) -> &'static str {
        match self {
            Role::Primary => version.primary_word(),
            Role::Secondary => version.secondary_word(),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Role::Primary => "primary",
            Role::Secondary => "secondary",
        })
    }
}
