//! What every command that knows a site begins with: the inventory, the templates, the chosen
//! hosts, and the way to look at them. Whoever holds it alone cannot write to a host.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;

use super::deploy::{Planner, Writer};
use super::interrupt::Interrupt;
use super::look::Looker;
use super::{Options, Progress};
use crate::host::{Change, Connector, Look, Ways};
use crate::inventory::secrets::{self, SecretError};
use crate::inventory::{self, Loaded};
use crate::model::desired::DesiredHost;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Inventory;
use crate::model::key_path::Places;
use crate::model::name::HostName;
use crate::model::secret::SecretStore;
use crate::nut::version::NutVersion;
use crate::render::{self, InventoryIndex, Templates};
use crate::rules::lint::unknown_allows;

/// What a run begins with.
#[derive(Debug, Clone)]
pub struct Start {
    pub inventory: PathBuf,
    /// A folder instead of `templates` beside the inventory.
    pub templates: Option<PathBuf>,
    pub ways: Ways,
    pub options: Options,
}

/// One run over a site.
pub struct Run {
    pub inventory: &'static Inventory,
    /// The inventory, indexed for rendering.
    pub index: InventoryIndex<'static>,
    pub places: &'static Places<'static>,
    pub templates: Templates,
    /// The hosts that were named.
    pub chosen: Vec<HostName>,
    /// The passwords that were fetched so far.
    pub secrets: SecretStore,
    /// The hosts, to be looked at: what changes one is handed a [`crate::host::Change`] beside this.
    pub hosts: Arc<dyn Look + Send>,
    pub progress: Arc<dyn Progress>,
    pub interrupt: Interrupt,
    pub options: Options,
    pub(super) root: &'static Path,
}

impl Run {
    /// Loads the inventory and the templates and picks the hosts. Beside the run stand its
    /// connections, for a command that changes hosts.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub fn load(
        start: &Start,
        selection: &[String],
        progress: Arc<dyn Progress>,
    ) -> Result<(Self, Arc<Connector>)> {
        // A process has one site, and it lives as long as the process.
        let loaded: &'static Loaded = Box::leak(Box::new(inventory::load(&start.inventory)?));
        let inventory = &loaded.inventory;
        let places: &'static Places<'static> = Box::leak(Box::new(loaded.places()));
        let unknown = unknown_allows(inventory, places);
        if !unknown.is_empty() {
            return Err(Diagnostics::sorted(unknown).into());
        }
        let templates = templates(loaded, start.templates.as_deref())?;
        let chosen = inventory::select(inventory, selection)?;
        let connector = Arc::new(Connector::to(inventory, &start.ways));
        let run = Self {
            inventory,
            index: InventoryIndex::new(inventory, places),
            places,
            templates,
            chosen,
            secrets: SecretStore::default(),
            hosts: connector.clone(),
            progress,
            interrupt: Interrupt::default(),
            options: start.options.clone(),
            root: &loaded.root,
        };
        Ok((run, connector))
    }

    /// What looks at the hosts.
    pub fn looker(&self) -> Looker<'_> {
        Looker {
            index: &self.index,
            templates: &self.templates,
            secrets: &self.secrets,
            hosts: self.hosts.as_ref(),
            progress: self.progress.as_ref(),
            options: &self.options,
        }
    }

    /// What plans from looks.
    pub fn planner(&self) -> Planner<'_> {
        Planner {
            index: &self.index,
            templates: &self.templates,
            secrets: &self.secrets,
            policy: self.options.policy,
        }
    }

    /// What applies plans, for a command that may change hosts.
    pub fn writer<'a>(&'a self, hosts: &'a dyn Change) -> Writer<'a> {
        Writer {
            hosts,
            looker: self.looker(),
            secrets: &self.secrets,
            progress: self.progress.as_ref(),
            interrupt: &self.interrupt,
            options: &self.options,
        }
    }

    /// What a host should have, for a version of NUT or for the one that the inventory tells.
    ///
    /// # Errors
    /// When a template does not render.
    pub fn desired(
        &self,
        name: &HostName,
        version: Option<NutVersion>,
    ) -> Result<DesiredHost, Diagnostics> {
        render::desired(&self.index, name, version, &self.templates)
    }

    /// Fetches the passwords that the chosen hosts' files hold.
    ///
    /// # Errors
    /// Each user whose password cannot be had, with its source.
    pub fn fetch_secrets(&mut self) -> Result<()> {
        let mut users = BTreeSet::new();
        for name in &self.chosen {
            let desired = self.desired(name, None)?;
            users.extend(desired.users());
        }
        self.fetch_secrets_of(users)
    }

    /// Fetches the passwords of these NUT users.
    ///
    /// # Errors
    /// Each user whose password cannot be had, with its source.
    pub fn fetch_secrets_of(&mut self, users: impl IntoIterator<Item = String>) -> Result<()> {
        let users = users.into_iter().collect();
        self.secrets = secrets::fetch(self.inventory, self.root, &users)
            .map_err(|errors| Diagnostics(errors.into_iter().map(diagnostic).collect()))?;
        Ok(())
    }
}

fn diagnostic(error: SecretError) -> Diagnostic {
    let text = Diagnostic::new(error.to_string());
    match error.help {
        Some(help) => text.help(help),
        None => text,
    }
}

/// The templates that stand in for the built-in ones, over those.
///
/// # Errors
/// A template that cannot be read or compiled.
pub fn templates(loaded: &Loaded, named: Option<&Path>) -> Result<Templates, Diagnostics> {
    // A link could lead anywhere, and an inventory may come from somebody else.
    let beside = loaded.root.join("templates");
    let is_own = beside.is_dir() && !beside.is_symlink();
    match named.or_else(|| is_own.then_some(&beside)) {
        Some(folder) => Templates::load(folder, &loaded.inventory),
        None => Templates::built_in(),
    }
}
