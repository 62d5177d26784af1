//! Everything `doctor` knows of one host at one moment. Rules are functions of the bundles of all.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::desired::{Expect, HostRole};
use super::inventory::Platform;
use super::name::HostName;
use super::observed::{ObservedHost, Seen};
use super::outcome::HostError;

/// One host.
#[derive(Debug, Clone)]
pub struct Bundle {
    pub host: HostName,
    /// Where ssh was told to find it.
    pub address: String,
    /// What the inventory wants of it.
    pub wish: Wish,
    /// Unix time on this machine when the answer was complete.
    pub looked_at: u64,
    pub facts: Facts,
}

impl Bundle {
    /// What was seen, if the host could be looked at.
    pub fn look(&self) -> Option<&HostLook> {
        match &self.facts {
            Facts::Seen(look) => Some(look),
            Facts::Failed(_) | Facts::NotAsked => None,
        }
    }
}

/// What a look brought.
#[derive(Debug, Clone)]
pub enum Facts {
    Seen(Box<HostLook>),
    /// Why the host could not be looked at.
    Failed(HostError),
    /// A platform that is looked after by hand.
    NotAsked,
}

/// The plain look and the wider one.
#[derive(Debug, Clone)]
pub struct HostLook {
    pub observed: ObservedHost,
    pub deep: Deep,
}

/// What the inventory wants of a host, without a secret.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Wish {
    pub platform: Platform,
    pub role: HostRole,
    pub expect: Expect,
    /// Managed files that are not as the inventory wants them.
    #[serde(default)]
    pub drifted: Vec<String>,
}

/// The wider look. Each part that could not be had says so by itself.
#[derive(Debug, Clone, Default)]
pub struct Deep {
    /// Attempts to reach an upsd, by `HOST PORT`.
    pub connects: BTreeMap<(String, u16), Contact>,
    /// Addresses of the names in MONITOR lines.
    pub names: BTreeMap<String, Seen<Vec<String>>>,
    /// Paths that NUT's files name, and some fixed ones.
    pub paths: BTreeMap<String, Seen<PathFacts>>,
    /// What the account `nut` may do with a path.
    pub rights: BTreeMap<String, Rights>,
    /// `ups.status` of the host's own UPSes a few seconds after the look, by `NAME@127.0.0.1`; only of
    /// those that did not say plain OL.
    pub again: BTreeMap<String, String>,
    /// Folders in which upssched makes its pipe and its lock, with a slash at the end.
    pub upssched: BTreeSet<String>,
    /// Whether the accounts exist that NUT's files name.
    pub accounts: BTreeMap<String, bool>,
    /// Where a shell finds the words of SHUTDOWNCMD; nothing for those it does not.
    pub commands: BTreeMap<String, Option<String>>,
    /// The units that the next boot brings up.
    pub boot: Seen<BTreeSet<String>>,
    /// First bytes of the POWERDOWNFLAG file, when there is one.
    pub flag: Option<String>,
    /// Programs in the driver directory.
    pub drivers: Seen<BTreeSet<String>>,
    pub disks: Vec<Disk>,
    /// Mount points without a free inode.
    pub no_inodes: Vec<String>,
    /// Mount points that are read-only.
    pub read_only: Vec<String>,
    pub processes: Vec<Process>,
    /// Lines of the packet filter that may matter.
    pub firewall: Seen<Vec<String>>,
    /// Lines of hosts.allow and hosts.deny.
    pub wrappers: Vec<String>,
    /// Nodes of USB devices: path, `owner:group`, mode.
    pub usb_nodes: Vec<(String, String, u32)>,
    /// Units of other UPS software that are active.
    pub rivals: Vec<String>,
    pub journal: Journals,
}

/// NUT's journals since boot, oldest line first.
#[derive(Debug, Clone, Default)]
pub struct Journals {
    pub monitor: Seen<Vec<JournalLine>>,
    pub server: Seen<Vec<JournalLine>>,
    pub driver: Seen<Vec<JournalLine>>,
}

/// A line of a journal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Unix time, seconds.
    pub time: u64,
    /// Everything behind the time: `HOST PROGRAM[PID]: TEXT`.
    pub text: String,
}

/// What became of a connection to an upsd.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Contact {
    /// It told its version.
    Upsd(String),
    /// Something answered that is no upsd.
    Foreign(String),
    Refused,
    /// No answer at all: packets are dropped, or nobody has the address.
    Silent,
    /// It takes the connection and says nothing.
    Mute,
    NoRoute,
    NoName,
    Failed(String),
}

/// What stands at a path, links followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathFacts {
    /// `regular file`, `directory`, `character special file`, …
    pub kind: String,
    pub owner: String,
    pub group: String,
    pub mode: u32,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rights {
    pub read: bool,
    pub write: bool,
    pub execute: bool,
}

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    pub mount: String,
    pub available_kib: u64,
    pub size_kib: u64,
}

/// A process of NUT's.
#[derive(Debug, Clone, PartialEq)]
pub struct Process {
    pub pid: u32,
    pub parent: u32,
    pub user: String,
    /// Share of a processor over its life, percent.
    pub cpu: f64,
    /// Its age, seconds.
    pub age: u64,
    pub name: String,
    /// The unit, or scope, that its control group belongs to, where that is known.
    pub unit: Option<String>,
}
