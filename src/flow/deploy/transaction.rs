//! One host's transaction, seen from this end: send the plan, judge what the host then sees of
//! itself, confirm or have it undone.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::{Planned, Writer};
use crate::apply::{self, Answer, Proof, STATE_DIR, Settings};
use crate::flow::Options;
use crate::flow::interrupt::Interrupt;
use crate::host::{Command, Dialogue, Silent};
use crate::model::desired::{CONFIG_DIR, DesiredHost};
use crate::model::finding::Finding;
use crate::model::masking;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Reading, Seen};
use crate::model::outcome::{HostError, HostResult};
use crate::model::plan::{FileChange, HostPlan, UnitAction};
use crate::model::secret::{Secret, SecretStore};
use crate::observe::{self, PROBE, Probe, Settle};
use crate::rules::verify::{Clients, check};
use crate::site::ParsedSite;

/// How long the host waits for the verdict.
pub(super) const CONFIRM_S: u64 = 60;
const RECONNECT_DEADLINE: Duration = Duration::from_secs(240);

impl Writer<'_> {
    /// Applies a plan to a host and says what became of it.
    pub(in crate::flow) fn transact(
        &self,
        name: &HostName,
        planned: Planned,
        peers: &BTreeMap<HostName, ObservedHost>,
    ) -> HostResult {
        if let Seen::Is(have) = &planned.looked.observed.truenas {
            return self.transact_truenas(name, &planned, have);
        }
        let Planned {
            looked,
            plan,
            prove,
            undoes,
        } = planned;
        let nonce = observe::nonce();
        let mut probe = Probe::of(&looked.desired);
        probe.settle = prove.then(|| Settle::of(&looked.desired, self.options.settle));
        probe.journal_since = Some("-5min".into());
        let settings = Settings {
            undoes,
            ..settings(self.options, &looked.desired, &looked.observed)
        };
        let proof = Proof {
            settings: &probe.settings(&nonce),
            functions: PROBE,
        };
        let program = match apply::program(&plan, proof, self.secrets, &settings) {
            Ok(program) => program,
            Err(reason) => {
                return HostResult::Refused {
                    reason,
                    hint: "check the inventory's secrets".into(),
                };
            }
        };
        let command = Command {
            program: program.text,
            input: program.input,
            deadline: Duration::from_secs(settings.undo_after + 60),
        };
        let mut judge = Judge {
            interrupt: self.interrupt,
            name,
            desired: &looked.desired,
            peers,
            nonce: &nonce,
            heard: String::new(),
            findings: Vec::new(),
            answer: None,
            prove,
        };
        let ran = self.hosts.change(name, &command, &mut judge);
        let (heard, findings, answer) = (judge.heard, judge.findings, judge.answer);
        let log = journal_of(self.secrets, &nonce, &heard);
        match (ran, answer) {
            (_, Some(Answer::Confirmed)) => HostResult::Applied {
                plan: Box::new(plan),
                findings,
            },
            (_, Some(answer)) => refused(answer, log, || by_hand(&plan, &settings.id)),
            (Ok(output), None) => HostResult::Failed {
                error: output.garbled("the host did not say what became of the deploy"),
            },
            (Err(error), None) => self.after_loss(name, plan, &settings.id, error),
        }
    }

    /// The connection broke or the deadline passed before the host said how it ended. The host undoes
    /// an unconfirmed deploy by itself; a second connection finds out, or makes it so now.
    fn after_loss(
        &self,
        name: &HostName,
        plan: HostPlan,
        id: &str,
        error: HostError,
    ) -> HostResult {
        self.progress.begin(name, "asking what became of it");
        let command = Command {
            program: apply::heal_program(id, ""),
            input: Secret::new(""),
            deadline: RECONNECT_DEADLINE,
        };
        let Ok(output) = self.hosts.change(name, &command, &mut Silent) else {
            return HostResult::Failed { error };
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let log = text
            .lines()
            .skip(1)
            .map(|line| masking::line(line, self.secrets))
            .collect();
        match text.lines().next().map(str::trim) {
            Some("confirmed") => HostResult::Applied {
                plan: Box::new(plan),
                findings: Vec::new(),
            },
            Some("undone") => HostResult::RolledBack {
                cause: error.to_string(),
                log,
            },
            Some("undo-failed") => HostResult::RollbackFailed {
                cause: error.to_string(),
                log,
                hands_on: by_hand(&plan, id),
            },
            _ => HostResult::Failed { error },
        }
    }
}

fn settings(options: &Options, desired: &DesiredHost, observed: &ObservedHost) -> Settings {
    let answering = |reading: &Reading| matches!(reading, Reading::Variables(_));
    Settings {
        id: new_id(),
        holder: options.holder.clone(),
        undo_after: options.undo_after,
        confirm: CONFIRM_S,
        keep: options.keep,
        even_on_battery: options.policy.even_on_battery,
        gate: observed
            .ups
            .iter()
            .filter(|(_, reading)| answering(reading))
            .map(|(system, _)| system.clone())
            .collect(),
        nut: desired.nut,
        undoes: None,
        root: String::new(),
    }
}

/// A name for a transaction; sorts by time.
pub(super) fn new_id() -> String {
    format!("{}-{}", timestamp(), &observe::nonce()[..6])
}

/// Sortable and readable: `20261123T201500Z`.
fn timestamp() -> String {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let text = humantime::format_rfc3339_seconds(UNIX_EPOCH + now).to_string();
    text.replace(['-', ':'], "")
}

/// Listens to the host and speaks the verdict.
struct Judge<'a> {
    interrupt: &'a Interrupt,
    name: &'a HostName,
    desired: &'a DesiredHost,
    peers: &'a BTreeMap<HostName, ObservedHost>,
    nonce: &'a str,
    heard: String,
    findings: Vec<Finding>,
    answer: Option<Answer>,
    prove: bool,
}

impl Dialogue for Judge<'_> {
    fn line(&mut self, line: &str) -> Option<String> {
        self.heard.push_str(line);
        self.heard.push('\n');
        match apply::answer(self.nonce, line)? {
            Answer::Await => Some(self.verdict()),
            other => {
                self.answer = Some(other);
                None
            }
        }
    }
}

impl Judge<'_> {
    fn verdict(&mut self) -> String {
        if self.interrupt.heard() {
            return "interrupted\n".into();
        }
        if !self.prove {
            return "confirm\n".into();
        }
        let observed = match observe::parse(self.name, self.nonce, self.heard.as_bytes()) {
            Ok(observed) => observed,
            Err(why) => return format!("the proof could not be read: {why}\n"),
        };
        let site = ParsedSite::of_host(self.desired, &observed, self.peers);
        let host = site.host(self.name);
        self.findings = host.map_or_else(Vec::new, |host| check(host, Clients::NotYet));
        verdict_of(&self.findings)
    }
}

/// What the findings of a proof come to, as the host takes it.
pub(super) fn verdict_of(findings: &[Finding]) -> String {
    let mut findings = findings.iter();
    match findings.find(|finding| finding.speaks_against()) {
        None => "confirm\n".into(),
        Some(finding) => format!("not proven: {}\n", finding.saw.replace('\n', " ")),
    }
}

/// What an answer that is no success means; `hands_on` are the commands for a person when the
/// host could not put itself back.
pub(super) fn refused(
    answer: Answer,
    log: Vec<String>,
    hands_on: impl FnOnce() -> Vec<String>,
) -> HostResult {
    let refused = |reason: String, hint: &str| HostResult::Refused {
        reason,
        hint: hint.into(),
    };
    match answer {
        Answer::Locked(holder) => refused(
            format!("another deploy or drill is under way: {holder}"),
            "wait for it to end, then deploy again",
        ),
        Answer::Unfinished(open) => refused(
            format!("deploy {open} on this host was never ended"),
            "run `upsctl deploy` again: it puts that one back first",
        ),
        Answer::Stale(path) => refused(
            format!("{path} was changed since the plan was made; nothing was written"),
            "run `upsctl diff` again and look at what changed",
        ),
        Answer::Battery(system) => refused(
            format!("a UPS went on battery ({system}); nothing was written"),
            "wait until mains are back; `--even-on-battery` overrides",
        ),
        Answer::Refused(reason) => refused(reason, "nothing was changed on the host"),
        Answer::RolledBack(cause) => HostResult::RolledBack { cause, log },
        Answer::UndoFailed(cause) => HostResult::RollbackFailed {
            cause,
            log,
            hands_on: hands_on(),
        },
        // Neither is how a transaction is refused; a panic here would cost every host its report.
        Answer::Await | Answer::Confirmed => HostResult::Failed {
            error: HostError::Garbled {
                detail: "its last word on the deploy was no result".into(),
            },
        },
    }
}

/// The undo as commands for a person.
fn by_hand(plan: &HostPlan, id: &str) -> Vec<String> {
    let files = plan.files.iter().map(|step| match step.change {
        FileChange::Create => format!("rm -f {CONFIG_DIR}/{}", step.file),
        FileChange::Content | FileChange::Meta | FileChange::Remove => {
            format!(
                "cp -p {STATE_DIR}/txn/{id}/old/{0} {CONFIG_DIR}/{0}",
                step.file
            )
        }
    });
    let units = plan
        .units
        .iter()
        .filter(|step| !matches!(step.action, UnitAction::Enable | UnitAction::Unmask))
        .map(|step| format!("systemctl restart {}", step.unit));
    files
        .chain(units)
        .chain(["upsctl verify   (from this machine)".into()])
        .collect()
}

/// NUT's own lines that the host sent with its answer, fit to be seen.
fn journal_of(secrets: &SecretStore, nonce: &str, heard: &str) -> Vec<String> {
    let marker = format!("--{nonce} ");
    let mut inside = false;
    let mut lines = Vec::new();
    for line in heard.lines() {
        match line.strip_prefix(&marker) {
            Some(section) => {
                if section == "journal" {
                    inside = true;
                    lines.clear();
                } else {
                    inside = false;
                }
            }
            None if inside && !line.trim().is_empty() => lines.push(masking::line(line, secrets)),
            None => {}
        }
    }
    lines
}
