//! Rules: one check each, its text beside it. A rule sees data and says findings; it reads no host
//! and prints nothing.

pub mod doctor;
pub mod lint;
pub mod metrics;
pub mod refusal;
mod says;
pub mod text;
pub mod timeline;
pub mod verify;

use crate::model::finding::{Finding, Severity};
use crate::site::{ParsedHost, ParsedSite, ParsedUps, Watch};
use says::Says;
use verify::Proof;

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

/// A rule of `lint` or `verify` with its check.
struct CheckedRule {
    rule: Rule,
    check: Check,
}

/// What a rule looks at, and how.
#[derive(Clone, Copy)]
enum Check {
    /// The site at once.
    Site(fn(&ParsedSite<'_>) -> Vec<Says>),
    /// One host after the other.
    Host(fn(ParsedHost<'_>) -> Vec<Says>),
    /// Each UPS of a host's ups.conf.
    Ups(fn(ParsedUps<'_>) -> Vec<Says>),
    /// Each UPS that a host watches.
    Watch(fn(Watch<'_>) -> Vec<Says>),
    /// A host whose files are in force.
    Proof(fn(Proof<'_>) -> Vec<Says>),
    /// It is said by the pass itself.
    Pass,
}

impl CheckedRule {
    /// What the rule says of the site as a whole.
    fn of_site(&self, site: &ParsedSite<'_>) -> Vec<Finding> {
        match self.check {
            Check::Site(look) => self.findings(look(site), None),
            _ => Vec::new(),
        }
    }

    /// What the rule says of a host, its UPSes and what it watches.
    fn of_host(&self, host: ParsedHost<'_>) -> Vec<Finding> {
        let says = match self.check {
            Check::Host(look) => look(host),
            Check::Ups(look) => host.upses().flat_map(look).collect(),
            Check::Watch(look) => host.watches().flat_map(look).collect(),
            Check::Site(_) | Check::Proof(_) | Check::Pass => Vec::new(),
        };
        self.findings(says, Some(host))
    }

    /// What the rule says of a host whose files are in force.
    fn of_proof(&self, proof: Proof<'_>) -> Vec<Finding> {
        match self.check {
            Check::Proof(look) => self.findings(look(proof), Some(proof.host)),
            _ => Vec::new(),
        }
    }

    fn findings(&self, says: Vec<Says>, host: Option<ParsedHost<'_>>) -> Vec<Finding> {
        let host = host.map(ParsedHost::name);
        let says = says.into_iter();
        says.map(|says| says.finding(&self.rule, host)).collect()
    }
}

/// The rules of a file: id, severity, subject and check of each; its text is `text/ID.md`. A check
/// gives what is wrong: an `Option`, an iterator or a list of [`Says`].
macro_rules! rules {
    ($($id:literal $severity:ident $subject:ident $check:expr;)*) => {
        pub(super) static RULES: &[$crate::rules::CheckedRule] = &[$(
            $crate::rules::CheckedRule {
                rule: $crate::rules::Rule {
                    id: $id,
                    severity: $crate::model::finding::Severity::$severity,
                    text: include_str!(concat!("text/", $id, ".md")),
                },
                check: $crate::rules::Check::$subject(|subject| {
                    ($check)(subject).into_iter().collect()
                }),
            }
        ),*];
    };
}
use rules;

/// Every rule, sorted by id.
pub fn all() -> Vec<&'static Rule> {
    let mut rules: Vec<&'static Rule> = Vec::new();
    rules.extend(lint::rules());
    rules.extend(verify::rules());
    rules.extend(metrics::RULES.iter());
    rules.extend(refusal::RULES.iter());
    rules.extend(timeline::RULES.iter());
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
    crate::model::nearest::nearest(id, rules.iter().map(|rule| rule.id))
        .or_else(|| Some(within()?.id))
}
