//! Who is logged in to a server and loses it for a moment: a deploy that restarts upsd ends when all are
//! back. An outage in between would find a server that waits for nobody.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::Result;

use crate::flow::by_hand::{GRACE, PAUSE};
use crate::flow::interrupt::Interrupt;
use crate::flow::look::{Looked, Looker, Looks, Purpose, seen};
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::plan::UnitAction;
use crate::nut::unit::SERVER;
use crate::rules::verify::logged_in;
use crate::site::ParsedSite;

/// Who was logged in where, before anything was written.
pub(super) struct Guests {
    /// Each server's clients.
    of: BTreeMap<HostName, Vec<HostName>>,
    /// What was seen of all hosts: by which addresses they come.
    peers: BTreeMap<HostName, ObservedHost>,
}

impl Guests {
    pub(super) fn before(looked: &Looks) -> Self {
        let peers = seen(looked);
        let servers = looked.iter().filter_map(|(name, host)| {
            let host = host.as_ref().ok()?;
            let clients = host.desired.expect.clients.iter();
            let clients = clients.filter(|client| !client.own);
            let clients = clients.map(|client| client.host.clone());
            let here = clients.filter(|client| missing(host, client, &peers).is_empty());
            Some((name.clone(), here.collect()))
        });
        Self {
            of: servers.collect(),
            peers,
        }
    }

    /// Looks at the servers whose upsd was started anew until each has its guests back or [`GRACE`]
    /// is over; who is not back by then is a warning of the server.
    ///
    /// # Errors
    /// When a template does not render.
    pub(super) fn wait(
        &self,
        looker: &Looker<'_>,
        interrupt: &Interrupt,
        outcomes: &mut [HostOutcome],
    ) -> Result<()> {
        let anew = outcomes.iter().filter(|one| starts_upsd(&one.result));
        let has_guests = |name: &&HostName| self.of.get(*name).is_some_and(|all| !all.is_empty());
        let names = anew.map(|one| &one.host).filter(has_guests);
        let names: Vec<HostName> = names.cloned().collect();
        let until = Instant::now() + GRACE;
        while !names.is_empty() {
            let looked = looker.look(&names, Purpose::Plan)?;
            let away = self.away(&looked);
            if !away.is_empty() && Instant::now() < until && !interrupt.heard() {
                let progress = looker.progress;
                progress.say("upsd was started anew: waiting for its clients to log in again");
                std::thread::sleep(PAUSE);
                continue;
            }
            for outcome in outcomes.iter_mut() {
                let missing = away.get(&outcome.host).cloned().unwrap_or_default();
                if let HostResult::Applied { findings, .. } = &mut outcome.result {
                    findings.extend(missing);
                }
            }
            break;
        }
        Ok(())
    }

    /// What speaks against the guests being there, by server; also that it could not be seen.
    fn away(&self, looked: &Looks) -> BTreeMap<HostName, Vec<Finding>> {
        let mut away = BTreeMap::new();
        for (name, host) in looked {
            let guests = self.of.get(name).into_iter().flatten();
            let found: Vec<Finding> = match host {
                Ok(host) => guests
                    .flat_map(|guest| missing(host, guest, &self.peers))
                    .map(|finding| Finding {
                        severity: finding.severity.min(Severity::Warning),
                        ..finding
                    })
                    .collect(),
                Err(error) => vec![Finding::new(
                    "client-not-logged-in",
                    Severity::Warning,
                    format!("could not look whether its clients are logged in again: {error}"),
                )],
            };
            if !found.is_empty() {
                away.insert(name.clone(), found);
            }
        }
        away
    }
}

fn missing(
    server: &Looked,
    guest: &HostName,
    peers: &BTreeMap<HostName, ObservedHost>,
) -> Vec<Finding> {
    let site = ParsedSite::of_host(&server.desired, &server.observed, peers);
    let parsed = site.host(&server.desired.name);
    parsed.map_or_else(Vec::new, |server| logged_in(server, guest))
}

fn starts_upsd(result: &HostResult) -> bool {
    let HostResult::Applied { plan, .. } = result else {
        return false;
    };
    plan.units
        .iter()
        .any(|step| step.unit == SERVER && step.action == UnitAction::Restart)
}
