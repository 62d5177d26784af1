//! `upsctl doctor`: the first broken link of the power chain, and what to type.

use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Error, Result, anyhow};
use clap::Args;
use clap_complete::engine::{ArgValueCandidates, CompletionCandidate};

use super::candidates;
use super::doctor_fix::Repairs;
use super::session::{self, Session};
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::model::diagnostic::Diagnostics;
use crate::model::nearest::nearest;
use crate::model::verdict::Diagnosis;
use crate::observe::{Recorded, Recording};
use crate::report::{self, human::Page, walkthrough};
use crate::rules::doctor::{Symptom, diagnose};

/// Daemons that a repair has started need a moment until they show what they are.
const SETTLE_S: u64 = 4;

#[derive(Debug, Args)]
pub struct Arguments {
    /// What is wrong (on-battery, client, not-detected), then hosts or @tag [default: everything]
    #[arg(value_name = "SYMPTOM|HOST", add = ArgValueCandidates::new(symptoms_and_hosts))]
    words: Vec<String>,
    /// Keep what the hosts said, without passwords and serial numbers: safe to show in public
    #[arg(long, value_name = "FILE")]
    save: Option<PathBuf>,
    /// Judge what was kept with --save; no host is asked
    #[arg(long, value_name = "FILE", conflicts_with_all = ["save", "watch", "fix"])]
    from: Option<PathBuf>,
    /// Look again every few seconds until all is well
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "5", value_parser = clap::value_parser!(u64).range(1..=3600))]
    watch: Option<u64>,
    /// Offer the repairs that cannot start a shutdown, one by one
    #[arg(long)]
    fix: bool,
    /// With --fix: repair without asking
    #[arg(short, long, requires = "fix")]
    yes: bool,
}

/// Looks at the hosts, one command each, and walks along the chain.
///
/// # Errors
/// An inventory, template or file that cannot be had.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let (symptom, hosts) = split(&arguments.words);
    if let Some(path) = &arguments.from {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("could not read {}", path.display()))?;
        let recording =
            Recording::read(&text).map_err(|why| anyhow!("{}: {why}", path.display()))?;
        let bundles: Vec<_> = recording
            .bundles()
            .into_iter()
            .filter(|bundle| {
                hosts.is_empty() || hosts.iter().any(|name| name == bundle.host.as_str())
            })
            .collect();
        // Without an inventory nothing tells how long a host takes to go down.
        let diagnosis = diagnose(&bundles, symptom, &[]);
        let exit = exit(&diagnosis);
        let page = Page::new(session::verbosity(global));
        session::print(global, &shown(global, &page, &diagnosis, exit)?)?;
        return Ok(exit);
    }
    let session = Session::begin(global, hosts);
    let mut session = session.map_err(|error| or_symptom(error, hosts.first()))?;
    let mut repairs = match arguments.fix {
        true => Some(Repairs::new(arguments.yes)?),
        false => None,
    };
    if repairs.is_some() {
        session.fetch_secrets()?;
    }
    session.interrupt.listen()?;
    let mut last: Option<String> = None;
    loop {
        let looked = flow::doctor::collect(&session, &session.chosen)?;
        if let Some(path) = &arguments.save {
            save(path, looked.clone())?;
        }
        let bundles: Vec<_> = looked.iter().map(Recorded::bundle).collect();
        let course = flow::timeline::troubles(&session, &bundles)?;
        let diagnosis = diagnose(&bundles, symptom, &course);
        let exit = exit(&diagnosis);
        if last.is_none() || arguments.watch.is_none() {
            show(global, &session, &diagnosis)?;
        } else if last.as_ref() != Some(&diagnosis.verdict) {
            session.show(&format!("{}  {}\n", clock(), diagnosis.verdict))?;
        }
        let once = last.replace(diagnosis.verdict.clone()).is_none();
        if let Some(repairs) = &mut repairs {
            if repairs.offer(&session, &diagnosis)? {
                wait(&session, SETTLE_S);
                continue;
            }
        }
        let Some(seconds) = arguments.watch.filter(|_| exit != Exit::Done) else {
            return Ok(exit);
        };
        if once {
            session.say(&format!("looking again every {seconds} s; Ctrl-C ends\n"))?;
        }
        wait(&session, seconds);
        if session.interrupt.heard() {
            return Ok(Exit::Interrupted);
        }
    }
}

/// The words for symptoms.
const SYMPTOMS: [(&str, Symptom, &str); 3] = [
    ("on-battery", Symptom::OnBattery, "the UPS shows on battery"),
    ("client", Symptom::Client, "a client cannot connect"),
    (
        "not-detected",
        Symptom::NotDetected,
        "the UPS is not detected",
    ),
];

/// The time of day, UTC.
fn clock() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let s = now.map_or(0, |since| since.as_secs());
    format!("{:02}:{:02}:{:02} UTC", s / 3600 % 24, s / 60 % 60, s % 60)
}

/// A symptom is the first word, the rest are hosts.
fn split(words: &[String]) -> (Option<Symptom>, &[String]) {
    let first = words.first().map_or("", String::as_str);
    match SYMPTOMS.iter().find(|(word, ..)| *word == first) {
        Some((_, symptom, _)) => (Some(*symptom), &words[1..]),
        None => (None, words),
    }
}

fn symptoms_and_hosts() -> Vec<CompletionCandidate> {
    let symptoms = SYMPTOMS
        .iter()
        .map(|(word, _, what)| CompletionCandidate::new(word).help(Some((*what).into())));
    symptoms.chain(candidates::hosts_and_tags()).collect()
}

/// The first word may have been meant as a symptom.
fn or_symptom(error: Error, first: Option<&String>) -> Error {
    let Some(word) = first else {
        return error;
    };
    let near = nearest(word, SYMPTOMS.iter().map(|(word, ..)| *word));
    match (error.downcast::<Diagnostics>(), near) {
        (Ok(mut errors), Some(near)) if errors.0[0].message.contains(&format!("`{word}`")) => {
            errors.0[0].help = Some(format!("did you mean the symptom `{near}`?"));
            errors.into()
        }
        (Ok(errors), _) => errors.into(),
        (Err(error), _) => error,
    }
}

fn save(path: &std::path::Path, looked: Vec<Recorded>) -> Result<()> {
    let text = serde_json::to_string_pretty(&Recording::redacted(looked))? + "\n";
    std::fs::write(path, text).with_context(|| format!("could not write {}", path.display()))
}

fn show(global: &Global, session: &Session<'_>, diagnosis: &Diagnosis) -> Result<Exit> {
    let exit = exit(diagnosis);
    session.show(&shown(global, &session.page(), diagnosis, exit)?)?;
    Ok(exit)
}

fn shown(global: &Global, page: &Page, diagnosis: &Diagnosis, exit: Exit) -> Result<String> {
    Ok(match global.format {
        Format::Json => report::json::document("doctor", exit, diagnosis)?,
        Format::Human | Format::Github | Format::Markdown | Format::Prometheus => {
            walkthrough::text(diagnosis, page)
        }
    })
}

fn exit(diagnosis: &Diagnosis) -> Exit {
    if diagnosis.unreached() {
        Exit::HostFailed
    } else if diagnosis.failures().next().is_some() {
        Exit::Findings
    } else {
        Exit::Done
    }
}

/// Waits, in steps short enough for Ctrl-C to be felt.
fn wait(session: &Session<'_>, seconds: u64) {
    for _ in 0..seconds * 5 {
        if session.interrupt.heard() {
            return;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
