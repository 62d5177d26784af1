//! The journals of hosts: read once for a history, or again and again for what is new.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::Result;

use super::{Run, fleet};
use crate::events::{Source, history, read};
use crate::host::Question;
use crate::model::desired::DesiredHost;
use crate::model::event::{Event, History, HostLog};
use crate::model::journal::HostJournal;
use crate::model::name::HostName;
use crate::model::outcome::HostError;
use crate::observe::{self, JournalQuestion, read_journal};

/// `date` takes a moment; a host that takes longer hangs.
const CLOCK_QUESTION: Duration = Duration::from_secs(10);

/// The hosts of a run, with how far each journal was read.
pub struct Journals {
    hosts: Vec<Followed>,
}

struct Followed {
    desired: DesiredHost,
    cursor: Option<String>,
}

/// Everything of the last `span`, and where to go on.
///
/// # Errors
/// When a template does not render.
pub fn events(run: &Run, names: &[HostName], span: Duration) -> Result<(History, Journals)> {
    let mut jobs = Vec::new();
    let mut logs = Vec::new();
    for name in names {
        if run.inventory.is_managed(name) {
            let desired = run.desired(name, None)?;
            jobs.push(desired);
        } else {
            let why = format!(
                "its journal is not read: {}",
                run.inventory.hosts[name].platform.as_str()
            );
            logs.push(log(
                name,
                Some((why, "its server's journal tells when it logged in".into())),
            ));
        }
    }
    let answers = fleet::each(jobs, run.options.parallel, |desired| {
        run.progress.begin(&desired.name, "reading the journal");
        let answer = ask(run, &desired, span, None);
        run.progress.end(
            &desired.name,
            if answer.is_ok() { "read" } else { "failed" },
        );
        (desired, answer)
    });
    let (mut events, mut hosts) = (Vec::new(), Vec::new());
    for (desired, answer) in answers {
        match answer {
            Err(error) => logs.push(log(&desired.name, Some((error.to_string(), error.hint())))),
            Ok((journal, clock)) => {
                let (of_host, told) = told(run, &desired, &journal, clock, span);
                events.extend(of_host);
                logs.push(told);
                hosts.push(Followed {
                    cursor: journal.entries.last().map(|entry| entry.cursor.clone()),
                    desired,
                });
            }
        }
    }
    logs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok((history(run.inventory, logs, events), Journals { hosts }))
}

fn told(
    run: &Run,
    desired: &DesiredHost,
    journal: &HostJournal,
    clock: (f64, f64),
    span: Duration,
) -> (Vec<Event>, HostLog) {
    let source = Source {
        inventory: run.inventory,
        desired,
        journal,
        clock,
    };
    let (events, not_recorded) = read(&source);
    let since = journal.clock.0 - span.as_secs_f64();
    let log = HostLog {
        clock_ahead_seconds: Some(clock.0),
        clock_plus_minus_seconds: Some(clock.1),
        earlier_boots_kept: Some(journal.kept),
        journal_begins_unix_seconds: journal.begins.filter(|begins| *begins > since),
        cut: journal.cut,
        not_recorded,
        ..log(&desired.name, None)
    };
    (events, log)
}

fn log(name: &HostName, problem: Option<(String, String)>) -> HostLog {
    let (problem, hint) = problem.unzip();
    HostLog {
        name: name.to_string(),
        problem,
        hint,
        clock_ahead_seconds: None,
        clock_plus_minus_seconds: None,
        earlier_boots_kept: None,
        journal_begins_unix_seconds: None,
        cut: false,
        not_recorded: Vec::new(),
    }
}

/// One journal, and the host's clock against ours: the host's time stands between our sending and
/// our receiving. The connection is made before the second question, so that one is the exacter.
fn ask(
    run: &Run,
    desired: &DesiredHost,
    span: Duration,
    cursor: Option<String>,
) -> Result<(HostJournal, (f64, f64)), HostError> {
    let question = JournalQuestion {
        span_s: span.as_secs(),
        cursor,
        drivers: desired
            .expect
            .ups
            .iter()
            .map(|ups| ups.name.to_string())
            .collect(),
    };
    let nonce = observe::nonce();
    let output = run.hosts.look(&desired.name, &question.question(&nonce))?;
    let journal = output.read(|answer| read_journal(&nonce, answer))?;
    let clock = clock(run, &desired.name)?;
    Ok((journal, clock))
}

fn clock(run: &Run, name: &HostName) -> Result<(f64, f64), HostError> {
    let question: Question = observe::clock_question(CLOCK_QUESTION);
    let sent = now();
    let output = run.hosts.look(name, &question)?;
    let received = now();
    let theirs: f64 = output.read(|answer| {
        let text = String::from_utf8_lossy(answer);
        let time = text.trim().parse();
        time.map_err(|_| "it does not tell its time".into())
    })?;
    Ok((
        theirs - f64::midpoint(sent, received),
        (received - sent) / 2.0,
    ))
}

impl Journals {
    /// What is new since the last time, oldest first, and hosts that could not be asked.
    pub fn news(&mut self, run: &Run) -> (Vec<Event>, BTreeMap<HostName, HostError>) {
        let hosts = std::mem::take(&mut self.hosts);
        let answers = fleet::each(hosts, run.options.parallel, |host| {
            let cursor = host.cursor.clone();
            let answer = ask(run, &host.desired, Duration::ZERO, cursor);
            (host, answer)
        });
        let (mut events, mut failed) = (Vec::new(), BTreeMap::new());
        for (mut host, answer) in answers {
            match answer {
                Err(error) => {
                    failed.insert(host.desired.name.clone(), error);
                }
                Ok((journal, clock)) => {
                    let (fresh, _) = told(run, &host.desired, &journal, clock, Duration::ZERO);
                    events.extend(fresh);
                    host.cursor = journal
                        .entries
                        .last()
                        .map(|entry| entry.cursor.clone())
                        .or(host.cursor);
                }
            }
            self.hosts.push(host);
        }
        events.sort_by(|a, b| a.at_unix_seconds.total_cmp(&b.at_unix_seconds));
        (events, failed)
    }
}

/// Unix time of this machine, seconds.
fn now() -> f64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0.0, |elapsed| elapsed.as_secs_f64())
}
