//! The walk along the chain, from the cable to the shutdown command, over the bundles of all hosts.
//!
//! A rule looks at one subject: a host, one UPS of a server, or one MONITOR line. It names the
//! rules it needs; when one of those has failed for the subject (on the host itself, or on the
//! server a MONITOR line points to), the rule is skipped and says because of what. So one broken
//! link is reported once, by the rule that stands nearest to it.

mod commands;
mod daemon;
mod device;
mod driver;
mod engine;
mod firewall;
mod host;
mod journal;
mod listen;
mod login;
mod needs;
mod network;
mod notify;
mod power;
mod says;
mod shutdown;
mod subject;
mod upsd;
mod upsmon;

use super::Rule;
use crate::model::bundle::Bundle;
use crate::model::verdict::{Diagnosis, Link};
use crate::site::{ParsedHost, ParsedUps, Watch};
use crate::time::Trouble;
use says::Says;

/// A rule of this pass.
pub struct DoctorRule {
    pub rule: Rule,
    pub link: Link,
    /// Rules that must not have failed; all of them stand before this one.
    pub needs: &'static [&'static str],
    scope: Scope,
}

/// What a rule looks at, and how.
#[derive(Clone, Copy)]
enum Scope {
    /// Each host.
    Host(fn(ParsedHost<'_>) -> Option<Says>),
    /// Each host that should run drivers and upsd.
    Server(fn(ParsedHost<'_>) -> Option<Says>),
    /// Each section of a server's ups.conf.
    Ups(fn(ParsedUps<'_>) -> Option<Says>),
    /// Each MONITOR line of a host, with the server it points to.
    Watch(fn(Watch<'_>) -> Option<Says>),
}

/// What the user says is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Symptom {
    /// The UPS shows on battery.
    OnBattery,
    /// A client cannot connect.
    Client,
    /// The UPS is not detected.
    NotDetected,
}

impl Symptom {
    /// The links worth looking at.
    fn links(self) -> &'static [Link] {
        use Link::{Device, Driver, Host, Listen, Login, Network, Power, Shutdown, Upsd, Upsmon};
        match self {
            Self::OnBattery => &[Host, Power, Driver, Upsd, Upsmon, Shutdown],
            Self::Client => &[Host, Driver, Upsd, Listen, Network, Login, Upsmon],
            Self::NotDetected => &[Host, Device, Driver, Upsd],
        }
    }
}

/// Every rule of this pass, in the order of the chain.
pub fn all() -> impl Iterator<Item = &'static DoctorRule> {
    [
        host::RULES,
        power::RULES,
        device::RULES,
        driver::RULES,
        upsd::RULES,
        listen::RULES,
        network::RULES,
        login::RULES,
        upsmon::RULES,
        notify::RULES,
        shutdown::RULES,
    ]
    .into_iter()
    .flatten()
}

/// Walks the chain on every host. What is wrong with the course of an outage is the last link, and
/// says something only where the files are right.
pub fn diagnose(bundles: &[Bundle], symptom: Option<Symptom>, course: &[Trouble]) -> Diagnosis {
    engine::walk(bundles, symptom, course)
}

/// The rules of a link, a line each: severity, id, what it looks at with which check, and the rules it
/// needs without those that one of them needs already. Their texts stand in `text/ID.md`.
macro_rules! rules {
    ($link:ident $($severity:ident $id:literal $scope:ident($check:expr) [$($need:literal),*];)*) => {
        pub(super) const RULES: &[$crate::rules::doctor::DoctorRule] = &[$(
            $crate::rules::doctor::DoctorRule {
                rule: $crate::rules::Rule {
                    id: $id,
                    severity: $crate::model::finding::Severity::$severity,
                    text: include_str!(concat!("text/", $id, ".md")),
                },
                link: $crate::model::verdict::Link::$link,
                needs: &[$($need),*],
                scope: $crate::rules::doctor::Scope::$scope($check),
            },
        )*];
    };
}
use rules;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::rules::text;

    const HEADINGS: [&str; 4] = [
        "What we looked at",
        "Why it matters",
        "How to fix",
        "How to check",
    ];

    #[test]
    fn every_rule_has_its_text_under_the_four_headings() {
        for rule in all() {
            let id = rule.rule.id;
            assert!(rule.rule.text.starts_with("# "), "{id}");
            assert!(text::title(rule.rule.text).len() > 8, "{id}");
            for heading in HEADINGS {
                assert!(
                    !text::section(rule.rule.text, heading).is_empty(),
                    "{id}: {heading}"
                );
            }
        }
    }

    #[test]
    fn needs_stand_before_the_rule_that_needs_them() {
        let mut known = BTreeSet::new();
        for rule in all() {
            for need in rule.needs {
                assert!(known.contains(need), "{} needs {need}", rule.rule.id);
            }
            assert!(
                known.insert(rule.rule.id),
                "{} is there twice",
                rule.rule.id
            );
        }
        assert!(known.len() >= 50, "{}", known.len());
    }

    #[test]
    fn no_need_is_implied_by_another() {
        for rule in all() {
            for need in rule.needs {
                let implied = rule
                    .needs
                    .iter()
                    .filter(|other| *other != need)
                    .any(|other| {
                        let other = all().find(|rule| rule.rule.id == *other).unwrap();
                        needs::with_their_own(other).contains(need)
                    });
                assert!(!implied, "{} has {need} by another need", rule.rule.id);
            }
        }
    }

    #[test]
    fn the_links_come_in_the_order_of_the_chain() {
        let links: Vec<Link> = all().map(|rule| rule.link).collect();
        assert!(links.is_sorted());
    }

    #[test]
    fn a_place_in_a_text_is_one_that_gets_filled() {
        for rule in all() {
            for part in rule.rule.text.split("{{ ").skip(1) {
                let name = part.split(" }}").next().unwrap();
                assert!(says::PLACES.contains(&name), "{}: {name}", rule.rule.id);
            }
        }
    }
}
