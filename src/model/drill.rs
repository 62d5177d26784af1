//! What a drill proved.

use schemars::JsonSchema;
use serde::Serialize;

use super::name::HostName;
use crate::nut::version::NutVersion;

/// What a drill starts where, before it does.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DrillOutline {
    pub parts: Vec<OutlinePart>,
    pub port: u16,
    pub fast: bool,
    pub most_seconds: u64,
    pub not_rehearsed: Vec<NotRehearsed>,
}

/// A host's part.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OutlinePart {
    pub host: HostName,
    pub nut_version: NutVersion,
    /// The UPSes that it serves.
    pub ups: Vec<String>,
    /// What its upsmon watches, as `ups of pve`.
    pub watches: Vec<String>,
}

/// How a drill ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DrillResult {
    Passed,
    /// A verdict is a failure.
    Failed,
    /// It ended before its end, or never began: nothing is proven.
    Stopped,
}

/// A drill.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct DrillReport {
    pub result: DrillResult,
    /// With delays of a second in place of the site's own.
    pub fast: bool,
    pub port: u16,
    pub seconds: f64,
    /// Why it ended early.
    pub stopped: Option<DrillStop>,
    pub not_rehearsed: Vec<NotRehearsed>,
    pub verdicts: Vec<DrillVerdict>,
}

/// Why a drill ended early.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DrillStop {
    pub host: HostName,
    pub why: String,
    /// What to type, or to do.
    pub next: String,
}

/// Something that a drill does not rehearse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct NotRehearsed {
    pub host: HostName,
    pub what: String,
}

/// A judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DrillVerdict {
    pub about: About,
    pub host: HostName,
    pub judged: Judged,
    pub text: String,
    /// What to type, or to do, when it failed.
    pub next: Option<String>,
}

/// What a judgement is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// It logged in to the drill's upsd.
    LoggedIn,
    /// The real upsd takes its login.
    RealLogin,
    /// The running upsmon has loaded its present file.
    Loaded,
    /// Secondaries went before their primary.
    Order,
    /// The time between a secondary and its primary, against `shutdown_takes`.
    Gap,
    Hostsync,
    PowerdownFlag,
    Shutdowncmd,
    Notifycmd,
    /// What was measured, against what was computed.
    Foretold,
    Battery,
    /// The real chain is as before.
    Untouched,
    /// Nothing of the drill is left.
    NothingLeft,
}

/// What a judgement comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    Pass,
    Fail,
    /// It could not be judged.
    Unknown,
}

/// What a host remembers of its last drill.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LastDrill {
    pub passed: bool,
    pub fast: bool,
    /// Unix seconds, on this machine's clock.
    pub at: u64,
}
