//! What a drill starts on which host, with what changed, and what it cannot rehearse.

use std::collections::BTreeSet;
use std::ops::Range;

use super::LONGEST;
use super::copies::{self, FileCopy, Monitoring};
use crate::model::drill::{DrillOutline, NotRehearsed, OutlinePart};
use crate::model::name::HostName;
use crate::model::observed::Seen;
use crate::nut::directive::File;
use crate::nut::shutdown_command;
use crate::nut::timing::Timing;
use crate::nut::ups_name::{System, UpsName};
use crate::nut::version::NutVersion;
use crate::site::{ParsedHost, ParsedSite, Watch, address};

/// A whole drill.
#[derive(Debug, Clone)]
pub struct Plan {
    pub parts: Vec<Part>,
    pub port: u16,
    /// With delays of a second, so that it is short.
    pub fast: bool,
    /// How long a unit of the drill lives at most.
    pub most_seconds: u64,
    pub not_rehearsed: Vec<NotRehearsed>,
}

/// A host's part.
#[derive(Debug, Clone)]
pub struct Part {
    pub host: HostName,
    pub version: NutVersion,
    /// The UPSes of its own ups.conf.
    pub serves: Vec<String>,
    /// Where its own upsd answers.
    pub own_address: String,
    /// What its upsmon watches in the drill.
    pub watches: Vec<Watching>,
    /// What it should watch and does not.
    pub astray: Vec<Astray>,
    /// The servers behind that.
    pub doors: Vec<Door>,
    /// Logins to the real servers.
    pub logins: Vec<Login>,
    pub(super) seen: Vec<(File, String)>,
    pub(super) copies: Vec<FileCopy>,
    pub run_as: String,
    /// The programs of SHUTDOWNCMD and NOTIFYCMD.
    pub programs: Vec<(&'static str, String)>,
    /// It has a POWERDOWNFLAG.
    pub has_flag: bool,
    pub delays: Timing,
    /// MINSUPPLIES in the drill.
    pub min_supplies: u32,
    /// From where its upsmon may log in.
    pub addresses: BTreeSet<String>,
    /// What the running upsmon has not loaded since it was changed.
    pub not_loaded: Option<File>,
}

/// A UPS that a host watches in a drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watching {
    pub ups: String,
    pub server: HostName,
    pub primary: bool,
    pub power: u32,
}

/// A UPS that a host should watch by the inventory, and does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Astray {
    pub ups: UpsName,
    pub server: HostName,
    /// What its upsmon.conf has.
    pub instead: String,
}

/// A server as a client reaches it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    pub server: HostName,
    pub address: String,
    pub real_port: u16,
}

/// A login to a real server, with the stretches of upsmon.conf that hold its words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    pub address: String,
    pub port: u16,
    pub ups: String,
    pub(super) user: Range<usize>,
    pub(super) password: Range<usize>,
}

/// Why there can be no drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotPlanned {
    pub host: HostName,
    pub why: String,
    pub next: String,
}

impl Plan {
    /// What people see before they are asked.
    pub fn outline(&self) -> DrillOutline {
        let parts = self.parts.iter().map(|part| OutlinePart {
            host: part.host.clone(),
            nut_version: part.version,
            ups: part.serves.clone(),
            watches: part
                .watches
                .iter()
                .map(|watch| format!("{} of {}", watch.ups, watch.server))
                .collect(),
        });
        DrillOutline {
            parts: parts.collect(),
            port: self.port,
            fast: self.fast,
            most_seconds: self.most_seconds,
            not_rehearsed: self.not_rehearsed.clone(),
        }
    }
}

impl Part {
    /// Whether driver and upsd run on it.
    pub fn is_server(&self) -> bool {
        !self.serves.is_empty()
    }

    /// Whether its upsmon commands a UPS.
    pub fn is_primary(&self) -> bool {
        self.watches.iter().any(|watch| watch.primary)
    }

    /// What keeps NUT's daemons in front: `-F` came with 2.8.0, before it only debugging does
    /// (upsd(8), upsmon(8), nutupsdrv(8)).
    pub(super) fn in_front(&self) -> &'static str {
        match self.version >= NutVersion::V2_8_0 {
            true => "-F",
            false => "-D",
        }
    }

    /// Lines of an address list that mean this host as a client of `server`.
    pub fn is_among(&self, server: &HostName, list: &[String]) -> bool {
        let own = *server == self.host;
        list.iter().any(|from| {
            own && address::is_loopback(from)
                || self
                    .addresses
                    .iter()
                    .any(|known| address::same(known, from))
        })
    }
}

/// Plans a drill of these hosts, all of them looked at.
///
/// # Errors
/// What keeps it from being one.
pub fn plan(
    site: &ParsedSite<'_>,
    hosts: &[HostName],
    port: u16,
    fast: bool,
) -> Result<Plan, NotPlanned> {
    let mut not_rehearsed = Vec::new();
    let mut parts = Vec::new();
    for host in hosts.iter().filter_map(|name| site.host(name)) {
        parts.push(part(host, hosts, port, fast, &mut not_rehearsed)?);
    }
    if !parts.iter().any(Part::is_server) {
        let host = hosts.first().cloned().or_else(|| {
            let mut all = site.hosts();
            all.next().map(|host| host.name().clone())
        });
        return Err(NotPlanned {
            host: host.expect("a site has hosts"),
            why: "none of these hosts serves a UPS".into(),
            next: "name the host with the UPS, too".into(),
        });
    }
    let most_seconds = most_seconds(&parts);
    if most_seconds > LONGEST {
        return Err(NotPlanned {
            host: parts[0].host.clone(),
            why: format!(
                "with its delays this drill may take {most_seconds} s, more than the {LONGEST} s that are allowed"
            ),
            next: "upsctl drill --fast".into(),
        });
    }
    Ok(Plan {
        parts,
        port,
        fast,
        most_seconds,
        not_rehearsed,
    })
}

/// Set-up, the time on battery, the longest way down, and some seconds to spare.
fn most_seconds(parts: &[Part]) -> u64 {
    let most = |of: fn(&Timing) -> i64| {
        let all = parts.iter().map(|part| of(&part.delays));
        all.max().unwrap_or(0).max(0)
    };
    let sum = 80
        + 2 * most(|delays| delays.poll)
        + 4 * most(|delays| delays.alert)
        + most(|delays| delays.hostsync)
        + most(|delays| delays.low_for)
        + 2 * most(|delays| delays.finaldelay);
    sum.unsigned_abs()
}

fn part(
    host: ParsedHost<'_>,
    hosts: &[HostName],
    port: u16,
    fast: bool,
    not_rehearsed: &mut Vec<NotRehearsed>,
) -> Result<Part, NotPlanned> {
    let name = host.name().clone();
    let stop = |why: String, next: String| NotPlanned {
        host: name.clone(),
        why,
        next,
    };
    let Some(conf) = host.upsmon_conf() else {
        return Err(stop(
            "upsmon.conf could not be read".into(),
            format!("upsctl doctor {name}"),
        ));
    };
    let serves: Vec<String> = host
        .upses()
        .map(|ups| ups.name().to_string())
        .filter(|name| UpsName::new(name).is_ok())
        .collect();
    let mut note = |what: String| {
        let host = name.clone();
        not_rehearsed.push(NotRehearsed { host, what });
    };
    let (mut watches, mut doors, mut systems) = (Vec::new(), Vec::new(), Vec::new());
    for monitor in &conf.monitors {
        let found = host.watches().find(|watch| {
            let line = watch.monitor();
            line.is_some_and(|line| line.place == monitor.place)
        });
        let kept = found.filter(|watch| takes_part(*watch, hosts));
        if kept.is_none() {
            let system = &monitor.system.value;
            note(format!(
                "its upsmon watches {system}, which is no UPS of this drill: left out of it"
            ));
        }
        systems.push(kept.map(|watch| shadow(watch, port)));
        let Some((watch, server)) = kept.and_then(|watch| Some((watch, watch.server_name()?)))
        else {
            continue;
        };
        watches.push(Watching {
            ups: watch.ups().to_string(),
            server: server.clone(),
            primary: watch.is_primary(),
            power: watch.power(),
        });
        doors.push(Door {
            server: server.clone(),
            address: watch.address().to_string(),
            real_port: watch.port(),
        });
    }
    doors.dedup();
    let own = host.number("MINSUPPLIES").max(0).unsigned_abs() as u32;
    let left: u32 = watches.iter().map(|watch| watch.power).sum();
    let delays = delays(host, fast);
    let change = Monitoring {
        systems,
        min_supplies: (left < own && left < conf.power()).then_some(left),
        delays: match fast {
            true => vec![
                ("POLLFREQ", delays.poll),
                ("POLLFREQALERT", delays.alert),
                ("FINALDELAY", delays.finaldelay),
            ],
            false => Vec::new(),
        },
    };
    let mut copies = vec![copies::upsmon(
        host.bytes(File::Upsmon).len(),
        conf,
        &change,
    )];
    if !serves.is_empty() {
        copies.push(copies::ups(&serves));
        let empty = crate::nut::files::UpsdConf::parse(b"");
        let upsd = host.upsd_conf().unwrap_or(&empty);
        copies.push(copies::upsd(host.bytes(File::Upsd).len(), upsd, port));
    }
    let seen = File::ALL.iter().filter_map(|file| match host.file(*file)? {
        Seen::Is(have) => Some((*file, have.digest.clone())),
        Seen::Absent | Seen::Unknown(_) => None,
    });
    scripts(host, &mut note);
    let words = ["SHUTDOWNCMD", "NOTIFYCMD"].into_iter();
    Ok(Part {
        version: host.version(),
        own_address: own_address(host),
        astray: astray(host, hosts, &watches),
        watches,
        doors,
        logins: logins(host),
        seen: seen.collect(),
        copies,
        run_as: host
            .upsmon_value("RUN_AS_USER")
            .unwrap_or("nut")
            .to_string(),
        programs: words
            .filter_map(|kind| {
                let line = host.upsmon_value(kind)?;
                Some((kind, shutdown_command::program(line)?))
            })
            .filter(|(_, word)| !word.contains(char::is_whitespace))
            .collect(),
        has_flag: host.upsmon("POWERDOWNFLAG").is_some(),
        delays,
        min_supplies: left.min(own),
        addresses: addresses(host),
        not_loaded: host.restart_owed(crate::nut::unit::MONITOR, &[File::Upsmon], None),
        serves,
        host: name.clone(),
    })
}

fn takes_part(watch: Watch<'_>, hosts: &[HostName]) -> bool {
    watch
        .server_name()
        .is_some_and(|server| hosts.contains(server))
}

fn astray(host: ParsedHost<'_>, hosts: &[HostName], watches: &[Watching]) -> Vec<Astray> {
    let systems: Vec<&str> = host.watches().map(Watch::system).collect();
    let instead = match systems.is_empty() {
        true => "nothing".to_string(),
        false => systems.join(", "),
    };
    let expected = host.expect().monitors.iter();
    expected
        .filter(|expected| hosts.contains(&expected.server))
        .filter(|expected| {
            let same = |watch: &Watching| {
                watch.server == expected.server && watch.ups == expected.ups.as_str()
            };
            !watches.iter().any(same)
        })
        .map(|expected| Astray {
            ups: expected.ups.clone(),
            server: expected.server.clone(),
            instead: instead.clone(),
        })
        .collect()
}

/// What is watched in the drill: the same name and address on another port.
fn shadow(watch: Watch<'_>, port: u16) -> String {
    let (ups, address) = (watch.ups(), watch.address());
    match address.contains(':') {
        true => format!("{ups}@[{address}]:{port}"),
        false => format!("{ups}@{address}:{port}"),
    }
}

/// The delays in the drill. `--fast` has polls and FINALDELAY of a second.
fn delays(host: ParsedHost<'_>, fast: bool) -> Timing {
    let own = host.timing();
    match fast {
        true => Timing {
            poll: own.poll.min(1),
            alert: own.alert.min(1),
            finaldelay: own.finaldelay.min(1),
            ..own
        },
        false => own,
    }
}

fn own_address(host: ParsedHost<'_>) -> String {
    let own = host.expect().ups.first();
    let own = own.and_then(|ups| System::parse(&ups.system).ok());
    own.map_or_else(|| "127.0.0.1".into(), |system| system.host)
}

fn logins(host: ParsedHost<'_>) -> Vec<Login> {
    let all = host.watches().filter_map(|watch| {
        let line = watch.monitor()?;
        Some(Login {
            address: watch.address().to_string(),
            port: watch.port(),
            ups: watch.ups().to_string(),
            user: line.user.span.clone(),
            password: line.password.span.clone(),
        })
    });
    all.collect()
}

fn addresses(host: ParsedHost<'_>) -> BTreeSet<String> {
    let seen = host.look().into_iter().flat_map(|look| &look.addresses);
    let written = host.site().written(host.name());
    let written = written.and_then(|host| host.nut_address);
    seen.cloned()
        .chain(written.map(|ip| ip.to_string()))
        .collect()
}

/// What a host calls beside NUT: none of it runs in a drill.
fn scripts(host: ParsedHost<'_>, note: &mut impl FnMut(String)) {
    let Some(command) = host.upsmon_value("NOTIFYCMD") else {
        return;
    };
    let program = shutdown_command::program(command).unwrap_or_default();
    note(match program.ends_with("upssched") {
        true => "upssched's timers: they may shut the host down or set FSD".into(),
        false => format!("NOTIFYCMD ({program}): that it is there is looked at"),
    });
}
