//! Names that are validated once, where they enter.

use std::borrow::Borrow;
use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name of a host in the inventory: letters, digits, `.`, `-`, `_`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(extend("format" = "host-name", "pattern" = "^[A-Za-z0-9._][A-Za-z0-9._-]*$"))]
pub struct HostName(String);

impl HostName {
    /// Takes a name.
    ///
    /// # Errors
    /// Says what is wrong with the name when it is empty or has a character outside the set.
    pub fn new(name: impl Into<String>) -> Result<Self, String> {
        let name = name.into();
        if name.is_empty() {
            return Err("a host name must not be empty".into());
        }
        let bad = name
            .chars()
            .find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
        match bad {
            Some(c) => Err(format!(
                "host name `{name}` has {c:?}; use letters, digits, `.`, `-` and `_`"
            )),
            None if name.starts_with('-') => {
                Err(format!("host name `{name}` must not start with `-`"))
            }
            None => Ok(Self(name)),
        }
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for HostName {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Self::new(String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

impl Borrow<str> for HostName {
    fn borrow(&self) -> &str {
        &self.0
    }
}
