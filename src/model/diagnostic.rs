//! An error in something the owner wrote, with the place to open.

use std::fmt;

use serde::Serialize;

use super::finding::Place;
use super::key_path::{KeyPath, Places};

/// One error in what the owner wrote.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// What is wrong, in one line.
    pub message: String,
    /// Where it stands, when it stands somewhere.
    pub place: Option<Box<Place>>,
    /// The key of the inventory that caused it, as long as its place is not known.
    #[serde(skip)]
    pub key: KeyPath,
    /// A few words for under the caret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The way out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    /// The other place it is about, such as the first of two definitions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub second: Option<Box<Second>>,
}

/// The other place a diagnostic is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Second {
    pub place: Place,
    /// What stands there.
    pub label: String,
}

impl Diagnostic {
    /// An error that stands nowhere yet.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            key: KeyPath::default(),
            label: None,
            help: None,
            second: None,
        }
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.place = place.into().map(Box::new);
        self
    }

    /// The same, caused by a key of the inventory.
    #[must_use]
    pub fn of(mut self, key: impl Into<KeyPath>) -> Self {
        self.key = key.into();
        self
    }

    /// The same, at the place of its key where that is known; else its message names the key.
    #[must_use]
    pub fn placed(mut self, places: &Places<'_>) -> Self {
        let key = std::mem::take(&mut self.key);
        if key.is_empty() || self.place.is_some() {
            return self;
        }
        match key.find(places) {
            Some(place) => self.place = Some(Box::new(place)),
            None => self.message = format!("{key}: {}", self.message),
        }
        self
    }

    /// The same, with words for under the caret.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The same, with the way out.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same, with the other place, if there is one.
    #[must_use]
    pub fn second(mut self, place: Option<Place>, label: impl Into<String>) -> Self {
        self.second = place.map(|place| {
            let label = label.into();
            Box::new(Second { place, label })
        });
        self
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}:{}: ", place.file, place.line, place.column)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for Diagnostic {}

/// Every error of a run, by file, line and column. Never empty.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Puts errors in the order a person mends them: those without a place first, then by file,
    /// line and column.
    pub fn sorted(mut errors: Vec<Diagnostic>) -> Self {
        let key = |error: &Diagnostic| {
            let at = |place: &Place| (place.file.clone(), place.line, place.column);
            error.place.as_deref().map(at)
        };
        errors.sort_by_cached_key(key);
        errors.dedup();
        Self(errors)
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(error: Diagnostic) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
