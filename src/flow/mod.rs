//! Wires the stages together: look, plan, deploy, verify. Knows no clap and prints nothing.

pub mod by_hand;
pub mod check;
pub mod check_files;
pub mod deploy;
pub mod doctor;
pub mod drill;
pub mod events;
pub mod exposure;
pub mod fleet;
pub mod import;
pub mod interrupt;
pub mod lint;
pub mod look;
pub mod metrics;
pub mod power;
pub mod prometheus;
pub mod remove;
pub mod rollback;
pub mod run;
pub mod saved_plan;
pub mod status;
pub mod timeline;
pub mod verify;

use std::time::Duration;

pub use run::{Run, Start};

use crate::model::name::HostName;
use crate::plan::Policy;

/// How a run goes about it.
#[derive(Debug, Clone)]
pub struct Options {
    /// Hosts at once.
    pub parallel: usize,
    pub policy: Policy,
    /// How long one look may take.
    pub look_deadline: Duration,
    /// How long to wait for units and UPSes to come up, seconds.
    pub settle: u64,
    /// Seconds until a host undoes an unconfirmed deploy by itself.
    pub undo_after: u64,
    /// How many deploys a host keeps for `rollback`.
    pub keep: usize,
    /// `user@machine` for the lock.
    pub holder: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            parallel: 10,
            policy: Policy::default(),
            look_deadline: Duration::from_secs(60),
            settle: 20,
            undo_after: 300,
            keep: 10,
            holder: holder(),
        }
    }
}

/// `USER@MACHINE`, as far as this machine says.
fn holder() -> String {
    let user = std::env::var("USER").unwrap_or_else(|_| "someone".into());
    let machine = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    format!(
        "{user}@{}",
        if machine.trim().is_empty() {
            "a machine"
        } else {
            machine.trim()
        }
    )
}

/// Told what happens on each host, as it happens.
pub trait Progress: Send + Sync {
    /// Something began on a host.
    fn begin(&self, host: &HostName, what: &str);
    /// Nothing more will be done on a host.
    fn end(&self, host: &HostName, how: &str);
    /// Something that the user must read now, whatever else is shown.
    fn say(&self, what: &str);
}
