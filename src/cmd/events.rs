//! `upsctl events`: what happened, as the journals of all hosts tell.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Args;

use super::session::Session;
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::flow::events::Journals;
use crate::model::event::History;
use crate::report::{self, human};

/// How often `--follow` asks.
const EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    hosts: Vec<String>,
    /// How far back, such as 90m, 24h or 30d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = humantime::parse_duration)]
    since: Duration,
    /// Say what happens from now on; with --format json one record in a line
    #[arg(long)]
    follow: bool,
}

/// Reads the journals, and says what happened when.
///
/// # Errors
/// An inventory or template that cannot be had.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let session = Session::begin(global, &arguments.hosts)?;
    let (history, journals) = flow::events::events(&session, &session.chosen, arguments.since)?;
    let exit = exit(&history, &session);
    if arguments.follow {
        return follow(global, &session, &history, journals);
    }
    let text = match global.format {
        Format::Json => report::json::document("events", exit, &history)?,
        _ => human::happened(&history, &session.page()),
    };
    session.show(&text)?;
    Ok(exit)
}

/// A host whose journal is never read is no failure.
fn exit(history: &History, session: &Session<'_>) -> Exit {
    let failed = session.chosen.iter().any(|name| {
        let mut logs = history.hosts.iter();
        let problem = logs.any(|log| log.name == name.as_str() && log.problem.is_some());
        problem && session.inventory.is_managed(name)
    });
    if failed { Exit::HostFailed } else { Exit::Done }
}

fn follow(
    global: &Global,
    session: &Session<'_>,
    history: &History,
    mut journals: Journals,
) -> Result<Exit> {
    session.interrupt.listen()?;
    let mut fresh = history.events.clone();
    let mut gone = BTreeSet::new();
    loop {
        for event in &fresh {
            let line = match global.format {
                Format::Json => serde_json::to_string(event)? + "\n",
                _ => human::event(event),
            };
            session.show(&line)?;
        }
        let until = Instant::now() + EVERY;
        while Instant::now() < until {
            if session.interrupt.heard() {
                return Ok(Exit::Interrupted);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
        let (events, failed) = journals.news(session);
        for (name, error) in &failed {
            if gone.insert(name.clone()) {
                session.say(&format!("{name}: {error}; asking again\n"))?;
            }
        }
        gone.retain(|name| failed.contains_key(name));
        fresh = events;
    }
}
