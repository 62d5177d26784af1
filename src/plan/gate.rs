//! Why a plan must not be applied to a host as it is now.

use crate::model::desired::{CONFIG_DIR, DesiredHost};
use crate::model::finding::{Finding, Severity};
use crate::model::observed::{FileKind, List, ObservedHost, Seen, Socket};
use crate::model::plan::HostPlan;
use crate::nut::status::UpsStatus;
use crate::nut::unit;

use super::Policy;

/// Everything that speaks against applying `plan`; nothing when it is empty.
pub(super) fn findings(
    desired: &DesiredHost,
    observed: &ObservedHost,
    plan: &HostPlan,
    policy: Policy,
) -> Vec<Finding> {
    let mut found = Vec::new();
    if !plan.install.is_empty() && !policy.install {
        found.push(not_installed(observed, &plan.install));
    }
    found.extend(unread(observed));
    if plan.install.is_empty() {
        found.extend(config_dir(observed));
        found.extend(odd_files(desired, observed));
        found.extend(unit_trouble(observed, plan));
    }
    found.extend(platform(observed));
    if !plan.in_sync() {
        found.extend(port_held(desired, observed));
    }
    if !plan.in_sync() && !policy.even_on_battery {
        found.extend(on_battery(observed));
    }
    found
        .into_iter()
        .map(|finding| finding.on(&desired.name))
        .collect()
}

fn error(rule: &'static str, saw: impl Into<String>) -> Finding {
    Finding::new(rule, Severity::Error, saw)
}

/// What a plan rests on and could not be looked at: neither "not installed" nor "not active" is true.
fn unread(observed: &ObservedHost) -> Vec<Finding> {
    let of = |list, rule, what: &str, command: &str| {
        let why = observed.unread.get(&list)?;
        Some(
            error(rule, format!("could not look at {what}: {why}"))
                .fix(format!("look at `{command}` on the host")),
        )
    };
    let packages = of(
        List::Packages,
        "packages-unreadable",
        "the installed packages",
        "dpkg-query -W 'nut-*'",
    );
    // Without systemd there are none, which is said in its own words.
    let units = of(
        List::Units,
        "units-unreadable",
        "the units",
        "systemctl show nut-monitor",
    )
    .filter(|_| observed.system.systemd);
    packages.into_iter().chain(units).collect()
}

fn not_installed(observed: &ObservedHost, missing: &[String]) -> Finding {
    let offer = match &observed.candidate {
        Some(version) => format!("apt offers version {version}"),
        None => "apt knows no such package: run `apt-get update` on the host first".into(),
    };
    let names = missing.join(" ");
    error(
        "nut-not-installed",
        format!("NUT is not installed: {names} missing ({offer})"),
    )
    .fix(format!(
        "run `upsctl deploy --install {}`, or on the host: apt-get install -y {names}",
        observed.name
    ))
}

fn platform(observed: &ObservedHost) -> Option<Finding> {
    let debian = observed
        .system
        .os_ids
        .iter()
        .any(|id| id == "debian" || id == "ubuntu");
    if !debian {
        return Some(
            error(
                "host-not-debian",
                format!("this is no Debian host: {:?}", observed.system.os),
            )
            .fix("set `platform` of the host in the inventory, e.g. platform = \"external\""),
        );
    }
    (!observed.system.systemd).then(|| {
        error("host-without-systemd", "systemd does not run on this host")
            .fix("upsctl restarts NUT's units through systemd; boot the host with it")
    })
}

fn config_dir(observed: &ObservedHost) -> Option<Finding> {
    match &observed.config_dir {
        Seen::Is(meta) if meta.kind == FileKind::Directory => None,
        Seen::Is(_) => Some(
            error("config-dir-odd", format!("{CONFIG_DIR} is no directory"))
                .fix(format!("look at `ls -ld {CONFIG_DIR}` on the host and put a directory there")),
        ),
        Seen::Absent => Some(
            error("config-dir-absent", format!("{CONFIG_DIR} does not exist although NUT is installed"))
                .fix("on the host: apt-get install --reinstall -o Dpkg::Options::=--force-confmiss nut-client nut-server"),
        ),
        Seen::Unknown(why) => Some(
            error("config-dir-unreadable", format!("could not look at {CONFIG_DIR}: {why}"))
                .fix(format!("look at `ls -la {CONFIG_DIR}` on the host")),
        ),
    }
}

fn odd_files(desired: &DesiredHost, observed: &ObservedHost) -> Vec<Finding> {
    desired
        .files
        .keys()
        .filter_map(|file| {
            let path = format!("{CONFIG_DIR}/{file}");
            match observed.files.get(file) {
                Some(Seen::Is(have)) => match &have.meta.kind {
                    FileKind::File => None,
                    FileKind::Symlink(target) => Some(
                        error(
                            "file-is-symlink",
                            format!("{path} is a symbolic link to {target}"),
                        )
                        .why("replacing it would cut the link; something else manages that file")
                        .fix(format!("on the host: rm {path}   (then deploy again)")),
                    ),
                    FileKind::Directory | FileKind::Other(_) => Some(
                        error("file-is-odd", format!("{path} is no regular file")).fix(format!(
                            "look at `ls -la {path}` on the host and move it away"
                        )),
                    ),
                },
                Some(Seen::Absent) => None,
                Some(Seen::Unknown(why)) => Some(
                    error("file-unreadable", format!("could not read {path}: {why}"))
                        .fix(format!("look at `ls -la {path}` on the host")),
                ),
                None => Some(error(
                    "file-unreadable",
                    format!("{path} was not looked at"),
                )),
            }
        })
        .collect()
}

fn unit_trouble(observed: &ObservedHost, plan: &HostPlan) -> Vec<Finding> {
    plan.units
        .iter()
        .filter(|step| {
            observed
                .units
                .get(&step.unit)
                .is_some_and(|unit| unit.load == "masked")
        })
        .map(|step| {
            error(
                "unit-masked",
                format!("{} is masked: systemd refuses to start it", step.unit),
            )
            .fix(format!("on the host: systemctl unmask {}", step.unit))
        })
        .collect()
}

/// Something beside nut-server.service has the port that upsd is to have: its restart would fail.
fn port_held(desired: &DesiredHost, observed: &ObservedHost) -> Option<Finding> {
    let runs = observed
        .units
        .get(unit::SERVER)
        .is_some_and(|unit| matches!(unit.active.as_str(), "active" | "activating" | "reloading"));
    let ports: Vec<u16> = desired
        .expect
        .listen
        .iter()
        .map(|listen| listen.port)
        .collect();
    let (port, owner) = holder(observed.listening.is()?, &ports, runs)?;
    let what = match owner {
        "upsd" => "an upsd that nut-server.service did not start".to_string(),
        other => other.to_string(),
    };
    Some(
        error(
            "port-held",
            format!("port {port} belongs to {what}: upsd could not start"),
        )
        .fix(format!(
            "on the host: `ss -ltnp 'sport = :{port}'` names the process; end it, then deploy again"
        )),
    )
}

/// Who has one of `ports` and is not the upsd of its unit, which `runs` or not.
fn holder<'a>(sockets: &'a [Socket], ports: &[u16], runs: bool) -> Option<(u16, &'a str)> {
    let mut held = sockets.iter().filter(|socket| ports.contains(&socket.port));
    held.find_map(|socket| {
        let mut owners = socket.processes.iter();
        let owner = owners.find(|name| *name != "upsd" || !runs)?;
        Some((socket.port, owner.as_str()))
    })
}

/// What must not be met by a restart: UPSes of the host on battery, low, or with FSD latched.
fn trouble(observed: &ObservedHost) -> impl Iterator<Item = Finding> {
    observed.ups.iter().filter_map(|(system, reading)| {
        let text = reading.status()?;
        let status = UpsStatus::parse(text);
        let what = if status.fsd() {
            "has FSD latched: every upsmon that starts now shuts its host down"
        } else if status.on_battery() {
            "is on battery"
        } else if status.low_battery() {
            "has a low battery"
        } else {
            return None;
        };
        Some(error(
            "ups-on-battery",
            format!("{system} {what} (ups.status: {text})"),
        ))
    })
}

/// The same as reasons not to apply a plan.
pub fn on_battery(observed: &ObservedHost) -> Vec<Finding> {
    trouble(observed)
        .map(|finding| {
            finding
                .why("restarting NUT now can shut hosts down (NUT 2.8.1 takes one failed poll on battery for a dead UPS)")
                .fix("wait until `upsc` shows OL without FSD; `--even-on-battery` overrides")
        })
        .collect()
}

/// The same where nothing is to be changed: it is not wrong, and one wants to know.
pub fn power(observed: &ObservedHost) -> Vec<Finding> {
    trouble(observed)
        .map(|finding| {
            Finding { severity: Severity::Warning, ..finding }
                .on(&observed.name)
                .why("hosts shut down when its battery is low; until mains are back nothing should be restarted")
                .fix(format!("`upsctl status {}` says how long it lasts", observed.name))
        })
        .collect()
}

/// A transaction that was neither confirmed nor undone is reported by every command.
pub fn unfinished(observed: &ObservedHost) -> Vec<Finding> {
    let Some(open) = &observed.transaction else {
        return Vec::new();
    };
    let saw = match &open.holder {
        Some(holder) => format!("a deploy is under way: {holder}"),
        None => format!(
            "deploy {} was neither confirmed nor undone (state: {})",
            open.id, open.state
        ),
    };
    let finding = Finding::new("transaction-unfinished", Severity::Error, saw)
        .why("what runs now may be half of the old and half of the new state")
        .fix("the host puts the old state back by itself when its undo timer fires or it boots; `upsctl deploy` does it at once");
    vec![finding.on(&observed.name)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_held_by_whoever_is_not_the_upsd_of_its_unit() {
        let socket = |port, owners: &[&str]| Socket {
            address: "0.0.0.0".into(),
            port,
            processes: owners.iter().map(ToString::to_string).collect(),
        };
        let ports = [3493];
        let held = |owners: &[&str], runs| {
            let sockets = [socket(22, &["sshd"]), socket(3493, owners)];
            holder(&sockets, &ports, runs).map(|(port, owner)| (port, owner.to_string()))
        };
        assert_eq!(held(&["upsd"], true), None);
        assert_eq!(held(&[], false), None);
        assert_eq!(held(&["upsd"], false), Some((3493, "upsd".into())));
        assert_eq!(held(&["nc"], true), Some((3493, "nc".into())));
    }
}
