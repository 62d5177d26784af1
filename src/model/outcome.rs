//! What became of each host.

use serde::{Deserialize, Serialize};

use super::finding::Finding;
use super::name::HostName;
use super::plan::HostPlan;

/// Why a host could not be talked to. Each kind has its own way out, see [`HostError::hint`].
///
/// An `address` is what one types after `ssh` to get there, options last; for a jump host that
/// failed it is the jump host's.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum HostError {
    /// The name, which is `address` here, does not resolve.
    UnknownName { address: String },
    /// No route, refused, network down: `detail` is ssh's own line.
    Unreachable { address: String, detail: String },
    /// No answer in time while connecting.
    ConnectTimeout { address: String, seconds: u64 },
    /// The host key is not known yet.
    HostKeyUnknown { address: String },
    /// The host key is another one than known_hosts has for `address`, in the `FILE:LINE` of
    /// `detail`.
    HostKeyChanged { address: String, detail: String },
    /// No key was accepted: `detail` has the ways to log in that the host takes, and the keys that
    /// were offered.
    AuthRefused { address: String, detail: String },
    /// `sudo -n` was refused.
    SudoRefused { user: String, detail: String },
    /// The connection broke while a command ran.
    Lost { detail: String },
    /// A command ran longer than its deadline.
    TimedOut { seconds: u64 },
    /// The host answered something that is no answer of ours.
    Garbled { detail: String },
    /// ssh itself could not be run, or the like, on this machine.
    Local { detail: String },
}

/// What a command did to, or found on, one host.
#[derive(Debug, Clone, Serialize)]
pub struct HostOutcome {
    pub host: HostName,
    #[serde(flatten)]
    pub result: HostResult,
}

/// The result on one host.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum HostResult {
    /// Nothing to do.
    InSync { findings: Vec<Finding> },
    /// `diff` found steps.
    Pending { plan: Box<HostPlan> },
    /// Applied and proven.
    Applied {
        plan: Box<HostPlan>,
        findings: Vec<Finding>,
    },
    /// `verify` looked; no finding of severity error means proven.
    Verified { findings: Vec<Finding> },
    /// Not written to: another platform, and what must stand there.
    ByHand {
        sheet: Sheet,
        findings: Vec<Finding>,
    },
    /// Not begun, with the reason.
    Skipped { reason: String },
    /// Refused by a rule before anything was changed.
    Blocked { plan: Box<HostPlan> },
    /// The host itself refused to begin: changed since planned, locked, disk full. Nothing was changed.
    Refused { reason: String, hint: String },
    /// The host was put back as it was.
    RolledBack { cause: String, log: Vec<String> },
    /// Putting back failed: what to do by hand.
    RollbackFailed {
        cause: String,
        log: Vec<String>,
        hands_on: Vec<String>,
    },
    /// Could not be talked to.
    Failed { error: HostError },
}

/// What must stand in the settings of a machine that upsctl does not write to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Sheet {
    /// Where to open them.
    pub title: String,
    /// Field and value.
    pub fields: Vec<(String, String)>,
    pub notes: Vec<String>,
}
