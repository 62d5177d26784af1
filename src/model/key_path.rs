//! The keys that lead to a place of the inventory. A list and not a text: names may have dots.

use std::fmt;

use super::finding::Place;

/// Finds where a key or value of the inventory stands.
pub type Places<'a> = dyn Fn(&[&str]) -> Option<Place> + Sync + 'a;

/// Keys of the inventory, the outermost first, such as `hosts`, `pve`, `upsmon`, `MAXAGE`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyPath(Vec<String>);

impl KeyPath {
    /// The path one key deeper.
    #[must_use]
    pub fn then(&self, key: &str) -> Self {
        let mut deeper = self.0.clone();
        deeper.push(key.into());
        Self(deeper)
    }

    /// Whether it leads nowhere.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Where it leads, if the inventory says so.
    pub fn find(&self, places: &Places<'_>) -> Option<Place> {
        let keys: Vec<&str> = self.0.iter().map(String::as_str).collect();
        places(&keys)
    }
}

impl<const N: usize> From<[&str; N]> for KeyPath {
    fn from(keys: [&str; N]) -> Self {
        Self(keys.map(str::to_string).into())
    }
}

/// As people write it: with dots.
impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
