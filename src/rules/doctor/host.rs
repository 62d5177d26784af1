//! Can the host be looked at, is it sound, and are its files fit to be read?

use super::rules;
use super::says::{Says, bad, unknown};
use crate::model::bundle::{Disk, Facts};
use crate::model::observed::{List, Seen};
use crate::model::outcome::HostError;
use crate::model::verdict::Repair;
use crate::nut::directive::File;
use crate::nut::files::{Trap, TrapKind};
use crate::site::ParsedHost;

/// Seconds by which clocks may differ: connecting alone may take ten.
const SKEW_S: u64 = 60;
/// Less than this is full: a journal line, a PID file and a flag need a few.
const FULL_KIB: u64 = 256;

rules! { Host
    Error   "host-name-unknown"     Host(name_unknown) [];
    Error   "host-unreachable"      Host(unreachable) [];
    Error   "host-key-not-trusted"  Host(key_not_trusted) [];
    Error   "ssh-login-refused"     Host(login_refused) [];
    Error   "sudo-refused"          Host(sudo_refused) [];
    Error   "host-look-failed"      Host(look_failed) [];
    Error   "nut-not-there"         Host(not_installed) [];
    Error   "deploy-unfinished"     Host(deploy_unfinished) [];
    Warning "deploy-leftovers"      Host(deploy_leftovers) ["deploy-unfinished"];
    Error   "disk-full"             Host(disk_full) [];
    Error   "disk-read-only"        Host(disk_read_only) [];
    Warning "clock-wrong"           Host(clock_wrong) [];
    Error   "config-file-absent"    Host(file_absent) [];
    Error   "config-not-readable"   Host(not_readable) ["config-file-absent"];
    Warning "config-world-readable" Host(world_readable) [];
    Error   "config-dos-line-ends"  Host(dos_line_ends) [];
    Error   "account-absent"        Host(account_absent) [];
    Error   "run-folder-shut"       Host(run_folder_shut) ["account-absent"];
    Error   "config-line-lost"      Host(line_lost) ["config-dos-line-ends"];
    Error   "mode-is-none"          Host(mode_none) ["config-file-absent", "config-dos-line-ends"];
    Error   "mode-is-netclient"     Server(mode_netclient) ["mode-is-none"];
    Error   "mode-misspelt"         Host(mode_misspelt) ["mode-is-none"];
}

fn error<'a>(host: ParsedHost<'a>) -> Option<&'a HostError> {
    match &host.bundle()?.facts {
        Facts::Failed(error) => Some(error),
        Facts::Seen(_) | Facts::NotAsked => None,
    }
}

fn name_unknown(host: ParsedHost<'_>) -> Option<Says> {
    let HostError::UnknownName { address } = error(host)? else {
        return None;
    };
    bad(format!("this machine cannot resolve the name {address}"))
        .with("address", address)
        .into()
}

fn unreachable(host: ParsedHost<'_>) -> Option<Says> {
    let (saw, address, detail) = match error(host)? {
        HostError::Unreachable { address, detail } => {
            ("it cannot be reached by ssh".into(), address, Some(detail))
        }
        HostError::ConnectTimeout { address, seconds } => (
            format!("it did not answer ssh within {seconds} s"),
            address,
            None,
        ),
        _ => return None,
    };
    bad(saw).with("address", address).shown(detail).into()
}

fn key_not_trusted(host: ParsedHost<'_>) -> Option<Says> {
    let (saw, address, detail) = match error(host)? {
        HostError::HostKeyUnknown { address } => (
            "its ssh host key is not known on this machine yet",
            address,
            None,
        ),
        HostError::HostKeyChanged { address, detail } => (
            "it has another ssh host key than known_hosts says",
            address,
            Some(detail),
        ),
        _ => return None,
    };
    bad(saw).with("address", address).shown(detail).into()
}

fn login_refused(host: ParsedHost<'_>) -> Option<Says> {
    let HostError::AuthRefused { address, detail } = error(host)? else {
        return None;
    };
    bad("it accepts none of this machine's ssh keys")
        .with("address", address)
        .shown([detail])
        .into()
}

fn sudo_refused(host: ParsedHost<'_>) -> Option<Says> {
    let HostError::SudoRefused { user, detail } = error(host)? else {
        return None;
    };
    bad(format!("{user} may not use sudo without a password"))
        .with("user", user)
        .shown([detail])
        .into()
}

fn look_failed(host: ParsedHost<'_>) -> Option<Says> {
    let saw = match error(host)? {
        HostError::Lost { detail } => {
            format!("the connection broke while the host was looked at: {detail}")
        }
        HostError::TimedOut { seconds } => format!("the host was not done after {seconds} s"),
        HostError::Garbled { detail } => format!("the host's answer makes no sense: {detail}"),
        HostError::Local { detail } => format!("this machine could not do its part: {detail}"),
        _ => return None,
    };
    bad(saw).into()
}

fn not_installed(host: ParsedHost<'_>) -> Option<Says> {
    let look = host.look()?;
    if let Some(why) = look.unread.get(&List::Packages) {
        return unknown(format!("could not look at the packages: {why}"));
    }
    let have = &look.packages;
    let wanted = host.role().packages().iter().copied();
    let missing: Vec<&str> = wanted.filter(|name| !have.contains_key(*name)).collect();
    missing.first()?;
    bad(format!("{} is not installed", missing.join(" and ")))
        .with("value", missing.join(" "))
        .into()
}

fn deploy_unfinished(host: ParsedHost<'_>) -> Option<Says> {
    let open = host.look()?.transaction.as_ref()?;
    match &open.holder {
        Some(holder) => bad(format!("a deploy is under way: {holder}")),
        None => bad(format!(
            "deploy {} was neither confirmed nor undone",
            open.id
        )),
    }
    .into()
}

fn deploy_leftovers(host: ParsedHost<'_>) -> Option<Says> {
    let left = &host.look()?.leftovers;
    let first = left.first()?;
    bad(format!("{} of a deploy that ended", left.join(", ")))
        .at(first)
        .into()
}

fn disk_full(host: ParsedHost<'_>) -> Option<Says> {
    let deep = host.deep()?;
    let full = |disk: &&Disk| disk.size_kib > 0 && disk.available_kib < FULL_KIB;
    if let Some(disk) = deep.disks.iter().find(full) {
        let (mount, free, all) = (&disk.mount, disk.available_kib, disk.size_kib);
        return bad(format!("{mount} is full: {free} KiB of {all} KiB free"))
            .at(mount)
            .into();
    }
    let mount = deep.no_inodes.first()?;
    bad(format!("{mount} has no free inode: no file can be made"))
        .at(mount)
        .into()
}

fn disk_read_only(host: ParsedHost<'_>) -> Option<Says> {
    let mount = host.deep()?.read_only.first()?;
    bad(format!("{mount} is mounted read-only"))
        .at(mount)
        .into()
}

fn clock_wrong(host: ParsedHost<'_>) -> Option<Says> {
    let (there, here) = (host.look()?.system.clock, host.bundle()?.looked_at);
    if there == 0 || here == 0 || there.abs_diff(here) <= SKEW_S {
        return None;
    }
    let way = if there > here { "ahead of" } else { "behind" };
    let by = span(there.abs_diff(here));
    bad(format!("its clock is {by} {way} this machine's")).into()
}

fn span(seconds: u64) -> String {
    match seconds {
        0..120 => format!("{seconds} s"),
        120..7200 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3600),
    }
}

/// The files that the host's daemons read.
fn needed(host: ParsedHost<'_>) -> impl Iterator<Item = File> {
    let server = host.is_server();
    let own = move |file: &File| server || matches!(file, File::Nut | File::Upsmon);
    File::ALL.into_iter().filter(own)
}

fn path(file: File) -> String {
    format!("/etc/nut/{file}")
}

fn file_absent(host: ParsedHost<'_>) -> Option<Says> {
    let gone = |file: &File| matches!(host.file(*file), Some(Seen::Absent));
    if let Some(file) = needed(host).find(gone) {
        return bad(format!("/etc/nut/{file} does not exist"))
            .at(path(file))
            .redeploy()
            .into();
    }
    needed(host).find_map(|file| match host.file(file)? {
        Seen::Unknown(why) => unknown(format!("/etc/nut/{file}: {why}")),
        Seen::Is(_) | Seen::Absent => None,
    })
}

/// Root starts everything, but upsd always, and upsmon from its first reload on, reads as `nut`.
fn not_readable(host: ParsedHost<'_>) -> Option<Says> {
    let deep = host.deep()?;
    let Some(folder) = deep.rights.get("/etc/nut") else {
        return unknown("what the account nut may read could not be tested");
    };
    let worst = |path: &str| {
        bad(format!("the account nut cannot read {path}"))
            .at(path)
            .repair(Repair::Permissions)
    };
    if !folder.execute {
        return worst("/etc/nut").into();
    }
    let files = needed(host).filter(|file| *file != File::Nut).map(path);
    let shut: Vec<String> = files
        .filter(|path| deep.rights.get(path).is_some_and(|may| !may.read))
        .collect();
    let metas = shut.iter().filter_map(|path| {
        let facts = deep.paths.get(path)?.is()?;
        let (owner, group, mode) = (&facts.owner, &facts.group, facts.mode);
        Some(format!("{path}: {owner}:{group} {mode:04o}"))
    });
    worst(shut.first()?).shown(metas).into()
}

fn world_readable(host: ParsedHost<'_>) -> Option<Says> {
    let (file, mode) = [File::UpsdUsers, File::Upsmon]
        .into_iter()
        .find_map(|file| {
            let mode = host.file(file)?.is()?.meta.mode;
            (mode & 0o007 != 0).then_some((file, mode))
        })?;
    bad(format!(
        "every account of the host can read the passwords in /etc/nut/{file} (mode {mode:04o})"
    ))
    .at(path(file))
    .repair(Repair::Permissions)
    .into()
}

/// For upsd and upsmon a carriage return is a blank; in nut.conf, which a shell reads, it belongs to
/// the value, and within quotes it is lost (common/parseconf.c).
fn dos_line_ends(host: ParsedHost<'_>) -> Option<Says> {
    let with = |file: &File| host.bytes(*file).windows(2).any(|pair| pair == b"\r\n");
    let files: Vec<String> = needed(host).filter(with).map(path).collect();
    let first = files.first()?;
    bad(format!(
        "{first} has DOS line ends: NUT does not read it as it looks"
    ))
    .at(files.join(" "))
    .with("unit", daemons(host))
    .shown(
        files
            .iter()
            .map(|path| format!("{path}: lines end with \\r\\n")),
    )
    .redeploy()
    .into()
}

/// What of NUT's runs on it, for `systemctl restart`.
fn daemons(host: ParsedHost<'_>) -> &'static str {
    if host.is_server() {
        "'nut-driver*' nut-server nut-monitor"
    } else {
        "nut-monitor"
    }
}

fn account_absent(host: ParsedHost<'_>) -> Option<Says> {
    let gone = host.deep()?.accounts.iter().find(|(_, there)| !**there);
    let (name, _) = gone?;
    bad(format!(
        "the account {name}, as which NUT is to run here, does not exist"
    ))
    .with("user", name)
    .redeploy()
    .into()
}

/// Drivers, upsd and upsmon put their sockets and PID files there; the boot makes it anew.
fn run_folder_shut(host: ParsedHost<'_>) -> Option<Says> {
    let deep = host.deep()?;
    let path = "/run/nut";
    let saw = match deep.paths.get(path)? {
        Seen::Absent => format!("{path} does not exist: no daemon of NUT can start"),
        Seen::Unknown(why) => return unknown(why),
        Seen::Is(facts) => {
            let may = deep.rights.get(path)?;
            if may.write && may.execute {
                return None;
            }
            let (owner, group, mode) = (&facts.owner, &facts.group, facts.mode);
            format!("the account nut may not write to {path} ({owner}:{group} {mode:04o})")
        }
    };
    bad(saw).at(path).with("unit", daemons(host)).into()
}

fn line_lost(host: ParsedHost<'_>) -> Option<Says> {
    let lost: Vec<(File, &Trap)> = needed(host)
        .flat_map(|file| host.traps_of(file).map(move |trap| (file, trap)))
        .filter(|(_, trap)| loses(&trap.kind))
        .collect();
    let (file, trap) = lost.first()?;
    let line = trap.place.line;
    let describe =
        |(file, trap): &(File, &Trap)| format!("/etc/nut/{file}:{}: {trap}", trap.place.line);
    bad(format!(
        "NUT does not read line {line} of {file} as it looks: {trap}"
    ))
    .at(path(*file))
    .with("value", line)
    .shown(lost.iter().map(describe))
    .redeploy()
    .into()
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

/// What is wrong with the mode, for a `MODE` that `wrong` takes; the text gets the right one.
fn mode(
    host: ParsedHost<'_>,
    wrong: impl Fn(&str) -> bool,
    saw: impl Fn(&str) -> String,
) -> Option<Says> {
    let mode = host.nut_conf()?.mode().unwrap_or("");
    let bad = wrong(mode).then(|| bad(saw(mode)))?;
    bad.with("value", host.role().mode()).redeploy().into()
}

fn mode_none(host: ParsedHost<'_>) -> Option<Says> {
    mode(
        host,
        |mode| mode == "none",
        |_| "MODE=none in /etc/nut/nut.conf keeps NUT switched off".into(),
    )
}

fn mode_netclient(host: ParsedHost<'_>) -> Option<Says> {
    mode(
        host,
        |mode| mode == "netclient",
        |_| {
            "MODE=netclient in /etc/nut/nut.conf keeps upsd from starting, and this host has the UPS"
            .into()
        },
    )
}

fn mode_misspelt(host: ParsedHost<'_>) -> Option<Says> {
    let known = ["none", "standalone", "netserver", "netclient"];
    mode(
        host,
        |mode| !known.contains(&mode),
        |mode| match mode {
            "" => "no MODE is set in /etc/nut/nut.conf: NUT ends without a word".into(),
            mode => format!(
                "MODE={mode} in /etc/nut/nut.conf is no mode NUT knows: it ends without a word"
            ),
        },
    )
}
