//! The transaction of a TrueNAS, seen from this end: send the plan, see on its servers whether it is
//! logged in, confirm or have it undone.

use std::time::{Duration, Instant};

use super::transaction::{CONFIRM_S, new_id, refused, verdict_of};
use super::{Planned, Writer};
use crate::apply::{self, Answer};
use crate::flow::by_hand;
use crate::flow::interrupt::Interrupt;
use crate::flow::look::{Looker, Looks, Purpose};
use crate::host::{Command, Dialogue};
use crate::model::finding::{Finding, Severity};
use crate::model::name::HostName;
use crate::model::observed::Seen;
use crate::model::outcome::{HostError, HostResult};
use crate::model::truenas::ObservedTrueNas;
use crate::observe;
use crate::truenas::{self, Task};

/// How long it may take to be logged in: upsmon polls each 5 s, and a login takes its time.
const LOGIN: Duration = Duration::from_secs(40);
const PAUSE: Duration = Duration::from_secs(1);
/// The box bounds each call of its middleware by 120 s; so many may follow each other, undo included.
const DEADLINE: Duration = Duration::from_secs(900);

impl Writer<'_> {
    /// Applies a plan to a TrueNAS and says what became of it.
    pub(super) fn transact_truenas(
        &self,
        name: &HostName,
        planned: &Planned,
        have: &ObservedTrueNas,
    ) -> HostResult {
        let (id, nonce) = (new_id(), observe::nonce());
        let task = Task {
            id: &id,
            nonce: &nonce,
            holder: &self.options.holder,
            confirm: CONFIRM_S,
            keep: self.options.keep,
            undoes: planned.undoes.as_deref(),
        };
        let (program, input) = match truenas::program(&planned.plan, have, self.secrets, &task) {
            Ok(program) => program,
            Err(reason) => {
                let hint = "nothing was changed on the host".into();
                return HostResult::Refused { reason, hint };
            }
        };
        let command = Command {
            program,
            input,
            deadline: DEADLINE,
        };
        let mut judge = Judge {
            looker: self.looker,
            interrupt: self.interrupt,
            name,
            planned,
            nonce: &nonce,
            state: None,
            findings: Vec::new(),
            answer: None,
        };
        let ran = self.hosts.change(name, &command, &mut judge);
        match (ran, judge.answer) {
            (_, Some(Answer::Confirmed)) => HostResult::Applied {
                plan: Box::new(planned.plan.clone()),
                findings: judge.findings,
            },
            (_, Some(answer)) => {
                refused(answer, Vec::new(), || truenas::by_hand(&planned.plan, have))
            }
            (Ok(output), None) => HostResult::Failed {
                error: output.garbled("the host did not say what became of the deploy"),
            },
            // The process on the box undoes the deploy when it hears no more of us.
            (Err(error), None) => HostResult::Failed { error },
        }
    }
}

/// Listens to the box and speaks the verdict.
struct Judge<'a> {
    looker: Looker<'a>,
    interrupt: &'a Interrupt,
    name: &'a HostName,
    planned: &'a Planned,
    nonce: &'a str,
    state: Option<ObservedTrueNas>,
    findings: Vec<Finding>,
    answer: Option<Answer>,
}

impl Dialogue for Judge<'_> {
    fn line(&mut self, line: &str) -> Option<String> {
        if let Some(state) = truenas::state(self.nonce, line) {
            self.state = Some(state);
            return None;
        }
        let answer = apply::answer(self.nonce, line)?;
        if answer == Answer::Await {
            return Some(self.verdict());
        }
        self.answer = Some(answer);
        None
    }
}

impl Judge<'_> {
    fn verdict(&mut self) -> String {
        let Some(state) = self.state.take() else {
            return "what the box said of itself could not be read\n".into();
        };
        // A rollback may lead to a box that is not set up: then nothing is to be proven.
        if !self.planned.prove {
            return "confirm\n".into();
        }
        self.findings = truenas::check(&self.planned.looked.desired, &Seen::Is(state));
        if self.findings.is_empty() {
            self.findings = self.login();
        }
        match self.interrupt.heard() {
            true => "interrupted\n".into(),
            false => verdict_of(&self.findings),
        }
    }

    /// What speaks against it being logged in at its servers, once it had the time to be.
    fn login(&self) -> Vec<Finding> {
        let inventory = self.looker.index.inventory;
        let servers: Vec<HostName> = inventory.servers_of(self.name).into_iter().collect();
        let own = std::slice::from_ref(&self.planned.looked.observed);
        let until = Instant::now() + LOGIN;
        loop {
            let looked = self.looker.look(&servers, Purpose::Plan);
            let looked = looked.unwrap_or_else(|why| not_looked(&servers, &why.to_string()));
            let found =
                by_hand::seen_by_servers(inventory, self.name, &looked, own, Severity::Error);
            // That nobody could be asked is no proof either.
            let against = found.into_iter().map(|finding| Finding {
                severity: Severity::Error,
                ..finding
            });
            let found: Vec<Finding> = against.collect();
            if found.is_empty() || Instant::now() >= until || self.interrupt.heard() {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
    }
}

fn not_looked(servers: &[HostName], why: &str) -> Looks {
    let detail = why.to_string();
    let failed = |name: &HostName| {
        (
            name.clone(),
            Err(HostError::Local {
                detail: detail.clone(),
            }),
        )
    };
    servers.iter().map(failed).collect()
}
