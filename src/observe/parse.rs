//! The probe's answer, read. Pure: recorded answers are its tests.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::host::sections::{AnswerSection, split};
use crate::model::name::HostName;
use crate::model::observed::{
    FileKind, List, Machine, Meta, ObservedFile, ObservedHost, Reading, Seen, Socket, Transaction,
    Unit, UsbDevice,
};
use crate::model::secret::Secret;
use crate::nut::directive::File;
use crate::nut::version::NutVersion;

/// No file of NUT's is larger; the probe sends no more than a byte beyond.
const LARGEST: usize = 1 << 20;

type Sections = BTreeMap<String, AnswerSection>;

/// Reads the answer to [`super::Probe::program`].
///
/// # Errors
/// When the answer is cut off or is no answer of the probe.
pub fn parse(name: &HostName, nonce: &str, answer: &[u8]) -> Result<ObservedHost, String> {
    let sections = split(nonce, answer)?;
    let (system, uptime) = system(&sections);
    let packages = packages(&sections);
    let stats = stats(&sections);
    let nut = packages
        .get("nut-client")
        .or_else(|| packages.get("nut-server"))
        .map_or(Seen::Absent, |text| match NutVersion::parse(text) {
            Ok(version) => Seen::Is(version),
            Err(why) => Seen::Unknown(why.to_string()),
        });
    let unread = unread(&sections);
    let nut = match unread.get(&List::Packages) {
        Some(why) => Seen::Unknown(why.clone()),
        None => nut,
    };
    Ok(ObservedHost {
        name: name.clone(),
        nut,
        candidate: candidate(&sections),
        packages,
        config_dir: stats.get("nut").cloned().unwrap_or_default(),
        files: File::ALL
            .iter()
            .map(|&file| (file, observed_file(&sections, &stats, file)))
            .collect(),
        units: units(&sections, system.clock.saturating_sub(uptime)),
        listening: of(&sections, "sockets", sockets),
        ups: answers(&sections, "upsc ", reading),
        clients: answers(&sections, "clients ", clients),
        usb: of(&sections, "usb", usb),
        journal: of(&sections, "journal", |text| {
            text.lines().map(str::to_string).collect()
        }),
        addresses: addresses(&sections),
        truenas: Seen::Absent,
        transaction: transaction(&sections),
        leftovers: leftovers(&sections),
        unread,
        deep: sections
            .iter()
            .filter_map(|(name, section)| {
                let name = name.strip_prefix("deep ")?;
                Some((name.to_string(), section.bytes.clone()))
            })
            .collect(),
        system: Machine {
            booted: system.clock.saturating_sub(uptime),
            ..system
        },
    })
}

/// The lists that could not be looked at, and why.
fn unread(sections: &Sections) -> BTreeMap<List, String> {
    let lists = [
        (List::Packages, "packages"),
        (List::Units, "units"),
        (List::Addresses, "addresses"),
    ];
    let failed = lists.into_iter().filter_map(|(list, name)| {
        let section = sections.get(name)?;
        let text = section.text();
        match section.status {
            0 => None,
            // dpkg-query's way to say that there is none.
            1 if list == List::Packages && text.trim() == NO_PACKAGES => None,
            124 => Some((list, "it did not answer in time".into())),
            status if text.trim().is_empty() => Some((list, format!("exit status {status}"))),
            _ => Some((list, text.trim().to_string())),
        }
    });
    failed.collect()
}

const NO_PACKAGES: &str = "dpkg-query: no packages found matching nut-*";

/// A command's answer, or why there is none. 127 is sh's "no such command".
fn of<T>(sections: &Sections, name: &str, read: impl Fn(&str) -> T) -> Seen<T> {
    match sections.get(name) {
        None => Seen::Absent,
        Some(section) if section.status == 0 => Seen::Is(read(&section.text())),
        Some(section) if section.status == 124 => Seen::Unknown("it did not answer in time".into()),
        Some(section) => Seen::Unknown(section.text().trim().to_string()),
    }
}

fn answers<T>(
    sections: &Sections,
    prefix: &str,
    read: impl Fn(&AnswerSection) -> T,
) -> BTreeMap<String, T> {
    sections
        .iter()
        .filter_map(|(name, section)| Some((name.strip_prefix(prefix)?.to_string(), read(section))))
        .collect()
}

fn system(sections: &Sections) -> (Machine, u64) {
    let text = sections
        .get("system")
        .map(AnswerSection::text)
        .unwrap_or_default();
    let mut system = Machine::default();
    let mut uptime = 0;
    for line in text.lines() {
        let unquoted = |value: &str| value.trim_matches(['"', '\'']).to_string();
        match line.split_once([' ', '=']) {
            Some(("user", value)) => system.user = value.into(),
            Some(("hostname", value)) => system.hostname = value.into(),
            Some(("clock", value)) => system.clock = value.parse().unwrap_or(0),
            Some(("uptime", value)) => uptime = value.parse::<f64>().unwrap_or(0.0) as u64,
            Some(("PRETTY_NAME", value)) => system.os = unquoted(value),
            Some(("ID" | "ID_LIKE", value)) => system
                .os_ids
                .extend(unquoted(value).split_whitespace().map(str::to_string)),
            _ => {
                system.systemd |= line == "systemd";
                system.upsctl |= line == "upsctl";
            }
        }
    }
    (system, uptime)
}

/// Installed packages with their versions; dpkg's state must start with `ii` or `hi`.
fn packages(sections: &Sections) -> BTreeMap<String, String> {
    let text = sections
        .get("packages")
        .map(AnswerSection::text)
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (name, state, version) = (words.next()?, words.next()?, words.next()?);
            state
                .ends_with('i')
                .then(|| (name.to_string(), version.to_string()))
        })
        .collect()
}

fn candidate(sections: &Sections) -> Option<String> {
    let text = sections.get("candidate")?.text();
    let version = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("Candidate: "))?;
    (version != "(none)").then(|| version.to_string())
}

/// Owner, mode and kind of each path, by its last component.
fn stats(sections: &Sections) -> BTreeMap<String, Seen<Meta>> {
    let text = sections
        .get("stat")
        .map(AnswerSection::text)
        .unwrap_or_default();
    text.lines().filter_map(stat_line).collect()
}

fn stat_line(line: &str) -> Option<(String, Seen<Meta>)> {
    let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_string();
    if let Some(complaint) = line.strip_prefix("stat: ") {
        let path = complaint.split('\'').nth(1)?;
        let seen = if complaint.ends_with("No such file or directory") {
            Seen::Absent
        } else {
            Seen::Unknown(complaint.to_string())
        };
        return Some((last(path), seen));
    }
    let mut fields = line.splitn(7, '|');
    let path = fields.next()?;
    let kind = match fields.next()? {
        "regular file" | "regular empty file" => FileKind::File,
        "directory" => FileKind::Directory,
        "symbolic link" => FileKind::Symlink(String::new()),
        other => FileKind::Other(other.to_string()),
    };
    let (owner, group) = (fields.next()?.to_string(), fields.next()?.to_string());
    let mode = u32::from_str_radix(fields.next()?, 8).ok()?;
    let modified = fields.next()?.parse().ok()?;
    let kind = match (kind, fields.next()) {
        (FileKind::Symlink(_), Some(quoted)) => {
            FileKind::Symlink(quoted.rsplit("-> ").next()?.trim_matches('\'').to_string())
        }
        (kind, _) => kind,
    };
    Some((
        last(path),
        Seen::Is(Meta {
            owner,
            group,
            mode,
            modified,
            kind,
        }),
    ))
}

fn observed_file(
    sections: &Sections,
    stats: &BTreeMap<String, Seen<Meta>>,
    file: File,
) -> Seen<ObservedFile> {
    let meta = match stats.get(file.name()) {
        Some(Seen::Is(meta)) => meta.clone(),
        Some(Seen::Absent) => return Seen::Absent,
        Some(Seen::Unknown(why)) => return Seen::Unknown(why.clone()),
        None => return Seen::Unknown("the host did not say".into()),
    };
    let (bytes, status) = sections
        .get(&format!("file {}", file.name()))
        .map_or((&[][..], 0), |section| {
            (section.bytes.as_slice(), section.status)
        });
    if status != 0 {
        return Seen::Unknown(String::from_utf8_lossy(bytes).trim().to_string());
    }
    if bytes.len() > LARGEST {
        return Seen::Unknown("it has more than 1 MiB: too large to be NUT's".into());
    }
    Seen::Is(ObservedFile {
        meta,
        content: Secret::new(text(bytes)),
        digest: digest(bytes),
    })
}

/// UTF-8 as it is; anything else one character for each byte, so that it can be shown.
fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec())
        .unwrap_or_else(|_| bytes.iter().map(|&byte| char::from(byte)).collect())
}

/// sha256 in lower-case hex, as `sha256sum` prints it.
pub fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

fn units(sections: &Sections, booted: u64) -> BTreeMap<String, Unit> {
    let text = sections
        .get("units")
        .map(AnswerSection::text)
        .unwrap_or_default();
    text.split("\n\n")
        .filter_map(|block| {
            let mut properties: BTreeMap<String, String> = block
                .lines()
                .filter_map(|line| line.split_once('='))
                .map(|(key, value)| (key.to_string(), value.to_string()))
                .collect();
            let id = properties.remove("Id")?;
            let mut take = |key: &str| properties.remove(key).unwrap_or_default();
            let mut time = |key: &str| match take(key).parse::<u64>() {
                Ok(0) | Err(_) => 0,
                Ok(microseconds) => booted + microseconds / 1_000_000,
            };
            let (since, loaded) = (
                time("ActiveEnterTimestampMonotonic"),
                time("StateChangeTimestampMonotonic"),
            );
            let unit = Unit {
                load: take("LoadState"),
                active: take("ActiveState"),
                sub: take("SubState"),
                enabled: take("UnitFileState"),
                result: take("Result"),
                main_pid: take("MainPID").parse().unwrap_or(0),
                since,
                loaded,
                properties,
            };
            Some((id, unit))
        })
        .collect()
}

fn sockets(text: &str) -> Vec<Socket> {
    text.lines()
        .filter_map(|line| {
            let local = line.split_whitespace().nth(3)?;
            let (address, port) = local.rsplit_once(':')?;
            let processes = line
                .split("((\"")
                .nth(1)
                .map(|users| {
                    let mut names: Vec<String> = users
                        .split("(\"")
                        .filter_map(|user| user.split('"').next())
                        .map(str::to_string)
                        .collect();
                    names.dedup();
                    names
                })
                .unwrap_or_default();
            Some(Socket {
                address: address.trim_matches(['[', ']']).to_string(),
                port: port.parse().ok()?,
                processes,
            })
        })
        .collect()
}

fn reading(section: &AnswerSection) -> Reading {
    if section.status == 124 {
        return Reading::TimedOut;
    }
    let text = section.text();
    let lines = text.lines().filter(|line| !line.starts_with("Init SSL"));
    if section.status != 0 {
        return Reading::Error(lines.collect::<Vec<_>>().join("; "));
    }
    Reading::Variables(
        lines
            .filter_map(|line| {
                line.split_once(": ")
                    .or_else(|| Some((line.strip_suffix(':')?, "")))
            })
            .map(|(name, value)| (name.to_string(), value.to_string()))
            .collect(),
    )
}

fn clients(section: &AnswerSection) -> Seen<Vec<String>> {
    let text = section.text();
    let lines = text
        .lines()
        .filter(|line| !line.starts_with("Init SSL") && !line.is_empty());
    match section.status {
        0 => Seen::Is(lines.map(|line| line.trim().to_string()).collect()),
        124 => Seen::Unknown("upsd did not answer in time".into()),
        _ => Seen::Unknown(lines.collect::<Vec<_>>().join("; ")),
    }
}

fn usb(text: &str) -> Vec<UsbDevice> {
    text.lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace();
            let (_, bus, _, device) = (words.next()?, words.next()?, words.next()?, words.next()?);
            let (_, id) = (words.next()?, words.next()?);
            Some(UsbDevice {
                bus: bus.into(),
                device: device.trim_end_matches(':').into(),
                id: id.into(),
                name: words.collect::<Vec<_>>().join(" "),
            })
        })
        .collect()
}

fn addresses(sections: &Sections) -> Vec<String> {
    let text = sections
        .get("addresses")
        .map(AnswerSection::text)
        .unwrap_or_default();
    text.lines()
        .filter_map(|line| {
            line.split_whitespace()
                .nth(3)?
                .split('/')
                .next()
                .map(str::to_string)
        })
        .collect()
}

fn leftovers(sections: &Sections) -> Vec<String> {
    let left = |name: &String| name.strip_prefix("leftover ").map(str::to_string);
    sections.keys().filter_map(left).collect()
}

fn transaction(sections: &Sections) -> Option<Transaction> {
    let text = sections.get("transaction")?.text();
    let field = |name: &str| {
        text.lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
            .map(str::to_string)
    };
    Some(Transaction {
        id: field("id").unwrap_or_default(),
        state: field("state").unwrap_or_default(),
        holder: field("holder"),
    })
}
