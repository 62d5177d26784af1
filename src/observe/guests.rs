//! What a host has to stop beside its own units, read from the answer of a look. Pure.
//!
//! The files of Proxmox VE: qm.conf(5), pct.conf(5), datacenter.cfg(5), ha-manager(1).

use std::collections::{BTreeMap, BTreeSet};

use crate::model::observed::Seen;
use crate::model::proxmox::{Guest, GuestKind, NetworkMount, Node, Policy};

/// The shell text that defines `deep`, for [`super::Probe::deep`].
pub const GUESTS: &str = concat!(
    include_str!("guests.sh"),
    "deep() { look 'deep mounts' cat /proc/mounts; deep_guests; }\n"
);

type Sections = BTreeMap<String, Vec<u8>>;

/// A Proxmox VE node: absent where the host is none, unknown where its files could not be read.
pub fn node(sections: &Sections) -> Seen<Node> {
    let Some(facts) = text(sections, "pve-node") else {
        return Seen::Absent;
    };
    let value = |name: &str| {
        let line = facts
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_default().trim().to_string()
    };
    if !facts.lines().any(|line| line == "readable") {
        return Seen::Unknown(format!(
            "/etc/pve/nodes/{} cannot be read: it takes root, and pve-cluster must run",
            value("node")
        ));
    }
    let datacenter = text(sections, "pve-datacenter").unwrap_or_default();
    let managed = managed(&text(sections, "pve-ha").unwrap_or_default());
    let members = facts
        .lines()
        .filter_map(|line| line.strip_prefix("member "));
    Seen::Is(Node {
        manager: value("manager"),
        threads: value("threads").parse().unwrap_or(1),
        max_workers: setting(&datacenter, "max_workers").and_then(|text| text.parse().ok()),
        policy: policy(&datacenter),
        nodes: members.map(str::to_string).collect(),
        guests: guests(sections, &managed),
        backup: facts.lines().any(|line| line == "backup"),
    })
}

/// The network file systems of a host, of the kinds whose server may be a host of the site.
pub fn mounts(sections: &Sections) -> Vec<NetworkMount> {
    let all = text(sections, "mounts").unwrap_or_default();
    all.lines().filter_map(mount).collect()
}

fn mount(line: &str) -> Option<NetworkMount> {
    let words: Vec<&str> = line.split(' ').collect();
    let [source, at, kind, options, ..] = words.as_slice() else {
        return None;
    };
    let server = match *kind {
        "nfs" | "nfs4" => source
            .rsplit_once(":/")?
            .0
            .trim_start_matches('[')
            .trim_end_matches(']'),
        "cifs" | "smb3" => source.trim_start_matches('/').split('/').next()?,
        _ => return None,
    };
    let options: Vec<&str> = options.split(',').collect();
    // NFS waits for ever unless told otherwise (nfs(5)), CIFS only when told (mount.cifs(8)).
    let hard = match kind.starts_with("nfs") {
        true => !options
            .iter()
            .any(|option| matches!(*option, "soft" | "softerr")),
        false => options.contains(&"hard"),
    };
    Some(NetworkMount {
        // The kernel writes blanks and the like as octal numbers.
        at: at.replace("\\040", " "),
        kind: (*kind).to_string(),
        server: server.to_string(),
        hard,
    })
}

fn text(sections: &Sections, name: &str) -> Option<String> {
    let bytes = sections.get(name)?;
    Some(String::from_utf8_lossy(bytes).into_owned())
}

/// The value of `name: value`.
fn setting(text: &str, name: &str) -> Option<String> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.map(|value| value.trim().to_string())
}

fn policy(datacenter: &str) -> Policy {
    let ha = setting(datacenter, "ha").unwrap_or_default();
    let word = ha
        .split(',')
        .find_map(|part| part.trim().strip_prefix("shutdown_policy="));
    match word {
        Some("migrate") => Policy::Migrate,
        Some("freeze") => Policy::Freeze,
        Some("failover") => Policy::Failover,
        _ => Policy::Conditional,
    }
}

/// The numbers of the guests that the HA manager looks after.
fn managed(resources: &str) -> BTreeSet<u32> {
    let heads = resources.lines().filter_map(|line| {
        let rest = line
            .strip_prefix("vm:")
            .or_else(|| line.strip_prefix("ct:"))?;
        rest.trim().parse().ok()
    });
    heads.collect()
}

fn guests(sections: &Sections, managed: &BTreeSet<u32>) -> Vec<Guest> {
    let all = sections.keys().filter_map(|name| {
        let words: Vec<&str> = name.split(' ').collect();
        let [kind, id, state] = words.as_slice() else {
            return None;
        };
        let kind = match *kind {
            "pve-vm" => GuestKind::Vm,
            "pve-ct" => GuestKind::Container,
            _ => return None,
        };
        let id: u32 = id.parse().ok()?;
        let conf = text(sections, name)?;
        guest(id, kind, *state == "running", &conf, managed.contains(&id))
    });
    all.collect()
}

/// A guest of its file; a template never runs.
fn guest(id: u32, kind: GuestKind, running: bool, conf: &str, ha: bool) -> Option<Guest> {
    // What follows a `[` is of snapshots and pending changes.
    let end = conf.lines().take_while(|line| !line.starts_with('['));
    let conf: String = end.flat_map(|line| [line, "\n"]).collect();
    if setting(&conf, "template").is_some_and(|value| value == "1") {
        return None;
    }
    let name = match kind {
        GuestKind::Vm => "name",
        GuestKind::Container => "hostname",
    };
    let startup = setting(&conf, "startup");
    let read = startup.as_deref().map(read_startup);
    let (order, down) = read.and_then(|read| read).unwrap_or((None, None));
    Some(Guest {
        id,
        kind,
        name: setting(&conf, name).unwrap_or_default(),
        running,
        order,
        down,
        broken_startup: startup.filter(|_| read == Some(None)),
        agent: setting(&conf, "agent").is_some_and(|value| has_agent(&value)),
        lock: setting(&conf, "lock").filter(|lock| !lock.is_empty()),
        hook: setting(&conf, "hookscript").is_some(),
        ha,
    })
}

/// `[order=]N,up=N,down=N`, as order and down; anything else makes Proxmox ignore all of it
/// (pve-common, PVE/JSONSchema.pm).
fn read_startup(text: &str) -> Option<(Option<u64>, Option<u64>)> {
    let (mut order, mut down) = (None, None);
    for part in text.split([',', ';', ' ']).filter(|part| !part.is_empty()) {
        let (key, value) = part.split_once('=').unwrap_or(("order", part));
        let number = value.parse::<u64>().ok()?;
        match key {
            "order" => order = Some(number),
            "down" => down = Some(number),
            "up" => {}
            _ => return None,
        }
    }
    Some((order, down))
}

fn has_agent(value: &str) -> bool {
    value
        .split(',')
        .any(|part| matches!(part.trim(), "1" | "enabled=1"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sections(all: &[(&str, &str)]) -> Sections {
        all.iter()
            .map(|(name, text)| ((*name).into(), text.as_bytes().to_vec()))
            .collect()
    }

    const FACTS: &str = "node pve\nthreads 8\nmanager 9.2.11\nmember pve\nmember pve2\nreadable\n";

    #[test]
    fn a_node_is_read_from_its_files() {
        let seen = node(&sections(&[
            ("pve-node", FACTS),
            (
                "pve-datacenter",
                "keyboard: de\nmax_workers: 3\nha: shutdown_policy=migrate\n",
            ),
            ("pve-ha", "vm: 100\n\tstate started\n\nct: 200\n"),
            (
                "pve-vm 100 running",
                "name: web\nagent: enabled=1,fstrim_cloned_disks=1\nstartup: order=2,up=30,down=60\n[snap]\nlock: snapshot\n",
            ),
            (
                "pve-vm 101 stopped",
                "agent: 0\nstartup: first\nlock: backup\n",
            ),
            ("pve-vm 102 stopped", "template: 1\n"),
            (
                "pve-ct 200 running",
                "hostname: dns\nhookscript: local:snippets/x\nstartup: 7\n",
            ),
        ]));
        let node = seen.is().expect("a node");
        assert_eq!(
            (node.threads, node.max_workers, node.policy),
            (8, Some(3), Policy::Migrate)
        );
        assert_eq!(node.nodes.len(), 2);
        let ids: Vec<u32> = node.guests.iter().map(|guest| guest.id).collect();
        assert_eq!(ids, [200, 100, 101]);
        let by = |id| node.guests.iter().find(|guest| guest.id == id).unwrap();
        assert_eq!(
            (by(100).order, by(100).down, by(100).agent),
            (Some(2), Some(60), true)
        );
        assert_eq!(
            (by(100).ha, by(100).lock.as_deref(), by(100).name.as_str()),
            (true, None, "web")
        );
        assert_eq!((by(101).running, by(101).agent), (false, false));
        assert_eq!(by(101).broken_startup.as_deref(), Some("first"));
        assert_eq!(by(101).lock.as_deref(), Some("backup"));
        assert_eq!(
            (by(200).order, by(200).hook, by(200).kind),
            (Some(7), true, GuestKind::Container)
        );
    }

    #[test]
    fn what_cannot_be_read_is_not_absent() {
        assert_eq!(node(&sections(&[])), Seen::Absent);
        let closed = sections(&[("pve-node", "node pve\nthreads 8\nmanager 9.2.11\n")]);
        assert!(matches!(node(&closed), Seen::Unknown(_)));
    }

    #[test]
    fn only_mounts_of_other_hosts_count() {
        let seen = mounts(&sections(&[(
            "mounts",
            "/dev/sda1 / ext4 rw 0 0\n\
             192.0.2.30:/tank /mnt/my\\040tank nfs4 rw,hard,vers=4.2 0 0\n\
             nas:/export /mnt/b nfs rw,soft 0 0\n\
             [fd00::1]:/x /mnt/c nfs4 rw 0 0\n\
             //nas/share /mnt/d cifs rw,soft 0 0\n",
        )]));
        let short: Vec<_> = seen
            .iter()
            .map(|m| (m.server.as_str(), m.at.as_str(), m.hard))
            .collect();
        assert_eq!(
            short,
            [
                ("192.0.2.30", "/mnt/my tank", true),
                ("nas", "/mnt/b", false),
                ("fd00::1", "/mnt/c", true),
                ("nas", "/mnt/d", false)
            ]
        );
    }
}
