//! What most commands begin with (a run over the chosen hosts) and how they end: one report on
//! stdout.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use super::{Color, Format, Global};
use crate::exit::Exit;
use crate::flow::{Options, Progress, Run, Start};
use crate::host::{Change, Connector, Ways};
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::report::{self, Verbosity, human::Page, progress, prompt, screen};

/// A run with the options that were typed and the screen to end on.
pub(super) struct Session<'a> {
    pub run: Run,
    global: &'a Global,
    /// The words that named the hosts.
    selection: &'a [String],
    connector: Arc<Connector>,
    bars: Arc<Bars>,
}

impl Deref for Session<'_> {
    type Target = Run;

    fn deref(&self) -> &Run {
        &self.run
    }
}

impl DerefMut for Session<'_> {
    fn deref_mut(&mut self) -> &mut Run {
        &mut self.run
    }
}

impl<'a> Session<'a> {
    /// Loads the inventory and the templates and picks the hosts.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn begin(global: &'a Global, selection: &'a [String]) -> Result<Self> {
        let start = Start {
            inventory: global.inventory.clone(),
            templates: global.templates.clone(),
            ways: Ways {
                ssh_config: global.ssh_config.clone(),
                connect_timeout: Duration::from_secs(global.timeout),
            },
            options: Options {
                parallel: usize::from(global.parallel),
                ..Options::default()
            },
        };
        let bars = bars(global);
        let (run, connector) = Run::load(&start, selection, bars.clone())?;
        Ok(Self {
            run,
            global,
            selection,
            connector,
            bars,
        })
    }

    /// The one host that a command takes.
    ///
    /// # Errors
    /// When a tag names more than one, or none.
    pub fn only_host(&self, command: &str) -> Result<HostName> {
        match self.chosen.as_slice() {
            [name] => Ok(name.clone()),
            _ => bail!("{command} takes one host, not a tag"),
        }
    }

    /// The hosts, for a command that changes them.
    pub fn to_change(&self) -> &dyn Change {
        self.connector.as_ref()
    }

    /// Writes the product of a command that is no list of outcomes.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn show(&self, text: &str) -> Result<()> {
        self.bars.0.clear();
        print(self.global, text)
    }

    /// Ends a command that has looked: says what it found on each host.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn end(&self, command: &str, outcomes: &[HostOutcome]) -> Result<Exit> {
        self.end_with(command, outcomes, report::exit_code(outcomes, false))
    }

    /// The same, with an exit code of the command's own.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn end_with(&self, command: &str, outcomes: &[HostOutcome], exit: Exit) -> Result<Exit> {
        let text = match self.global.format {
            Format::Json => report::json::hosts(command, exit, outcomes)?,
            Format::Human | Format::Github | Format::Markdown | Format::Prometheus => {
                report::human::outcomes(command, outcomes, &self.page())
            }
        };
        self.show(&text)?;
        Ok(exit)
    }

    /// Shows the plan and asks, unless told not to.
    ///
    /// # Errors
    /// When the terminal cannot be written to or read from.
    pub fn confirm(&self, command: &str, yes: bool, previews: &[HostOutcome]) -> Result<bool> {
        // Who asks for quiet and is not asked has no use for the plan.
        let silent = yes && self.global.quiet;
        if self.global.format != Format::Json && !silent {
            self.show(&report::human::outcomes(command, previews, &self.page()))?;
        }
        if yes {
            return Ok(true);
        }
        let changing: Vec<HostName> = previews
            .iter()
            .filter(|preview| matches!(preview.result, HostResult::Pending { .. }))
            .map(|preview| preview.host.clone())
            .collect();
        self.ask(&prompt::question(&changing))
    }

    /// Asks a question; an interrupt is a no.
    ///
    /// # Errors
    /// When the terminal cannot be written to or read from.
    pub fn ask(&self, question: &str) -> Result<bool> {
        self.say(question)?;
        let answer = prompt::answer(&|| self.interrupt.heard())?;
        if answer.is_none() {
            self.say("\n")?;
        }
        Ok(answer.unwrap_or(false))
    }

    /// Writes what is not the product: a warning, a question.
    ///
    /// # Errors
    /// When stderr cannot be written to.
    pub fn say(&self, text: &str) -> Result<()> {
        self.bars.0.clear();
        Ok(screen::stderr(text, color(self.global))?)
    }

    /// Ends a command that may have changed hosts: says what became of them, and what was shown when
    /// the user was asked is not said again.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn end_change(&self, command: &str, asked: bool, outcomes: &[HostOutcome]) -> Result<Exit> {
        let mut exit = report::exit_code(outcomes, false);
        if self.interrupt.heard() {
            exit = exit.worst(Exit::Interrupted);
        }
        if !asked || self.global.format == Format::Json {
            return self.end_with(command, outcomes, exit);
        }
        self.show(&report::human::endings(command, outcomes, &self.page()))?;
        Ok(exit)
    }

    /// Says what kept Prometheus from answering, and ends like a host that could not be reached.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn end_without_prometheus(&self, command: &str, error: &anyhow::Error) -> Result<Exit> {
        self.say(&report::diagnostic::of_error(error))?;
        if self.global.format == Format::Json {
            self.show(&report::json::errors(command, Exit::HostFailed, error)?)?;
        }
        Ok(Exit::HostFailed)
    }

    pub fn page(&self) -> Page {
        Page {
            selection: self.selection.to_vec(),
            ..Page::new(verbosity(self.global))
        }
    }
}

/// Writes the product of a command.
///
/// # Errors
/// When stdout cannot be written to.
pub(super) fn print(global: &Global, text: &str) -> Result<()> {
    let written = match global.format {
        Format::Json | Format::Prometheus => screen::stdout(text, color(global)),
        Format::Human | Format::Github | Format::Markdown => screen::people(text, color(global)),
    };
    written.context("could not write to stdout")
}

pub(super) fn color(global: &Global) -> screen::Color {
    match global.color {
        Color::Auto => screen::Color::Auto,
        Color::Always => screen::Color::Always,
        Color::Never => screen::Color::Never,
    }
}

pub(super) fn verbosity(global: &Global) -> Verbosity {
    match (global.quiet, global.verbose) {
        (true, _) => Verbosity::Quiet,
        (_, true) => Verbosity::Verbose,
        _ => Verbosity::Normal,
    }
}

/// What shows on stderr how far a command is.
pub(super) fn bars(global: &Global) -> Arc<Bars> {
    Arc::new(Bars(progress::Bars::new(verbosity(global))))
}

pub(super) struct Bars(progress::Bars);

impl Bars {
    pub(super) fn clear(&self) {
        self.0.clear();
    }
}

impl Progress for Bars {
    fn begin(&self, host: &HostName, what: &str) {
        self.0.begin(host, what);
    }

    fn end(&self, host: &HostName, how: &str) {
        self.0.end(host, how);
    }

    fn say(&self, what: &str) {
        self.0.say(what);
    }
}
