//! Applies what was confirmed: servers before their clients, many hosts at once.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use super::{Planned, Writer, outcome};
use crate::flow::fleet;
use crate::flow::look::{Looked, Looks, seen};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::plan::HostPlan;

/// How often an interrupt is looked for while hosts are under way.
const TICK: Duration = Duration::from_millis(100);

impl Writer<'_> {
    /// Applies every pending plan, and says what became of each host.
    pub(super) fn apply(
        &self,
        inventory: &Inventory,
        outcomes: Vec<HostOutcome>,
        mut looked: Looks,
    ) -> Vec<HostOutcome> {
        let order: Vec<HostName> = outcomes.iter().map(|one| one.host.clone()).collect();
        let mut results: BTreeMap<HostName, HostResult> = outcomes
            .into_iter()
            .map(|one| (one.host, one.result))
            .collect();
        let peers = seen(&looked);
        for wave in waves(&results, &looked) {
            let mut jobs = Vec::new();
            for name in wave {
                let servers = inventory.servers_of(&name);
                let held = held_back(&servers, &results, self.interrupt.heard());
                let Some(Ok(host)) = looked.remove(&name) else {
                    continue;
                };
                match (held, results.remove(&name)) {
                    (Some(reason), _) => {
                        results.insert(name, HostResult::Skipped { reason });
                    }
                    (None, Some(HostResult::Pending { plan })) => jobs.push((name, host, *plan)),
                    (None, other) => results.extend(other.map(|other| (name, other))),
                }
            }
            results.extend(self.together(jobs, &peers));
        }
        order
            .iter()
            .filter_map(|name| Some(outcome(name, results.remove(name)?)))
            .collect()
    }

    /// Applies plans to hosts at the same time, and tells when an interrupt is heard meanwhile.
    fn together(
        &self,
        jobs: Vec<(HostName, Looked, HostPlan)>,
        peers: &BTreeMap<HostName, ObservedHost>,
    ) -> Vec<(HostName, HostResult)> {
        let names: Vec<String> = jobs.iter().map(|(name, ..)| name.to_string()).collect();
        self.while_telling(&names.join(", "), || {
            fleet::each(jobs, self.options.parallel, |(name, looked, plan)| {
                if self.interrupt.heard() {
                    let reason = "interrupted".into();
                    return (name, HostResult::Skipped { reason });
                }
                self.progress.begin(&name, "applying");
                let planned = Planned {
                    looked,
                    plan,
                    prove: true,
                    undoes: None,
                };
                let result = self.transact(&name, planned, peers);
                self.progress.end(&name, "done");
                (name, result)
            })
        })
    }

    /// Does what takes long, and acknowledges an interrupt as soon as it is heard.
    pub(in crate::flow) fn while_telling<T>(&self, who: &str, work: impl FnOnce() -> T) -> T {
        let done = AtomicBool::new(false);
        thread::scope(|scope| {
            scope.spawn(|| {
                while !done.load(Ordering::Relaxed) {
                    if self.interrupt.heard() {
                        self.progress.say(&format!(
                            "interrupt heard: {who} first comes to a whole state; a second Ctrl-C \
                             ends upsctl at once, and hosts under way undo themselves"
                        ));
                        return;
                    }
                    thread::sleep(TICK);
                }
            });
            let result = work();
            done.store(true, Ordering::Relaxed);
            result
        })
    }
}

/// The hosts that change: servers, then those that only watch.
fn waves(results: &BTreeMap<HostName, HostResult>, looked: &Looks) -> [Vec<HostName>; 2] {
    let serves = |name: &HostName| {
        let host = looked.get(name).and_then(|host| host.as_ref().ok());
        host.is_some_and(|host| host.desired.role.is_server())
    };
    let pending = results
        .iter()
        .filter(|(_, result)| matches!(result, HostResult::Pending { .. }));
    let (servers, clients) = pending.map(|(name, _)| name.clone()).partition(serves);
    [servers, clients]
}

/// Why a host is not begun although it has a plan.
fn held_back(
    servers: &BTreeSet<HostName>,
    results: &BTreeMap<HostName, HostResult>,
    interrupted: bool,
) -> Option<String> {
    if interrupted {
        return Some("interrupted".into());
    }
    // A server that has no result is not part of this run; one that is pending is in the same wave.
    let stands = |result: &HostResult| {
        matches!(
            result,
            HostResult::Pending { .. }
                | HostResult::InSync { .. }
                | HostResult::Applied { .. }
                | HostResult::ByHand { .. }
        )
    };
    let failed = servers
        .iter()
        .find(|server| results.get(*server).is_some_and(|result| !stands(result)));
    failed.map(|server| {
        format!("its server {server} was not deployed; its clients are left as they are")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::outcome::HostError;

    fn name(text: &str) -> HostName {
        HostName::new(text).unwrap()
    }

    /// Whether nas, fed by pve, is begun when pve ended like this.
    fn held(pve: Option<HostResult>, interrupted: bool) -> Option<String> {
        let results = pve
            .map(|result| (name("pve"), result))
            .into_iter()
            .collect();
        held_back(&BTreeSet::from([name("pve")]), &results, interrupted)
    }

    #[test]
    fn a_client_is_not_touched_when_its_server_was_not_made() {
        let log = Vec::new;
        let reason = || "not confirmed".to_string();
        for bad in [
            HostResult::RolledBack {
                cause: "x".into(),
                log: log(),
            },
            HostResult::RollbackFailed {
                cause: "x".into(),
                log: log(),
                hands_on: log(),
            },
            HostResult::Skipped { reason: reason() },
            HostResult::Refused {
                reason: reason(),
                hint: String::new(),
            },
            HostResult::Failed {
                error: HostError::TimedOut { seconds: 1 },
            },
        ] {
            let why = held(Some(bad), false).expect("held back");
            assert!(why.contains("its server pve was not deployed"), "{why}");
        }
    }

    #[test]
    fn a_client_goes_on_when_its_server_is_as_it_must_be_or_is_not_of_this_run() {
        let findings = Vec::new();
        assert_eq!(held(Some(HostResult::InSync { findings }), false), None);
        assert_eq!(held(None, false), None);
    }

    #[test]
    fn after_an_interrupt_no_host_is_begun() {
        assert_eq!(held(None, true).as_deref(), Some("interrupted"));
    }
}
