//! What a rule has to say. The single currency of lint, verify, doctor and refusals.

use serde::Serialize;

use super::name::HostName;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    Note,
    Warning,
    Error,
}

/// Something a rule has to say about one host or the inventory.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Rule id, `upsctl explain` knows it.
    pub rule: &'static str,
    pub severity: Severity,
    pub host: Option<HostName>,
    /// One line: what was seen.
    pub saw: String,
    /// Where it stands, when it stands somewhere.
    pub place: Option<Place>,
    /// What happens at run time because of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub why: Option<String>,
    /// The way out: what to change or type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<String>,
    /// Lines that show it, shown with `-v`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<String>,
    /// Nobody can tell whether it is so: neither proven nor wrong.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unsure: bool,
}

impl Finding {
    /// A finding about a host with nothing but its headline.
    pub fn new(rule: &'static str, severity: Severity, saw: impl Into<String>) -> Self {
        Self {
            rule,
            severity,
            host: None,
            saw: saw.into(),
            place: None,
            why: None,
            fix: None,
            evidence: Vec::new(),
            unsure: false,
        }
    }

    /// The same, when it could not be looked at: no more than a warning.
    #[must_use]
    pub fn unsure(mut self) -> Self {
        self.severity = self.severity.min(Severity::Warning);
        self.unsure = true;
        self
    }

    /// Whether it keeps a host from being proven.
    pub fn speaks_against(&self) -> bool {
        self.unsure || self.severity == Severity::Error
    }

    /// The same, about this host.
    #[must_use]
    pub fn on(mut self, host: &HostName) -> Self {
        self.host = Some(host.clone());
        self
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, with what happens because of it.
    #[must_use]
    pub fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// The same, with the way out.
    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// The same, with lines that show it.
    #[must_use]
    pub fn evidence(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.evidence.extend(lines);
        self
    }
}

/// A place in a file that a person can open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Place {
    /// Path, or `HOST:/etc/nut/FILE` for a file of a host, or `rendered HOST/FILE`.
    pub file: String,
    /// 1-based.
    pub line: usize,
    /// 1-based, in characters.
    pub column: usize,
    /// The line itself, masked where it holds a password.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// How many characters the caret underlines.
    #[serde(skip)]
    pub width: usize,
}
