//! Can the host be looked at, is it sound, and are its files fit to be read?

use super::says::{Bad, Says, bad};
use super::view::HostView;
use super::{DoctorRule, rule};
use crate::model::bundle::Facts;
use crate::model::observed::Seen;
use crate::model::outcome::HostError;
use crate::model::verdict::Repair;
use crate::nut::directive::File;
use crate::nut::files::{Trap, TrapKind};

/// Seconds by which clocks may differ: connecting alone may take ten.
const SKEW_S: u64 = 60;
/// Less than this is full: a journal line, a PID file and a flag need a few.
const FULL_KIB: u64 = 256;

pub(super) const RULES: &[DoctorRule] = &[
    rule!("host-name-unknown", Error, Host, [], Host(name_unknown)),
    rule!("host-unreachable", Error, Host, [], Host(unreachable)),
    rule!(
        "host-key-not-trusted",
        Error,
        Host,
        [],
        Host(key_not_trusted)
    ),
    rule!("ssh-login-refused", Error, Host, [], Host(login_refused)),
    rule!("sudo-refused", Error, Host, [], Host(sudo_refused)),
    rule!("host-look-failed", Error, Host, [], Host(look_failed)),
    rule!("nut-not-there", Error, Host, [], Host(not_installed)),
    rule!(
        "deploy-unfinished",
        Error,
        Host,
        [],
        Host(deploy_unfinished)
    ),
    rule!("disk-full", Error, Host, [], Host(disk_full)),
    rule!("disk-read-only", Error, Host, [], Host(disk_read_only)),
    rule!("clock-wrong", Warning, Host, [], Host(clock_wrong)),
    rule!("config-file-absent", Error, Host, [], Host(file_absent)),
    rule!(
        "config-not-readable",
        Error,
        Host,
        ["config-file-absent"],
        Host(not_readable)
    ),
    rule!(
        "config-world-readable",
        Warning,
        Host,
        [],
        Host(world_readable)
    ),
    rule!("config-line-lost", Error, Host, [], Host(line_lost)),
    rule!(
        "mode-is-none",
        Error,
        Host,
        ["config-file-absent"],
        Host(mode_none)
    ),
    rule!(
        "mode-is-netclient",
        Error,
        Host,
        ["mode-is-none"],
        Host(mode_netclient)
    ),
    rule!(
        "mode-misspelt",
        Error,
        Host,
        ["mode-is-none"],
        Host(mode_misspelt)
    ),
];

fn error<'a>(host: &HostView<'a>) -> Option<&'a HostError> {
    match &host.bundle.facts {
        Facts::Failed(error) => Some(error),
        Facts::Seen(_) | Facts::NotAsked => None,
    }
}

fn name_unknown(host: &HostView<'_>) -> Says {
    let Some(HostError::UnknownName { address }) = error(host) else {
        return Says::Fine;
    };
    bad(format!("this machine cannot resolve the name {address}"))
        .with("address", address)
        .into()
}

fn unreachable(host: &HostView<'_>) -> Says {
    match error(host) {
        Some(HostError::Unreachable { address, detail }) => bad("it cannot be reached by ssh")
            .with("address", address)
            .shown([detail])
            .into(),
        Some(HostError::ConnectTimeout { address, seconds }) => {
            bad(format!("it did not answer ssh within {seconds} s"))
                .with("address", address)
                .into()
        }
        _ => Says::Fine,
    }
}

fn key_not_trusted(host: &HostView<'_>) -> Says {
    match error(host) {
        Some(HostError::HostKeyUnknown { address }) => {
            bad("its ssh host key is not known on this machine yet")
                .with("address", address)
                .into()
        }
        Some(HostError::HostKeyChanged { address, detail }) => {
            bad("it has another ssh host key than known_hosts says")
                .with("address", address)
                .shown([detail])
                .into()
        }
        _ => Says::Fine,
    }
}

fn login_refused(host: &HostView<'_>) -> Says {
    let Some(HostError::AuthRefused { address, detail }) = error(host) else {
        return Says::Fine;
    };
    bad("it accepts none of this machine's ssh keys")
        .with("address", address)
        .shown([detail])
        .into()
}

fn sudo_refused(host: &HostView<'_>) -> Says {
    let Some(HostError::SudoRefused { user, detail }) = error(host) else {
        return Says::Fine;
    };
    bad(format!("{user} may not use sudo without a password"))
        .with("user", user)
        .shown([detail])
        .into()
}

fn look_failed(host: &HostView<'_>) -> Says {
    let saw = match error(host) {
        Some(HostError::Lost { detail }) => {
            format!("the connection broke while the host was looked at: {detail}")
        }
        Some(HostError::TimedOut { seconds }) => format!("the host was not done after {seconds} s"),
        Some(HostError::Garbled { detail }) => {
            format!("the host's answer makes no sense: {detail}")
        }
        Some(HostError::Local { detail }) => {
            format!("this machine could not do its part: {detail}")
        }
        _ => return Says::Fine,
    };
    bad(saw).into()
}

fn not_installed(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let missing: Vec<&str> = host
        .bundle
        .wish
        .role
        .packages()
        .iter()
        .copied()
        .filter(|name| !look.observed.packages.contains_key(*name))
        .collect();
    if missing.is_empty() {
        return Says::Fine;
    }
    let names = missing.join(" and ");
    bad(format!("{names} is not installed"))
        .with("value", missing.join(" "))
        .into()
}

fn deploy_unfinished(host: &HostView<'_>) -> Says {
    let Some(open) = host
        .look
        .and_then(|look| look.observed.transaction.as_ref())
    else {
        return Says::Fine;
    };
    match &open.holder {
        Some(holder) => bad(format!("a deploy is under way: {holder}")),
        None => bad(format!(
            "deploy {} was neither confirmed nor undone",
            open.id
        )),
    }
    .into()
}

fn disk_full(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let full = look
        .deep
        .disks
        .iter()
        .find(|disk| disk.size_kib > 0 && disk.available_kib < FULL_KIB);
    if let Some(disk) = full {
        return bad(format!(
            "{} is full: {} KiB of {} KiB free",
            disk.mount, disk.available_kib, disk.size_kib
        ))
        .with("path", &disk.mount)
        .into();
    }
    let inodes = look.deep.no_inodes.first();
    inodes
        .map(|mount| {
            bad(format!("{mount} has no free inode: no file can be made")).with("path", mount)
        })
        .into()
}

fn disk_read_only(host: &HostView<'_>) -> Says {
    let mount = host.look.and_then(|look| look.deep.read_only.first());
    mount
        .map(|mount| bad(format!("{mount} is mounted read-only")).with("path", mount))
        .into()
}

fn clock_wrong(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let (there, here) = (look.observed.system.clock, host.bundle.looked_at);
    if there == 0 || here == 0 || there.abs_diff(here) <= SKEW_S {
        return Says::Fine;
    }
    let way = if there > here { "ahead of" } else { "behind" };
    bad(format!(
        "its clock is {} {way} this machine's",
        span(there.abs_diff(here))
    ))
    .into()
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// The files that the host's daemons read.
fn needed(host: &HostView<'_>) -> &'static [File] {
    if host.is_server() {
        &File::ALL
    } else {
        &[File::Nut, File::Upsmon]
    }
}

fn file_absent(host: &HostView<'_>) -> Says {
    let gone = needed(host)
        .iter()
        .find(|file| matches!(host.file(**file), Some(Seen::Absent)));
    let Some(file) = gone else {
        let unread = needed(host).iter().find_map(|file| match host.file(*file) {
            Some(Seen::Unknown(why)) => Some(format!("/etc/nut/{file}: {why}")),
            _ => None,
        });
        return unread.map_or(Says::Fine, Says::Unknown);
    };
    bad(format!("/etc/nut/{file} does not exist"))
        .with("path", format!("/etc/nut/{file}"))
        .repair(Repair::Redeploy)
        .into()
}

/// Root starts everything, but upsd always, and upsmon from its first reload on, reads as `nut`.
fn not_readable(host: &HostView<'_>) -> Says {
    let Some(look) = host.look else {
        return Says::Fine;
    };
    let rights = &look.deep.rights;
    let Some(folder) = rights.get("/etc/nut") else {
        return Says::Unknown("what the account nut may read could not be tested".into());
    };
    let worst =
        |path: String| bad(format!("the account nut cannot read {path}")).with("path", path);
    if !folder.execute {
        return worst("/etc/nut".into()).repair(Repair::Permissions).into();
    }
    let files = needed(host).iter().filter(|file| **file != File::Nut);
    let shut: Vec<String> = files
        .map(|file| format!("/etc/nut/{file}"))
        .filter(|path| rights.get(path).is_some_and(|may| !may.read))
        .collect();
    let Some(first) = shut.first() else {
        return Says::Fine;
    };
    let metas = shut.iter().filter_map(|path| {
        let facts = look.deep.paths.get(path)?.is()?;
        Some(format!(
            "{path}: {}:{} {:04o}",
            facts.owner, facts.group, facts.mode
        ))
    });
    worst(first.clone())
        .shown(metas)
        .repair(Repair::Permissions)
        .into()
}

fn world_readable(host: &HostView<'_>) -> Says {
    let open = [File::UpsdUsers, File::Upsmon]
        .into_iter()
        .find_map(|file| {
            let meta = &host.file(file)?.is()?.meta;
            (meta.mode & 0o007 != 0).then_some((file, meta.mode))
        });
    let Some((file, mode)) = open else {
        return Says::Fine;
    };
    bad(format!(
        "every account of the host can read the passwords in /etc/nut/{file} (mode {mode:04o})"
    ))
    .with("path", format!("/etc/nut/{file}"))
    .repair(Repair::Permissions)
    .into()
}

fn line_lost(host: &HostView<'_>) -> Says {
    let traps: [(File, Option<&Vec<Trap>>); 5] = [
        (File::Nut, host.nut.as_ref().map(|conf| &conf.traps)),
        (File::Ups, host.ups.as_ref().map(|conf| &conf.traps)),
        (File::Upsd, host.upsd.as_ref().map(|conf| &conf.traps)),
        (File::UpsdUsers, host.users.as_ref().map(|conf| &conf.traps)),
        (File::Upsmon, host.upsmon.as_ref().map(|conf| &conf.traps)),
    ];
    let relevant = traps
        .into_iter()
        .filter(|(file, _)| needed(host).contains(file));
    let lost: Vec<(File, &Trap)> = relevant
        .flat_map(|(file, traps)| traps.into_iter().flatten().map(move |trap| (file, trap)))
        .filter(|(_, trap)| loses(&trap.kind))
        .collect();
    let Some((file, trap)) = lost.first() else {
        return Says::Fine;
    };
    let describe =
        |(file, trap): &(File, &Trap)| format!("/etc/nut/{file}:{}: {trap}", trap.place.line);
    let first: Bad = bad(format!(
        "NUT does not read line {} of {file} as it looks: {trap}",
        trap.place.line
    ))
    .with("path", format!("/etc/nut/{file}"))
    .with("value", trap.place.line)
    .repair(Repair::Redeploy);
    first.shown(lost.iter().map(describe)).into()
}

/// Whether NUT reads something else there than a person does.
fn loses(kind: &TrapKind) -> bool {
    match kind {
        TrapKind::Words(problem) => problem.loses_text(),
        TrapKind::ForgottenEquals
        | TrapKind::BlankInSection
        | TrapKind::BrokenSection
        | TrapKind::FlagWithoutValue
        | TrapKind::MonitorWithoutUser
        | TrapKind::BadSystem(_)
        | TrapKind::OpenQuote => true,
        _ => false,
    }
}

fn mode<'a>(host: &'a HostView<'_>) -> Option<&'a str> {
    host.look?;
    host.nut.as_ref()?;
    Some(host.mode().unwrap_or(""))
}

fn right_mode(host: &HostView<'_>) -> &'static str {
    host.bundle.wish.role.mode()
}

fn mode_none(host: &HostView<'_>) -> Says {
    if mode(host) != Some("none") {
        return Says::Fine;
    }
    bad("MODE=none in /etc/nut/nut.conf keeps NUT switched off")
        .with("value", right_mode(host))
        .repair(Repair::Redeploy)
        .into()
}

fn mode_netclient(host: &HostView<'_>) -> Says {
    if !host.is_server() || mode(host) != Some("netclient") {
        return Says::Fine;
    }
    bad("MODE=netclient in /etc/nut/nut.conf keeps upsd from starting, and this host has the UPS")
        .with("value", right_mode(host))
        .repair(Repair::Redeploy)
        .into()
}

fn mode_misspelt(host: &HostView<'_>) -> Says {
    let Some(mode) = mode(host) else {
        return Says::Fine;
    };
    if matches!(mode, "none" | "standalone" | "netserver" | "netclient") {
        return Says::Fine;
    }
    let saw = if mode.is_empty() {
        "no MODE is set in /etc/nut/nut.conf: NUT ends without a word".to_string()
    } else {
        format!("MODE={mode} in /etc/nut/nut.conf is no mode NUT knows: it ends without a word")
    };
    bad(saw)
        .with("value", right_mode(host))
        .repair(Repair::Redeploy)
        .into()
}
