//! From desired and observed to the exact steps between them. Pure.

mod files;
mod gate;
mod reload;
mod units;

use crate::model::desired::DesiredHost;
use crate::model::observed::{List, ObservedHost};
use crate::model::plan::{FileStep, HostPlan};
use crate::model::secret::SecretStore;

pub use files::meta_text;
pub use gate::{on_battery, power, unfinished};

/// What the user allowed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Policy {
    /// Go on although a UPS is on battery or has FSD latched.
    pub even_on_battery: bool,
    /// Install missing NUT packages.
    pub install: bool,
    /// Change a password although a client that cannot be changed with it would be locked out.
    pub lock_out: bool,
}

/// The steps for files that were decided elsewhere, as for a rollback.
pub fn of_files(
    desired: &DesiredHost,
    observed: &ObservedHost,
    files: Vec<FileStep>,
    policy: Policy,
) -> HostPlan {
    let mut plan = HostPlan {
        host: desired.name.clone(),
        install: Vec::new(),
        units: units::steps(desired, observed, &files),
        files,
        settings: Vec::new(),
        unmanaged: Vec::new(),
        present: Vec::new(),
        warnings: Vec::new(),
        blocked: Vec::new(),
    };
    plan.blocked = gate::findings(desired, observed, &plan, policy);
    plan
}

/// The steps for one host.
pub fn host(
    desired: &DesiredHost,
    observed: &ObservedHost,
    secrets: &SecretStore,
    policy: Policy,
) -> HostPlan {
    let unread = observed.unread.contains_key(&List::Packages);
    let missing: Vec<String> = desired
        .role
        .packages()
        .iter()
        .filter(|name| !unread && !observed.packages.contains_key(**name))
        .map(|name| (*name).to_string())
        .collect();
    let files = files::steps(desired, observed, secrets);
    let units = units::steps(desired, observed, &files);
    let mut plan = HostPlan {
        host: desired.name.clone(),
        install: missing,
        files,
        settings: Vec::new(),
        units,
        unmanaged: files::unmanaged(desired, observed),
        present: Vec::new(),
        warnings: Vec::new(),
        blocked: Vec::new(),
    };
    plan.blocked = gate::findings(desired, observed, &plan, policy);
    plan
}
