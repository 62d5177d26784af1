//! What a rule says before its text is filled in.

use std::fmt::Display;

use crate::model::finding::{Finding, Place};
use crate::model::name::HostName;
use crate::rules::Rule;

/// What a rule of `lint` or `verify` found on its subject.
#[derive(Debug, Default)]
pub(super) struct Says {
    saw: String,
    values: Vec<(&'static str, String)>,
    at: Option<Place>,
    on: Option<HostName>,
    why: Option<String>,
    fix: Option<String>,
    evidence: Vec<String>,
    unsure: bool,
}

/// It is wrong: one sentence about the subject.
pub(super) fn says(saw: impl Into<String>) -> Says {
    Says {
        saw: saw.into(),
        ..Says::default()
    }
}

impl Says {
    /// Where it stands, if that is known.
    pub(super) fn at(mut self, place: impl Into<Option<Place>>) -> Self {
        self.at = place.into();
        self
    }

    /// With a value for the text.
    pub(super) fn with(mut self, name: &'static str, value: impl Display) -> Self {
        self.values.push((name, value.to_string()));
        self
    }

    /// About another host than the one looked at.
    pub(super) fn on(mut self, host: Option<HostName>) -> Self {
        self.on = host;
        self
    }

    /// Another reason than that of the text.
    pub(super) fn why(mut self, why: impl Into<String>) -> Self {
        self.why = Some(why.into());
        self
    }

    /// Another way out than that of the text.
    pub(super) fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    /// It could not be looked at.
    pub(super) fn unsure(mut self) -> Self {
        self.unsure = true;
        self
    }

    /// With lines that show it.
    pub(super) fn shown(mut self, lines: impl IntoIterator<Item = impl Display>) -> Self {
        self.evidence = lines.into_iter().map(|line| line.to_string()).collect();
        self
    }

    /// The finding of a rule, about a host or about none.
    pub(super) fn finding(self, rule: &Rule, host: Option<&HostName>) -> Finding {
        let host = self.on.as_ref().or(host);
        let named = host.map(|host| ("host", host.as_str()));
        let values = self
            .values
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let values: Vec<(&str, &str)> = values.chain(named).collect();
        let mut finding = rule.finding(self.saw, &values).evidence(self.evidence);
        finding.host = host.cloned();
        finding.place = self.at.or(finding.place);
        finding.why = self.why.or(finding.why);
        finding.fix = self.fix.or(finding.fix);
        if self.unsure {
            finding.unsure()
        } else {
            finding
        }
    }
}
