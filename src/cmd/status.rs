//! `upsctl status`: what each UPS says, and what that means.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;

use super::session::{self, Session};
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::flow::status::Fallback;
use crate::model::status::SiteStatus;
use crate::report::prometheus::Family;
use crate::report::{self, human, screen};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts, or @tag [default: all]
    hosts: Vec<String>,
    /// Look again every few seconds: redraws on a terminal, says what changes in a pipe
    #[arg(long, value_name = "SECONDS", num_args = 0..=1, require_equals = true, default_missing_value = "5", value_parser = clap::value_parser!(u64).range(1..=3600))]
    watch: Option<u64>,
    /// With --format prometheus: whose metric names
    #[arg(long, value_enum, default_value_t = Family::NetworkUpsTools)]
    names: Family,
    /// Write to a file, whole or not at all, instead of stdout
    #[arg(long, value_name = "FILE", conflicts_with = "watch")]
    out: Option<PathBuf>,
}

/// Looks at the hosts, one command each, and says what the readings mean.
///
/// # Errors
/// An inventory or template that cannot be had; a file that cannot be written.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    if arguments.watch.is_some() && global.format != Format::Human {
        bail!("--watch is for people; leave out --format, or run upsctl again and again");
    }
    let session = Session::begin(global, &arguments.hosts)?;
    let Some(seconds) = arguments.watch else {
        let fallback = match global.format {
            Format::Prometheus => Fallback::None,
            _ => Fallback::Prometheus,
        };
        let status = flow::status::status(&session, &session.chosen, fallback)?;
        let exit = exit(&status);
        let text = text(global, arguments, &session, &status, exit)?;
        match &arguments.out {
            Some(path) => write(path, &text)?,
            None => session.show(&text)?,
        }
        return Ok(exit);
    };
    watch(global, &session, Duration::from_secs(seconds))
}

fn text(
    global: &Global,
    arguments: &Arguments,
    session: &Session<'_>,
    status: &SiteStatus,
    exit: Exit,
) -> Result<String> {
    Ok(match global.format {
        Format::Json => report::json::document("status", exit, status)?,
        Format::Prometheus => report::prometheus::text(status, arguments.names),
        Format::Human | Format::Github | Format::Markdown => human::status(status, &session.page()),
    })
}

/// Beside the file first, then renamed: a collector never reads half of it. Everybody may read it.
fn write(path: &std::path::Path, text: &str) -> Result<()> {
    use std::io::Write;
    use std::os::unix::fs::PermissionsExt;
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => std::path::Path::new("."),
    };
    let written = tempfile::NamedTempFile::new_in(folder).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.as_file()
            .set_permissions(std::fs::Permissions::from_mode(0o644))?;
        file.persist(path)?;
        Ok(())
    });
    written.with_context(|| format!("could not write {}", path.display()))
}

fn watch(global: &Global, session: &Session<'_>, every: Duration) -> Result<Exit> {
    session.interrupt.listen()?;
    let redraws = screen::is_terminal();
    let mut before = Vec::new();
    loop {
        let status = flow::status::status(session, &session.chosen, Fallback::Prometheus)?;
        if redraws {
            session.show("")?;
            let page = human::status(&status, &session.page());
            screen::redraw(&page, session::color(global)).context("could not write to stdout")?;
        } else {
            let now = human::status_lines(&status);
            let news = human::news(&before, &now, status.looked_at_unix_seconds);
            if !news.is_empty() {
                session.show(&news)?;
            }
            before = now;
        }
        let until = std::time::Instant::now() + every;
        while std::time::Instant::now() < until {
            if session.interrupt.heard() {
                return Ok(Exit::Interrupted);
            }
            std::thread::sleep(Duration::from_millis(100));
        }
    }
}

fn exit(status: &SiteStatus) -> Exit {
    if status.hosts.iter().any(|host| host.problem.is_some()) {
        Exit::HostFailed
    } else if status.ups.iter().any(|ups| !ups.on_mains()) {
        Exit::Findings
    } else {
        Exit::Done
    }
}
