//! Rules: one check each, its text beside it. A rule sees data and says findings; it reads no host
//! and prints nothing.

pub mod doctor;
pub mod lint;
pub mod refusal;
pub mod text;
pub mod verify;

use crate::model::finding::{Finding, Severity};

/// What is fixed about a rule.
#[derive(Debug)]
pub struct Rule {
    /// Kebab-case, as its file is named.
    pub id: &'static str,
    pub severity: Severity,
    /// Its Markdown: a title, then the sections that [`text::HEADINGS`] names.
    pub text: &'static str,
}

impl Rule {
    /// A finding of this rule, `why` and `fix` taken from its text with `values` filled in.
    pub fn finding(&self, saw: impl Into<String>, values: &[(&str, &str)]) -> Finding {
        let section = |heading: &str| text::fill(text::section(self.text, heading), values);
        Finding::new(self.id, self.severity, saw)
            .why(section("Why it matters"))
            .fix(section("How to fix"))
    }
}

/// Every rule, sorted by id.
pub fn all() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    rules.extend(lint::RULES.iter());
    rules.extend(verify::RULES);
    rules.extend(refusal::RULES.iter());
    rules.extend(doctor::all().map(|rule| &rule.rule));
    rules.sort_by_key(|rule| rule.id);
    rules
}

/// The rule of an id.
pub fn find(id: &str) -> Option<&'static Rule> {
    all().into_iter().find(|rule| rule.id == id)
}

/// The id that was probably meant: the nearest one, else the first that has the text in it.
pub fn nearest(id: &str) -> Option<&'static str> {
    let rules = all();
    let within = || {
        rules
            .iter()
            .find(|rule| rule.id.contains(id) && !id.is_empty())
    };
    lint::nearest(id, rules.iter().map(|rule| rule.id)).or_else(|| Some(within()?.id))
}
