//! What most commands begin with (the inventory, the templates, the chosen hosts) and how they end:
//! one report on stdout.

use std::collections::BTreeSet;
use std::io::stdin;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Color, Format, Global};
use crate::exit::Exit;
use crate::flow::{self, Options, Progress};
use crate::host::{Change, Connector, Ways};
use crate::inventory::secrets::SecretError;
use crate::inventory::{self, Loaded};
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::outcome::{HostOutcome, HostResult};
use crate::model::secret::SecretStore;
use crate::plan::Policy;
use crate::render::{self, RenderError, Templates};
use crate::report::{self, Verbosity, human::Page, progress, prompt, screen};
use crate::rules::lint::unknown_allows;

/// An inventory that is loaded, with the hosts that were named.
pub(super) struct Site {
    pub loaded: Loaded,
    pub templates: Templates,
    pub hosts: Vec<HostName>,
    /// The words that named them.
    pub selection: Vec<String>,
    pub secrets: SecretStore,
    connector: Connector,
    bars: Bars,
    interrupted: Arc<AtomicBool>,
}

/// The inventory, made quick to look things up in.
pub(super) struct Index<'a> {
    site: render::InventoryIndex<'a>,
    places: Box<flow::Lookup<'a>>,
}

impl Site {
    /// Loads the inventory and the templates and picks the hosts.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(global: &Global, selection: &[String]) -> Result<Self> {
        let loaded = inventory::load(&global.inventory)?;
        let places = |path: &[&str]| loaded.source.place_of(path);
        let unknown = unknown_allows(&loaded.inventory, places);
        if !unknown.is_empty() {
            return Err(Diagnostics::sorted(unknown).into());
        }
        let templates = templates(global, &loaded)?;
        let hosts = inventory::select(&loaded.inventory, selection)?;
        let ways = Ways {
            ssh_config: global.ssh_config.clone(),
            connect_timeout: Duration::from_secs(global.timeout),
        };
        let connector = Connector::to(&loaded.inventory, &ways);
        Ok(Self {
            loaded,
            templates,
            hosts,
            selection: selection.to_vec(),
            secrets: SecretStore::default(),
            connector,
            bars: Bars(progress::Bars::new(verbosity(global))),
            interrupted: Arc::default(),
        })
    }

    /// Fetches the passwords that the chosen hosts' files hold.
    ///
    /// # Errors
    /// Each user whose password cannot be had, with its source.
    pub fn fetch_secrets(&mut self) -> Result<()> {
        let mut users = BTreeSet::new();
        let index = self.index();
        for name in &self.hosts {
            let desired = render::desired_in(&index.site, name, None, &self.templates)?;
            for file in desired.files.values() {
                users.extend(file.content.users().map(str::to_string));
            }
        }
        drop(index);
        self.fetch_secrets_of(users.iter().map(String::as_str))
    }

    /// Fetches the passwords of these NUT users.
    ///
    /// # Errors
    /// Each user whose password cannot be had, with its source.
    pub fn fetch_secrets_of<'a>(&mut self, users: impl Iterator<Item = &'a str>) -> Result<()> {
        let users = users.map(str::to_string).collect();
        self.secrets = inventory::secrets::fetch(self.inventory(), &self.loaded.root, &users)
            .map_err(|errors| Diagnostics(errors.into_iter().map(diagnostic).collect()))?;
        Ok(())
    }

    /// The inventory, indexed for rendering many hosts.
    pub fn index(&self) -> Index<'_> {
        Index {
            site: render::InventoryIndex::new(self.inventory()),
            places: Box::new(|path| self.loaded.source.place_of(path)),
        }
    }

    pub fn inventory(&self) -> &Inventory {
        &self.loaded.inventory
    }

    /// From now on Ctrl-C lets the hosts that are under way come to a whole state; a second one ends
    /// upsctl at once, and the hosts undo themselves.
    ///
    /// # Errors
    /// When the signal cannot be caught.
    pub fn catch_interrupt(&self) -> Result<()> {
        for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
            signal_hook::flag::register_conditional_shutdown(signal, 130, self.interrupted.clone())
                .and_then(|_| signal_hook::flag::register(signal, self.interrupted.clone()))
                .context("could not catch Ctrl-C")?;
        }
        Ok(())
    }

    pub fn was_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::Relaxed)
    }

    pub fn context<'a>(
        &'a self,
        global: &Global,
        policy: Policy,
        index: &'a Index<'a>,
    ) -> flow::Context<'a> {
        flow::Context {
            inventory: self.inventory(),
            site: &index.site,
            places: index.places.as_ref(),
            templates: &self.templates,
            secrets: &self.secrets,
            hosts: &self.connector,
            progress: &self.bars,
            interrupted: &self.interrupted,
            options: Options {
                parallel: usize::from(global.parallel),
                policy,
                ..Options::default()
            },
        }
    }

    /// The hosts, for a command that changes them.
    pub fn to_change(&self) -> &dyn Change {
        &self.connector
    }

    /// Prints outcomes as the product of a command.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn print(
        &self,
        global: &Global,
        command: &str,
        outcomes: &[HostOutcome],
        exit: Exit,
    ) -> Result<()> {
        self.bars.0.clear();
        let text = match global.format {
            Format::Json => report::json::hosts(command, exit, outcomes)?,
            Format::Human | Format::Github | Format::Markdown => {
                report::human::outcomes(command, outcomes, &self.page(global))
            }
        };
        print(global, &text)
    }

    /// Shows the plan and asks, unless told not to.
    ///
    /// # Errors
    /// When the terminal cannot be written to or read from.
    pub fn confirm(
        &self,
        global: &Global,
        command: &str,
        yes: bool,
        previews: &[HostOutcome],
    ) -> Result<bool> {
        self.bars.0.clear();
        if global.format != Format::Json {
            print(
                global,
                &report::human::outcomes(command, previews, &self.page(global)),
            )?;
        }
        if yes {
            return Ok(true);
        }
        let changing: Vec<HostName> = previews
            .iter()
            .filter(|preview| matches!(preview.result, HostResult::Pending { .. }))
            .map(|preview| preview.host.clone())
            .collect();
        screen::stderr(&prompt::question(&changing), color(global))?;
        Ok(prompt::is_yes(&mut stdin().lock())?)
    }

    /// Says what became of the hosts; what was shown when the user was asked is not said again.
    ///
    /// # Errors
    /// When stdout cannot be written to.
    pub fn end(
        &self,
        global: &Global,
        command: &str,
        asked: bool,
        outcomes: &[HostOutcome],
    ) -> Result<Exit> {
        let mut exit = report::exit_code(outcomes, false);
        if self.was_interrupted() {
            exit = exit.worst(Exit::Interrupted);
        }
        if asked && global.format != Format::Json {
            self.bars.0.clear();
            print(
                global,
                &report::human::endings(command, outcomes, &self.page(global)),
            )?;
        } else {
            self.print(global, command, outcomes, exit)?;
        }
        Ok(exit)
    }

    pub fn page(&self, global: &Global) -> Page {
        Page {
            selection: self.selection.clone(),
            ..Page::new(verbosity(global))
        }
    }

    pub fn clear_bars(&self) {
        self.bars.0.clear();
    }
}

fn diagnostic(error: SecretError) -> Diagnostic {
    let text = Diagnostic::new(error.to_string());
    match error.help {
        Some(help) => text.help(help),
        None => text,
    }
}

/// Writes the product of a command.
///
/// # Errors
/// When stdout cannot be written to.
pub(super) fn print(global: &Global, text: &str) -> Result<()> {
    screen::stdout(text, color(global)).context("could not write to stdout")
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

/// The templates that stand in for the built-in ones, over those.
///
/// # Errors
/// A template that cannot be read or compiled.
pub(super) fn templates(global: &Global, loaded: &Loaded) -> Result<Templates, RenderError> {
    match templates_dir(global, &loaded.root) {
        Some(folder) => Templates::load(&folder, &loaded.inventory),
        None => Templates::built_in(),
    }
}

fn templates_dir(global: &Global, root: &Path) -> Option<PathBuf> {
    let beside = root.join("templates");
    global
        .templates
        .clone()
        .or_else(|| beside.is_dir().then_some(beside))
}

struct Bars(progress::Bars);

impl Progress for Bars {
    fn begin(&self, host: &HostName, what: &str) {
        self.0.begin(host, what);
    }

    fn end(&self, host: &HostName, how: &str) {
        self.0.end(host, how);
    }
}
