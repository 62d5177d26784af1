//! The time line itself: what happens when, computed or measured.

use schemars::JsonSchema;
use serde::Serialize;

use super::battery::Reserve;
use super::input::Figure;
use super::span::{Span, maybe};
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;

/// The course of an outage: one chain for each set of UPSes and hosts that hang together.
#[derive(Debug, Clone, Default, PartialEq, Serialize, JsonSchema)]
pub struct TimeLine {
    pub chains: Vec<Chain>,
}

/// UPSes and hosts whose shutdowns wait for one another. All its times are seconds after the moment
/// when the first of its UPSes says that it is on battery and low; what is before that is negative.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Chain {
    pub ups: Vec<UpsLine>,
    /// By when they go down, the first one first.
    pub hosts: Vec<HostLine>,
    /// When mains fail, where it is known how long the battery lasts until it is low.
    #[serde(serialize_with = "maybe")]
    pub mains_fail_s: Option<f64>,
}

/// A UPS in the outage.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct UpsLine {
    pub name: UpsName,
    pub server: HostName,
    pub driver: String,
    pub reserve: Reserve,
    /// Mains were gone already when it was looked at.
    pub on_battery: bool,
    /// Percent of charge when mains fail; 100 where nobody says.
    pub charge_percent: f64,
    pub moments: Vec<Moment>,
    /// Its battery against what it has to carry.
    pub verdict: Verdict,
    /// How long after the return of mains its outlets have power again.
    pub on_delay: Option<Figure>,
    /// What the time from low battery to the cut is made of, in its order.
    pub terms: Vec<Term>,
}

/// A host in the outage.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct HostLine {
    pub name: HostName,
    pub platform: Platform,
    pub nut_version: NutVersion,
    /// The UPSes whose outlets feed it.
    pub fed_by: Vec<UpsName>,
    /// The UPSes it watches.
    pub watches: Vec<UpsName>,
    /// The UPSes it commands: those on its own cables.
    pub primary_of: Vec<UpsName>,
    pub moments: Vec<Moment>,
    /// How long its operating system takes to go down, seconds.
    pub way_down: Span,
    /// Where that is from.
    pub way_down_from: String,
    /// Whether anybody stated or measured that.
    pub way_down_known: bool,
    /// From when it is down to when it loses its power, seconds, usually; below 0 the power goes first.
    #[serde(serialize_with = "maybe")]
    pub spare_typical_s: Option<f64>,
    /// The same when this host is as slow as it may be and all others are quick.
    #[serde(serialize_with = "maybe")]
    pub spare_worst_s: Option<f64>,
}

/// Something that happens to a UPS or a host.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Moment {
    pub kind: Kind,
    pub at: Span,
    pub source: Source,
}

/// What happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Mains fail.
    MainsFail,
    /// upsmon of the host notices that.
    OnBattery,
    /// The battery is low.
    LowBattery,
    /// The host learns, or decides, that it must go down; a primary sets FSD.
    Called,
    /// A primary stops waiting for its secondaries.
    WaitOver,
    /// SHUTDOWNCMD runs.
    Shutdown,
    /// upsd counts the host as gone.
    LoggedOut,
    /// The operating system is down.
    Down,
    /// The UPS is told to cut its outlets.
    CutCalled,
    /// The outlets have no power any more.
    OutletsOff,
    /// The battery is empty, if nothing cuts it off before.
    Empty,
}

/// Where a moment is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Computed.
    Predicted,
    /// It was seen to happen.
    Measured,
}

/// A part of the time from low battery to the cut.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Term {
    pub what: What,
    /// The host that takes that time, if it is one's.
    pub host: Option<HostName>,
    #[serde(serialize_with = "super::span::seconds")]
    #[schemars(with = "Option<f64>")]
    pub typical_s: f64,
    #[serde(serialize_with = "super::span::seconds")]
    #[schemars(with = "Option<f64>")]
    pub latest_s: f64,
}

/// What a part of the time is spent on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Until the primary sees the low battery: POLLFREQALERT, OBLBDURATION.
    Noticing,
    /// Until every secondary has logged out, or HOSTSYNC is over.
    Waiting,
    /// FINALDELAY of the primary.
    FinalDelay,
    /// The primary's operating system goes down.
    GoingDown,
    /// The UPS's own delay.
    OffDelay,
}

impl What {
    /// All of them, in their order.
    pub const ALL: [Self; 5] = [
        Self::Noticing,
        Self::Waiting,
        Self::FinalDelay,
        Self::GoingDown,
        Self::OffDelay,
    ];
}

/// A battery against what it has to carry.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Verdict {
    pub fits: Fits,
    /// From low battery to the cut, seconds.
    pub needs: Span,
    /// What is left of the reserve then, seconds; below 0 it is short.
    #[serde(serialize_with = "maybe")]
    pub spare_typical_s: Option<f64>,
    /// The same when everything takes its longest and the battery holds less than it says.
    #[serde(serialize_with = "maybe")]
    pub spare_worst_s: Option<f64>,
}

/// Whether something lasts long enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fits {
    Always,
    /// Not when everything takes its longest.
    Usually,
    No,
    /// Something is not known.
    Unknown,
}

impl Fits {
    /// What two spare times mean.
    pub fn of(typical: Option<f64>, worst: Option<f64>) -> Self {
        match (typical, worst) {
            (Some(typical), _) if typical < 0.0 => Self::No,
            (Some(_), Some(worst)) if worst < 0.0 => Self::Usually,
            (Some(_), Some(_)) => Self::Always,
            _ => Self::Unknown,
        }
    }
}

impl Moment {
    /// A computed moment, if it happens.
    pub fn predicted(kind: Kind, at: Span) -> Option<Self> {
        at.happens().then_some(Self {
            kind,
            at,
            source: Source::Predicted,
        })
    }

    /// A moment that was seen, give or take some seconds.
    pub fn measured(kind: Kind, seconds: f64, error: f64) -> Self {
        Self {
            kind,
            at: Span::new(seconds - error, seconds, seconds + error),
            source: Source::Measured,
        }
    }
}

/// The computed time of a kind among moments.
pub fn at(moments: &[Moment], kind: Kind) -> Option<Span> {
    of_source(moments, kind, Source::Predicted)
}

/// The time of a kind among moments of one source.
pub fn of_source(moments: &[Moment], kind: Kind, source: Source) -> Option<Span> {
    let found = moments
        .iter()
        .find(|moment| moment.kind == kind && moment.source == source);
    found.map(|moment| moment.at)
}
