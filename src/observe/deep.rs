//! The wider look's answer, read. Pure.

use std::collections::BTreeMap;

use crate::host::sections::{AnswerSection, split};
use crate::model::bundle::{
    Contact, Deep, Disk, JournalLine, Journals, PathFacts, Process, Rights,
};
use crate::model::observed::Seen;

/// The shell text that defines `deep`, for [`super::Probe::deep`].
pub const DEEP: &str = concat!(include_str!("guests.sh"), include_str!("deep.sh"));

/// Network file systems: they say nothing of the host's own disks.
const NETWORK: [&str; 4] = ["nfs", "nfs4", "cifs", "smb3"];

type Sections = BTreeMap<String, AnswerSection>;

/// Reads the sections that [`DEEP`] adds to the answer of a look.
///
/// # Errors
/// When the answer is cut off or is no answer of the probe.
pub fn deep(nonce: &str, answer: &[u8]) -> Result<Deep, String> {
    let sections = split(nonce, answer)?;
    let mut deep = Deep {
        paths: lines(&sections, "deep paths")
            .filter_map(|line| path(&line))
            .collect(),
        rights: lines(&sections, "deep rights")
            .filter_map(|line| rights(&line))
            .collect(),
        again: lines(&sections, "deep again")
            .filter_map(|line| {
                line.split_once(' ')
                    .map(|(system, status)| (system.into(), status.trim().into()))
            })
            .collect(),
        upssched: lines(&sections, "deep upssched").collect(),
        accounts: columns(&sections, "deep accounts")
            .filter_map(|words| Some((words.first()?.clone(), words.get(1)? == "yes")))
            .collect(),
        commands: columns(&sections, "deep commands")
            .filter_map(|words| Some((words.first()?.clone(), words.get(1).cloned())))
            .collect(),
        boot: seen(&sections, "deep boot")
            .map(|all| all.iter().map(|line| line.trim().to_string()).collect()),
        flag: sections.get("deep flag").map(AnswerSection::text),
        drivers: seen(&sections, "deep drivers").map(|all| all.into_iter().collect()),
        disks: disks(&sections),
        no_inodes: columns(&sections, "deep inodes")
            .filter(|words| {
                words.get(1).is_some_and(|all| all != "0")
                    && words.get(3).is_some_and(|free| free == "0")
            })
            .filter_map(|words| words.get(5).cloned())
            .collect(),
        read_only: columns(&sections, "deep mounts")
            .filter(|words| {
                !words
                    .get(2)
                    .is_some_and(|kind| NETWORK.contains(&kind.as_str()))
            })
            .filter(|words| {
                words
                    .get(3)
                    .is_some_and(|options| options.split(',').any(|o| o == "ro"))
            })
            .filter_map(|words| words.get(1).cloned())
            .collect(),
        processes: columns(&sections, "deep processes")
            .filter_map(|words| process(&words))
            .collect(),
        firewall: seen(&sections, "deep firewall"),
        wrappers: lines(&sections, "deep wrappers")
            .filter(|line| line.contains(':'))
            .collect(),
        usb_nodes: lines(&sections, "deep usbnodes")
            .filter_map(|line| node(&line))
            .collect(),
        rivals: rivals(&sections),
        journal: Journals {
            monitor: journal(&sections, "deep journal monitor"),
            server: journal(&sections, "deep journal server"),
            driver: journal(&sections, "deep journal driver"),
        },
        ..Deep::default()
    };
    disks_once(&mut deep.disks);
    for line in lines(&sections, "deep network") {
        network(&line, &mut deep);
    }
    Ok(deep)
}

fn lines<'a>(sections: &'a Sections, name: &str) -> impl Iterator<Item = String> + 'a {
    let text = sections
        .get(name)
        .map(AnswerSection::text)
        .unwrap_or_default();
    let all: Vec<String> = text.lines().map(str::to_string).collect();
    all.into_iter().filter(|line| !line.trim().is_empty())
}

fn columns<'a>(sections: &'a Sections, name: &str) -> impl Iterator<Item = Vec<String>> + 'a {
    lines(sections, name).map(|line| line.split_whitespace().map(str::to_string).collect())
}

/// The lines of a command, or its complaint.
fn seen(sections: &Sections, name: &str) -> Seen<Vec<String>> {
    match sections.get(name) {
        None => Seen::Absent,
        Some(section) if section.status == 0 => Seen::Is(lines(sections, name).collect()),
        Some(section) if section.status == 124 => Seen::Unknown("it did not answer in time".into()),
        Some(section) if section.status == 127 => {
            Seen::Unknown("the program is not installed".into())
        }
        Some(section) => Seen::Unknown(section.text().trim().to_string()),
    }
}

fn journal(sections: &Sections, name: &str) -> Seen<Vec<JournalLine>> {
    seen(sections, name).map(|all| all.iter().filter_map(|line| entry(line)).collect())
}

/// `journalctl -o short-unix`: seconds with a fraction, then the line.
fn entry(line: &str) -> Option<JournalLine> {
    let (time, text) = line.split_once(' ')?;
    Some(JournalLine {
        time: time.split('.').next()?.parse().ok()?,
        text: text.to_string(),
    })
}

fn path(line: &str) -> Option<(String, Seen<PathFacts>)> {
    if line.starts_with("stat: ") {
        let path = line.split('\'').nth(1)?.to_string();
        let absent =
            line.ends_with("No such file or directory") || line.ends_with("Not a directory");
        let seen = if absent {
            Seen::Absent
        } else {
            Seen::Unknown(line.to_string())
        };
        return Some((path, seen));
    }
    let fields: Vec<&str> = line.split('|').collect();
    let [path, kind, owner, group, mode, ..] = fields.as_slice() else {
        return None;
    };
    let facts = PathFacts {
        kind: (*kind).to_string(),
        owner: (*owner).to_string(),
        group: (*group).to_string(),
        mode: u32::from_str_radix(mode, 8).ok()?,
    };
    Some(((*path).to_string(), Seen::Is(facts)))
}

fn rights(line: &str) -> Option<(String, Rights)> {
    let (may, path) = line.split_once(' ')?;
    let may = may.strip_prefix('-')?;
    if !path.starts_with('/') {
        return None;
    }
    let rights = Rights {
        read: may.contains('r'),
        write: may.contains('w'),
        execute: may.contains('x'),
    };
    Some((path.to_string(), rights))
}

fn disks(sections: &Sections) -> Vec<Disk> {
    columns(sections, "deep disk")
        .filter_map(|words| {
            Some(Disk {
                size_kib: words.get(1)?.parse().ok()?,
                available_kib: words.get(3)?.parse().ok()?,
                mount: words.get(5)?.clone(),
            })
        })
        .collect()
}

fn disks_once(disks: &mut Vec<Disk>) {
    let mut known = Vec::new();
    disks.retain(|disk| {
        let new = !known.contains(&disk.mount);
        known.push(disk.mount.clone());
        new
    });
}

fn process(words: &[String]) -> Option<Process> {
    let [pid, parent, user, cpu, age, name, unit @ ..] = words else {
        return None;
    };
    Some(Process {
        pid: pid.parse().ok()?,
        parent: parent.parse().ok()?,
        user: user.clone(),
        cpu: cpu.parse().ok()?,
        age: age.parse().ok()?,
        name: name.clone(),
        unit: unit.first().filter(|unit| *unit != "-").cloned(),
    })
}

fn node(line: &str) -> Option<(String, String, u32)> {
    let fields: Vec<&str> = line.split('|').collect();
    let [path, owner, group, mode] = fields.as_slice() else {
        return None;
    };
    Some((
        (*path).to_string(),
        format!("{owner}:{group}"),
        u32::from_str_radix(mode, 8).ok()?,
    ))
}

fn rivals(sections: &Sections) -> Vec<String> {
    let text = sections
        .get("deep rivals")
        .map(AnswerSection::text)
        .unwrap_or_default();
    text.split("\n\n")
        .filter(|unit| unit.contains("ActiveState=active"))
        .filter_map(|unit| unit.lines().find_map(|line| line.strip_prefix("Id=")))
        .map(str::to_string)
        .collect()
}

fn network(line: &str, deep: &mut Deep) {
    let words: Vec<&str> = line.splitn(5, ' ').collect();
    match words.as_slice() {
        ["tcp", host, port, status, said @ ..] => {
            let said = said.first().copied().unwrap_or_default().trim();
            if let (Ok(port), Ok(status)) = (port.parse(), status.parse()) {
                deep.connects
                    .insert(((*host).to_string(), port), connect(status, said));
            }
        }
        ["name", host, status, found @ ..] => {
            let addresses: Vec<String> = found
                .iter()
                .flat_map(|part| part.split_whitespace())
                .map(str::to_string)
                .collect();
            let seen = match *status {
                "0" if !addresses.is_empty() => Seen::Is(addresses),
                "124" => Seen::Unknown("the name server did not answer in time".into()),
                _ => Seen::Absent,
            };
            deep.names.insert((*host).to_string(), seen);
        }
        _ => {}
    }
}

/// bash says in words why `/dev/tcp` could not be opened; 124 is `timeout`'s.
fn connect(status: i32, said: &str) -> Contact {
    let (open, said) = match said.strip_prefix('+') {
        Some(rest) => (true, rest),
        None => (false, said),
    };
    let has = |words: &[&str]| words.iter().any(|word| said.contains(word));
    match status {
        0 if said.contains("Network UPS Tools") || said.starts_with("upsd") => {
            Contact::Upsd(said.into())
        }
        0 => Contact::Foreign(said.into()),
        124 if open => Contact::Mute,
        124 => Contact::Silent,
        _ if has(&["Connection refused"]) => Contact::Refused,
        _ if has(&[
            "No route to host",
            "Network is unreachable",
            "Host is unreachable",
        ]) =>
        {
            Contact::NoRoute
        }
        _ if has(&[
            "Name or service not known",
            "name resolution",
            "No address associated",
            "Invalid argument",
        ]) =>
        {
            Contact::NoName
        }
        _ if has(&["timed out"]) => Contact::Silent,
        // Connected, but the other end hung up without a word.
        1 if said.is_empty() => Contact::Foreign(String::new()),
        _ => Contact::Failed(said.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(section: &str, body: &str, status: i32) -> Deep {
        let text = format!("\n--n {section}\n{body}\n--n status {status}\n\n--n end\n");
        deep("n", text.as_bytes()).unwrap()
    }

    #[test]
    fn a_dropped_connection_is_told_from_a_refused_one() {
        let deep = answer(
            "deep network",
            "tcp 192.0.2.1 3493 1 192.0.2.1: connect: Connection refused\ntcp 192.0.2.2 3493 124 \n\
             tcp 192.0.2.3 3493 0 Network UPS Tools upsd 2.8.0 - http://x\nname pve 2 \nname nas 124 \n",
            0,
        );
        let at = |host: &str| deep.connects[&(host.to_string(), 3493)].clone();
        assert_eq!(at("192.0.2.1"), Contact::Refused);
        assert_eq!(at("192.0.2.2"), Contact::Silent);
        assert!(matches!(at("192.0.2.3"), Contact::Upsd(_)));
        assert_eq!(deep.names["pve"], Seen::Absent);
        assert!(matches!(deep.names["nas"], Seen::Unknown(_)));
    }

    #[test]
    fn a_path_that_is_not_there_is_absent_and_one_that_cannot_be_looked_at_is_unknown() {
        let deep = answer(
            "deep paths",
            "stat: cannot statx '/a': No such file or directory\nstat: cannot statx '/b': Permission denied\n\
             /c|regular file|root|nut|640|1|2\n",
            1,
        );
        assert_eq!(deep.paths["/a"], Seen::Absent);
        assert!(matches!(deep.paths["/b"], Seen::Unknown(_)));
        assert_eq!(deep.paths["/c"].is().unwrap().mode, 0o640);
    }

    #[test]
    fn a_tool_that_is_not_installed_is_no_empty_answer() {
        assert!(matches!(
            answer("deep firewall", "", 127).firewall,
            Seen::Unknown(_)
        ));
        assert_eq!(
            answer("deep firewall", "", 0).firewall,
            Seen::Is(Vec::new())
        );
    }
}
