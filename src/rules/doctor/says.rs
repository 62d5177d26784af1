//! What a rule says before its text is filled in.

use std::fmt::Display;

use crate::model::verdict::Repair;

/// Names that may stand in a rule's text. All have a value for every subject.
pub(super) const PLACES: [&str; 12] = [
    "host",
    "address",
    "ups",
    "system",
    "server",
    "server_address",
    "port",
    "unit",
    "driver",
    "user",
    "path",
    "value",
];

/// A rule's word on one subject; a rule that finds all well says nothing.
#[derive(Debug)]
pub(super) enum Says {
    Bad(Box<Bad>),
    /// Could not look.
    Unknown(String),
}

/// What is wrong.
#[derive(Debug, Default)]
pub(super) struct Bad {
    pub saw: String,
    pub values: Vec<(&'static str, String)>,
    pub evidence: Vec<String>,
    pub repair: Option<Repair>,
}

/// It is wrong: one sentence about the host.
pub(super) fn bad(saw: impl Into<String>) -> Bad {
    Bad {
        saw: saw.into(),
        ..Bad::default()
    }
}

impl Bad {
    /// With a value for the text.
    pub fn with(mut self, name: &'static str, value: impl Display) -> Self {
        debug_assert!(PLACES.contains(&name), "{name}");
        self.values.push((name, value.to_string()));
        self
    }

    /// With lines that show it.
    pub fn shown(mut self, lines: impl IntoIterator<Item = impl Display>) -> Self {
        self.evidence
            .extend(lines.into_iter().map(|line| line.to_string()));
        self
    }

    /// With the path it is about.
    pub fn at(self, path: impl Display) -> Self {
        self.with("path", path)
    }

    /// A deploy mends it.
    pub fn redeploy(self) -> Self {
        self.repair(Repair::Redeploy)
    }

    /// With a repair that `--fix` may offer.
    pub fn repair(mut self, repair: Repair) -> Self {
        self.repair = Some(repair);
        self
    }
}

/// It could not look, and why.
pub(super) fn unknown(why: impl Into<String>) -> Option<Says> {
    Some(Says::Unknown(why.into()))
}

impl From<Bad> for Option<Says> {
    fn from(bad: Bad) -> Self {
        Some(Says::Bad(Box::new(bad)))
    }
}
