//! What a Proxmox VE host has to stop before it is down: its guests, and the rules it stops them by.

use std::collections::BTreeSet;

use serde::Serialize;

/// A Proxmox VE node, as its files have it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Node {
    /// Version of pve-manager, as `9.2.11`.
    pub manager: String,
    /// CPU threads.
    pub threads: u32,
    /// `max_workers` of datacenter.cfg.
    pub max_workers: Option<u32>,
    /// What the HA manager does with its guests at a shutdown.
    pub policy: Policy,
    /// The nodes of its cluster, itself included.
    pub nodes: BTreeSet<String>,
    pub guests: Vec<Guest>,
    /// A backup runs.
    pub backup: bool,
}

/// `ha: shutdown_policy=` of datacenter.cfg (pve-docs, ha-manager.adoc).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Policy {
    /// Guests are stopped.
    #[default]
    Conditional,
    Freeze,
    Failover,
    /// Guests are moved to other nodes first, however long that takes.
    Migrate,
}

/// A virtual machine or a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Guest {
    pub id: u32,
    pub kind: GuestKind,
    pub name: String,
    /// Whether it runs; where that could not be seen it is taken to.
    pub running: bool,
    /// `order` of its `startup`.
    pub order: Option<u64>,
    /// `down` of its `startup`, seconds.
    pub down: Option<u64>,
    /// Its `startup` when Proxmox cannot read it, and so ignores all of it.
    pub broken_startup: Option<String>,
    /// The guest agent is switched on.
    pub agent: bool,
    /// What locks it: it is then not stopped at all.
    pub lock: Option<String>,
    /// It has a hook script, which may take any time.
    pub hook: bool,
    /// The HA manager looks after it.
    pub ha: bool,
}

/// What kind of guest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum GuestKind {
    Vm,
    Container,
}

/// A file system that is mounted over the network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NetworkMount {
    /// Where it is mounted.
    pub at: String,
    /// `nfs4`, `cifs`, …
    pub kind: String,
    /// Its server, as the mount names it.
    pub server: String,
    /// Whether it waits for its server for ever.
    pub hard: bool,
}
