//! What is known before the time line is computed. Who fills it in says where each figure is from.

use schemars::JsonSchema;
use serde::Serialize;

use super::battery::Battery;
use super::guests::Guests;
use super::way_down::WayDown;
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::nut::timing::Timing;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;

/// Everything an outage takes its course by.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Outage {
    pub ups: Vec<Ups>,
    pub hosts: Vec<Host>,
}

/// A UPS, its battery and its switch.
#[derive(Debug, Clone, PartialEq)]
pub struct Ups {
    pub name: UpsName,
    /// The host at its cable.
    pub server: HostName,
    pub driver: String,
    pub battery: Battery,
    /// Seconds between the command to cut the power and the cut; `None` where nothing can cut it.
    pub off_delay: Option<Figure>,
    /// Seconds between the return of mains and power on the outlets.
    pub on_delay: Option<Figure>,
    /// Clients logged in to it that are in no inventory: its primary waits for them, too.
    pub strangers: usize,
}

/// A number of seconds and where it is from.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
pub struct Figure {
    pub seconds: f64,
    /// As in "20 s, the default of usbhid-ups".
    pub from: String,
}

impl Figure {
    /// A figure from somewhere.
    pub fn new(seconds: f64, from: impl Into<String>) -> Self {
        Self {
            seconds,
            from: from.into(),
        }
    }
}

/// A host of the outage.
#[derive(Debug, Clone, PartialEq)]
pub struct Host {
    pub name: HostName,
    pub platform: Platform,
    pub version: NutVersion,
    /// From its own upsmon.conf, or NUT's own where nobody sees that file.
    pub delays: Timing,
    /// What its upsmon watches.
    pub watches: Vec<Watch>,
    /// MINSUPPLIES.
    pub min_supplies: u32,
    /// The UPSes whose outlets feed it.
    pub fed_by: Vec<UpsName>,
    /// Whether the UPSes on its own cables are cut at the end of its shutdown: it has POWERDOWNFLAG.
    pub cuts: bool,
    /// Whether it is logged in; nobody asked where it is `None`.
    pub logged_in: Option<bool>,
    /// An early leave of its own, such as TrueNAS's timer.
    pub leaves: Leaves,
    /// How long its operating system takes to go down.
    pub way_down: WayDown,
    /// What a Proxmox VE host has to stop first.
    pub guests: Guests,
    /// Network file systems it has mounted from other hosts of the site.
    pub mounts: Vec<Mount>,
}

/// A UPS that a host watches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watch {
    pub ups: UpsName,
    pub primary: bool,
    /// The power value: how many of the host's power supplies hang on it.
    pub power: u32,
}

/// What makes a host go down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Leaves {
    /// What NUT says: the primary's call, or a low battery that nobody acts on.
    WhenTold,
    /// A low battery, without waiting for the primary's call: TrueNAS's `LOWBATT`
    /// (middleware, plugins/ups).
    WhenLow,
    /// Seconds on battery, whatever the battery says: TrueNAS's `BATT`.
    AfterOnBattery(f64),
}

/// A network file system of another host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// Where it is mounted.
    pub at: String,
    pub kind: String,
    /// The host of the site that serves it.
    pub server: HostName,
    /// Whether it waits for its server for ever.
    pub hard: bool,
}
