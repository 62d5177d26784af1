//! What happened at a site, as its journals tell.

use serde::Serialize;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Event {
    /// On this machine's clock, as far as the difference could be measured.
    pub at_unix_seconds: f64,
    /// The time may be off by so much.
    pub plus_minus_seconds: f64,
    /// Whose journal tells it.
    pub host: String,
    pub kind: EventKind,
    /// The UPS, by its name in the inventory where it is there.
    pub ups: Option<String>,
    /// The host that serves the UPS.
    pub server: Option<String>,
    /// The client, user or unit that it is about.
    pub who: Option<String>,
    /// The line of the journal.
    pub text: String,
    /// Whether the host's present boot tells it.
    pub this_boot: bool,
}

/// What kind of thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    OnBattery,
    OnMains,
    LowBattery,
    ForcedShutdown,
    ForcedShutdownSet,
    ForcedShutdownRefused,
    ForcedShutdownRequested,
    GoesDown,
    ShutdownNotice,
    HostSyncExpired,
    GaveUpOnPrimary,
    TooFewSupplies,
    CommunicationLost,
    CommunicationBack,
    Unavailable,
    ReplaceBattery,
    UpsmonBroken,
    /// Any other notification of upsmon: OFF, BYPASS, ALARM, CAL, …
    Notified,
    LoggedIn,
    LoggedOut,
    LoginRefused,
    DataStale,
    DataFresh,
    DriverLost,
    DriverFound,
    UnitStarted,
    UnitStopped,
    UnitFailed,
    Booted,
    /// The way down was gone to its end.
    WentDown,
    /// The journal ends without one: power cut or crash.
    BrokeOff,
    Deployed,
    DeployUndone,
    DeployOpen,
}

/// What is known of one host's journal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostLog {
    pub name: String,
    /// Why there is nothing of it.
    pub problem: Option<String>,
    pub hint: Option<String>,
    /// Its clock minus this machine's.
    pub clock_ahead_seconds: Option<f64>,
    pub clock_plus_minus_seconds: Option<f64>,
    /// Whether journals of earlier boots are kept.
    pub earlier_boots_kept: Option<bool>,
    pub journal_begins_unix_seconds: Option<f64>,
    /// Whether there was more than 5,000 lines.
    pub cut: bool,
    /// Events that leave no line there, with their NOTIFYFLAG.
    pub not_recorded: Vec<String>,
}

/// Mains gone and what came of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outage {
    pub ups: String,
    pub server: String,
    pub started_unix_seconds: f64,
    pub ended_unix_seconds: Option<f64>,
    pub end: OutageEnd,
    pub low_battery: bool,
    pub forced_shutdown: bool,
    pub hosts: Vec<HostCourse>,
    /// Whether each client left before the host with the cable; null when nobody went down or it
    /// cannot be told.
    pub in_order: Option<bool>,
    /// Why so.
    pub order: Vec<String>,
}

/// How an outage ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutageEnd {
    /// Someone saw mains come back.
    Seen,
    /// Mains were back at the latest then: a host booted, or contact came back.
    AtTheLatest,
    /// No journal knows; it may last.
    NotSeen,
}

/// How one host went down.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HostCourse {
    pub host: String,
    /// Its times may be off by so much.
    pub plus_minus_seconds: f64,
    /// upsmon decided it.
    pub goes_down_unix_seconds: f64,
    /// upsmon ended: its server counts it as logged out.
    pub left_nut_unix_seconds: Option<f64>,
    /// The last line of its journal.
    pub down_unix_seconds: Option<f64>,
    /// Whether the way down was gone to its end; null while it is not known.
    pub clean: Option<bool>,
    /// From leaving NUT to the last line.
    pub took_seconds: Option<f64>,
    pub back_unix_seconds: Option<f64>,
    /// How often it went down in this outage: again, when it booted into a low battery.
    pub times: usize,
}

/// What an inventory should say, as measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Proposal {
    pub host: String,
    pub measured_seconds: f64,
    pub now: Option<String>,
    /// For `shutdown_takes`.
    pub shutdown_takes: String,
}

/// The whole history.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct History {
    pub hosts: Vec<HostLog>,
    pub outages: Vec<Outage>,
    pub proposals: Vec<Proposal>,
    pub events: Vec<Event>,
}
