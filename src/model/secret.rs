//! Values that must not be seen: no `Debug`, `Display` or `Serialize` shows one.

use std::collections::BTreeMap;
use std::fmt;

/// A value that only [`Secret::expose`] gives out.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Wraps a value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value itself; every call is a place to look at when a leak is feared.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The passwords of a run, by NUT user. A user that is not in it has a password nobody fetched.
#[derive(Debug, Clone, Default)]
pub struct SecretStore(BTreeMap<String, Secret>);

impl SecretStore {
    /// Keeps the password of a NUT user.
    pub fn insert(&mut self, user: impl Into<String>, password: Secret) {
        self.0.insert(user.into(), password);
    }

    /// The password of a NUT user, if it was fetched.
    pub fn get(&self, user: &str) -> Option<&Secret> {
        self.0.get(user)
    }

    /// The users whose passwords are known, with them.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(user, secret)| (user.as_str(), secret))
    }
}
