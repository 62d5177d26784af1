//! How long a Proxmox VE host takes to stop its guests: a bound, by the rules of its own scripts, and
//! what is usual. Source: pve-manager (PVE/API2/Nodes.pm `stopall`, PVE/VZDump.pm), qemu-server
//! (PVE/QemuServer.pm `_do_vm_stop`), pve-container (PVE/LXC.pm `vm_stop`), pve-ha-manager
//! (PVE/HA/LRM.pm).

use std::cmp::Reverse;
use std::collections::BTreeMap;

use super::span::Span;
use super::way_down::{QUICKEST, UNIT_STOP, USUAL, WayDown};
use crate::model::proxmox::{Guest, GuestKind, Node, Policy};

/// The guests of a host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Guests {
    /// It is no Proxmox VE host, as far as anybody looked.
    #[default]
    None,
    /// It is one, and its guests could not be seen.
    Unknown(String),
    Seen(Node),
}

/// A guest that has no `down` of its own gets this long (since pve-manager 7.3-5; before that
/// containers got 60 s).
const PATIENCE: f64 = 180.0;

/// A backup that runs is told to end, and waited for this long.
const BACKUP: f64 = 15.0;

/// What the HA manager gives each of its services before it stops them the hard way.
const HA_PATIENCE: f64 = 60.0;

/// Services that the HA manager stops at a time, where datacenter.cfg does not say.
const HA_WORKERS: usize = 4;

/// After its time a VM is terminated, waited for 10 s, killed, and its volumes are released.
const VM_END: f64 = 11.0;

/// The same, and a question to its agent before.
const VM_END_WITH_AGENT: f64 = 14.0;

/// What `lxc-stop` is given on top.
const CONTAINER_END: f64 = 5.0;

/// The task that stops a group looks once a second whether it is over.
const LOOKS_EVERY: f64 = 1.0;

/// How long guests usually take: a VM that heeds its power button, a container.
const USUAL_VM: f64 = 20.0;
const USUAL_CONTAINER: f64 = 5.0;

/// Seconds of each part of a node's way down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Parts {
    pub backup: f64,
    pub guests: f64,
    pub ha: f64,
    pub system: f64,
}

impl Parts {
    fn sum(self) -> f64 {
        self.backup + self.guests + self.ha + self.system
    }
}

/// The longest that a node takes. What has no bound (a hook script, the HA policy `migrate`, a
/// locked guest) is not in it.
pub fn bound(node: &Node) -> Parts {
    Parts {
        backup: if node.backup { BACKUP } else { 0.0 },
        guests: stop_all(node, longest),
        ha: ha(node, |_| HA_PATIENCE + VM_END),
        system: UNIT_STOP,
    }
}

/// What a node usually takes.
pub fn usual(node: &Node) -> Parts {
    Parts {
        backup: if node.backup { BACKUP } else { 0.0 },
        guests: stop_all(node, |guest| shortest(guest).min(longest(guest))),
        ha: ha(node, shortest),
        system: USUAL,
    }
}

/// How long a node takes, `stated` being what its owner says.
pub fn way_down(node: &Node, stated: Option<f64>) -> WayDown {
    let (usual, bound) = (usual(node).sum(), bound(node).sum());
    let running = running(node).count();
    let of = format!(
        "{running} running guest{}, {} at a time",
        if running == 1 { "" } else { "s" },
        workers(node)
    );
    match stated {
        Some(seconds) => WayDown {
            takes: Span::new(QUICKEST.min(seconds), seconds, bound.max(seconds)),
            from: format!("shutdown_takes; at worst {of}"),
            known: true,
        },
        None => WayDown {
            takes: Span::new(QUICKEST, usual.min(bound), bound),
            from: of,
            known: false,
        },
    }
}

/// Guests that are to be stopped.
pub fn running(node: &Node) -> impl Iterator<Item = &Guest> {
    node.guests.iter().filter(|guest| guest.running)
}

/// How many guests are stopped at a time.
pub fn workers(node: &Node) -> usize {
    let threads = node.threads.max(1);
    let own = if numbers(&node.manager).as_slice() >= [9, 1, 1].as_slice() {
        (threads - 1).clamp(1, 8)
    } else {
        threads
    };
    node.max_workers.unwrap_or(own).max(1) as usize
}

fn numbers(version: &str) -> Vec<u32> {
    version
        .split(['.', '-', '~', '+'])
        .map_while(|part| part.parse().ok())
        .collect()
}

fn patience(guest: &Guest) -> f64 {
    guest.down.map_or(PATIENCE, |down| down as f64)
}

fn longest(guest: &Guest) -> f64 {
    patience(guest)
        + match (guest.kind, guest.agent) {
            (GuestKind::Vm, true) => VM_END_WITH_AGENT,
            (GuestKind::Vm, false) => VM_END,
            (GuestKind::Container, _) => CONTAINER_END,
        }
}

fn shortest(guest: &Guest) -> f64 {
    match guest.kind {
        GuestKind::Vm => USUAL_VM,
        GuestKind::Container => USUAL_CONTAINER,
    }
}

/// One group of `order` after the other, the highest first and those without one before all; within
/// a group the highest number first, each as soon as a worker is free.
fn stop_all(node: &Node, takes: impl Fn(&Guest) -> f64) -> f64 {
    let mut groups: BTreeMap<Reverse<u64>, Vec<&Guest>> = BTreeMap::new();
    // A locked guest is refused at once.
    let guests = running(node).filter(|guest| !guest.ha && guest.lock.is_none());
    for guest in guests {
        let order = Reverse(guest.order.unwrap_or(u64::MAX));
        groups.entry(order).or_default().push(guest);
    }
    let workers = workers(node);
    let groups = groups.into_values().map(|mut group| {
        group.sort_by_key(|guest| Reverse(guest.id));
        schedule(group.into_iter().map(&takes), workers) + LOOKS_EVERY
    });
    groups.sum()
}

fn ha(node: &Node, takes: impl Fn(&Guest) -> f64) -> f64 {
    if node.policy == Policy::Migrate {
        return 0.0;
    }
    let workers = node
        .max_workers
        .map_or(HA_WORKERS, |most| most.max(1) as usize);
    schedule(running(node).filter(|guest| guest.ha).map(takes), workers)
}

/// When the last of some works is done, each taken by the worker who is free first.
fn schedule(works: impl Iterator<Item = f64>, workers: usize) -> f64 {
    let mut free = vec![0.0_f64; workers];
    for work in works {
        let next = free.iter_mut().min_by(|one, other| one.total_cmp(other));
        if let Some(next) = next {
            *next += work;
        }
    }
    free.into_iter().fold(0.0, f64::max)
}
