//! What a host has, as the probe saw it. "Could not look" is never "absent".

use std::collections::BTreeMap;

use serde::Serialize;

use super::name::HostName;
use super::secret::Secret;
use super::truenas::ObservedTrueNas;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

/// A reading: the thing, its absence, or why it could not be read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Seen<T> {
    Is(T),
    #[default]
    Absent,
    Unknown(String),
}

impl<T> Seen<T> {
    /// The thing, when it was seen.
    pub fn is(&self) -> Option<&T> {
        match self {
            Self::Is(thing) => Some(thing),
            Self::Absent | Self::Unknown(_) => None,
        }
    }

    /// The same, with the thing made into another.
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Seen<U> {
        match self {
            Self::Is(thing) => Seen::Is(make(thing)),
            Self::Absent => Seen::Absent,
            Self::Unknown(why) => Seen::Unknown(why),
        }
    }
}

fn is_absent<T>(seen: &Seen<T>) -> bool {
    matches!(seen, Seen::Absent)
}

/// A list of a look that one command fills; that it failed is no empty list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum List {
    Packages,
    Units,
    Addresses,
}

/// One host at one moment.
#[derive(Debug, Clone, Serialize)]
pub struct ObservedHost {
    pub name: HostName,
    pub system: Machine,
    /// Installed NUT, from dpkg: `upsd -V` is silent while MODE=none.
    pub nut: Seen<NutVersion>,
    /// Version apt would install, when NUT is absent.
    pub candidate: Option<String>,
    pub packages: BTreeMap<String, String>,
    pub config_dir: Seen<Meta>,
    pub files: BTreeMap<File, Seen<ObservedFile>>,
    pub units: BTreeMap<String, Unit>,
    /// TCP sockets that listen, on any port: another program may hold NUT's.
    pub listening: Seen<Vec<Socket>>,
    /// Answers of `upsc` by the name asked: `NAME@HOST`.
    pub ups: BTreeMap<String, Reading>,
    /// Who is logged in, by the name asked, `NAME@HOST`: answers of `upsc -c`.
    pub clients: BTreeMap<String, Seen<Vec<String>>>,
    pub usb: Seen<Vec<UsbDevice>>,
    /// Recent lines of NUT's journal, oldest first.
    pub journal: Seen<Vec<String>>,
    /// Own addresses, for telling a client by where it comes from.
    pub addresses: Vec<String>,
    /// What the middleware of a TrueNAS says; absent where none was asked.
    #[serde(skip_serializing_if = "is_absent")]
    pub truenas: Seen<ObservedTrueNas>,
    /// An upsctl transaction on the host that was neither confirmed nor undone.
    pub transaction: Option<Transaction>,
    /// What deploys that have ended, or never began, left beside NUT's files.
    pub leftovers: Vec<String>,
    /// Why a list above is empty although nobody knows whether it is: what could not be looked at.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unread: BTreeMap<List, String>,
    /// Further answers of the deep probe, by section name.
    #[serde(skip)]
    pub deep: BTreeMap<String, Vec<u8>>,
}

/// The machine and the account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Machine {
    pub hostname: String,
    /// PRETTY_NAME of os-release.
    pub os: String,
    /// `ID` and `ID_LIKE` of os-release.
    pub os_ids: Vec<String>,
    pub systemd: bool,
    /// Whether upsctl has changed this host before.
    #[serde(skip)]
    pub upsctl: bool,
    /// Effective user of the probe.
    pub user: String,
    /// Unix time on the host, seconds.
    pub clock: u64,
    /// Unix time of its boot, seconds.
    pub booted: u64,
}

/// Owner and mode of a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Meta {
    pub owner: String,
    pub group: String,
    /// Permission bits.
    pub mode: u32,
    /// Unix time of the last change of content, seconds.
    pub modified: u64,
    pub kind: FileKind,
}

/// What stands at a path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    File,
    Directory,
    Symlink(String),
    Other(String),
}

/// A file of the host. Its content may hold passwords and is never serialised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ObservedFile {
    pub meta: Meta,
    /// The bytes as text; bytes that are not UTF-8 are kept one for one as Latin-1 characters.
    #[serde(skip)]
    pub content: Secret,
    /// sha256 of the bytes as they arrived; the host compares it before it writes.
    #[serde(skip)]
    pub digest: String,
}

/// A systemd unit, from `systemctl show`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Unit {
    /// LoadState: `loaded`, `not-found`, `masked`.
    pub load: String,
    /// ActiveState.
    pub active: String,
    /// SubState.
    pub sub: String,
    /// UnitFileState: `enabled`, `disabled`, …
    pub enabled: String,
    /// Result of the last run.
    pub result: String,
    pub main_pid: u32,
    /// Unix time it became active, seconds; 0 = never.
    pub since: u64,
    /// Unix time of its last change of state, seconds: a reload through systemd counts. 0 = never.
    pub loaded: u64,
    /// All other properties asked for.
    pub properties: BTreeMap<String, String>,
}

/// A listening socket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Socket {
    /// As `ss` writes it: `0.0.0.0`, `*`, `[::1]` without brackets.
    pub address: String,
    pub port: u16,
    /// Process names that own it; empty when not allowed to see.
    pub processes: Vec<String>,
}

/// What `upsc` said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reading {
    Variables(BTreeMap<String, String>),
    /// Its complaint.
    Error(String),
    /// It did not answer in time.
    TimedOut,
}

impl Reading {
    /// The value of `ups.status`.
    pub fn status(&self) -> Option<&str> {
        match self {
            Self::Variables(variables) => variables.get("ups.status").map(String::as_str),
            Self::Error(_) | Self::TimedOut => None,
        }
    }
}

/// A line of `lsusb`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsbDevice {
    pub bus: String,
    pub device: String,
    /// `vvvv:pppp`.
    pub id: String,
    pub name: String,
}

/// An open transaction.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Transaction {
    pub id: String,
    /// Its last recorded state.
    pub state: String,
    /// Who holds the lock, if someone does: `user@machine pid since`.
    pub holder: Option<String>,
}
