//! Looking at hosts: one remote command each.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::{Options, Progress, fleet};
use crate::host::Look;
use crate::model::desired::DesiredHost;
use crate::model::diagnostic::Diagnostics;
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::model::outcome::HostError;
use crate::model::secret::SecretStore;
use crate::nut::version::NutVersion;
use crate::observe::{self, Probe};
use crate::render::{self, InventoryIndex, Templates};
use crate::truenas;

/// A host that was looked at.
pub struct Looked {
    /// For the version that the host has.
    pub desired: DesiredHost,
    pub observed: ObservedHost,
}

/// What came of looking at hosts.
pub type Looks = BTreeMap<HostName, Result<Looked, HostError>>;

/// What a look is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Plan,
    /// Reads the journal while a UPS is on battery: only it knows since when.
    Status,
    /// Waits for daemons to come up, and reads the journal.
    Verify,
    /// Looks at guests and network file systems, too.
    TimeLine,
    /// Looks at all that could break a link.
    Doctor,
}

/// Looks at hosts: each is asked for what it should have, and answered for the NUT that it has.
#[derive(Clone, Copy)]
pub struct Looker<'a> {
    pub(super) index: &'a InventoryIndex<'a>,
    pub(super) templates: &'a Templates,
    /// Those that were fetched: a TrueNAS compares its own with them.
    pub(super) secrets: &'a SecretStore,
    pub(super) hosts: &'a dyn Look,
    pub(super) progress: &'a dyn Progress,
    pub(super) options: &'a Options,
}

impl Looker<'_> {
    /// Looks at hosts that are written to, in parallel.
    ///
    /// # Errors
    /// When a template does not render for a host; what goes wrong on a host is in its own result.
    pub fn look(&self, names: &[HostName], purpose: Purpose) -> Result<Looks> {
        let mut jobs = Vec::new();
        for name in names {
            jobs.push((name.clone(), self.probe(name, purpose)?));
        }
        let looked = fleet::each(jobs, self.options.parallel, |(name, probe)| {
            self.progress.begin(&name, "looking");
            let seen = self.once(&name, &probe);
            self.progress
                .end(&name, if seen.is_ok() { "looked" } else { "failed" });
            (name, seen)
        });
        let mut out = BTreeMap::new();
        for (name, seen) in looked {
            let result = match seen {
                Ok(observed) => Ok(self.with_desired(observed)?),
                Err(error) => Err(error),
            };
            out.insert(name, result);
        }
        Ok(out)
    }

    /// Looks at one host once more, after something was done to it.
    ///
    /// # Errors
    /// What went wrong on the way, or a template that does not render.
    pub fn again(&self, name: &HostName) -> Result<Looked, HostError> {
        let local = |why: Diagnostics| HostError::Local {
            detail: why.to_string(),
        };
        let probe = self.probe(name, Purpose::Plan).map_err(local)?;
        let observed = self.once(name, &probe)?;
        self.with_desired(observed).map_err(local)
    }

    /// The probe for a host, before anything is known of it.
    pub(super) fn probe(&self, name: &HostName, purpose: Purpose) -> Result<Probe, Diagnostics> {
        let draft = render::desired(self.index, name, None, self.templates)?;
        let mut probe = Probe::of(&draft);
        match purpose {
            Purpose::Plan => {}
            Purpose::Verify => {
                probe.journal_since = Some("-1d".into());
                probe.settle = Some(observe::Settle::of(&draft, self.options.settle));
            }
            Purpose::TimeLine => probe.deep = Some(observe::GUESTS),
            Purpose::Doctor => {
                probe.deep = Some(observe::DEEP);
                probe.usb = draft.role.is_server();
            }
            Purpose::Status => probe.journal_on_battery = Some("-1d".into()),
        }
        if draft.is_truenas() {
            let user = draft.truenas.as_ref().map(|truenas| truenas.user.as_str());
            let password = user.and_then(|user| self.secrets.get(user));
            probe.more = Some(truenas::look_program(password));
        }
        Ok(probe)
    }

    fn once(&self, name: &HostName, probe: &Probe) -> Result<ObservedHost, HostError> {
        let nonce = observe::nonce();
        let question = probe.question(&nonce, self.options.look_deadline);
        let output = self.hosts.look(name, &question)?;
        let mut observed = output.read(|answer| observe::parse(name, &nonce, answer))?;
        if let Some(said) = observed.deep.remove(truenas::SECTION) {
            observed.truenas = truenas::read(&said);
            truenas::known_by_release(&mut observed);
        }
        Ok(observed)
    }

    /// What a host should have, for the version that was observed, or that apt would install.
    fn with_desired(&self, observed: ObservedHost) -> Result<Looked, Diagnostics> {
        let candidate = || NutVersion::parse(observed.candidate.as_deref()?).ok();
        let version = match &observed.nut {
            Seen::Is(version) => Some(*version),
            _ => candidate(),
        };
        Ok(Looked {
            desired: render::desired(self.index, &observed.name, version, self.templates)?,
            observed,
        })
    }
}

/// What was seen, host by host.
pub fn seen(looked: &Looks) -> BTreeMap<HostName, ObservedHost> {
    let seen = |(name, host): (&HostName, &Result<Looked, HostError>)| {
        Some((name.clone(), host.as_ref().ok()?.observed.clone()))
    };
    looked.iter().filter_map(seen).collect()
}

/// The named hosts that can be asked, and the servers of those that cannot: they know who is
/// logged in.
pub fn with_servers(inventory: &Inventory, names: &[HostName]) -> Vec<HostName> {
    let mut all = BTreeSet::new();
    for name in names {
        match inventory.is_managed(name) {
            true => all.extend([name.clone()]),
            false => all.extend(inventory.servers_of(name)),
        }
    }
    all.into_iter().collect()
}
