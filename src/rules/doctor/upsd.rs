//! upsd: does it run, with the files as they are now, and does it start at boot?

use super::says::{Says, bad};
use super::view::{HostView, SERVER, is_ip, is_loopback, tail};
use super::{DoctorRule, rule};
use crate::model::bundle::JournalLine;
use crate::model::observed::{Reading, Seen, Socket, Unit};
use crate::model::verdict::Repair;
use crate::nut::directive::File;
use crate::nut::ups_name::PORT;
use crate::nut::version::NutVersion;

pub(super) const RULES: &[DoctorRule] = &[
    rule!(
        "upsd-masked",
        Error,
        Upsd,
        ["mode-is-none", "mode-is-netclient", "mode-misspelt"],
        Host(masked)
    ),
    rule!(
        "listen-address-absent",
        Error,
        Upsd,
        ["config-line-lost"],
        Host(address_absent)
    ),
    rule!("port-taken", Error, Upsd, [], Host(port_taken)),
    rule!(
        "upsd-not-running",
        Error,
        Upsd,
        [
            "config-file-absent",
            "config-not-readable",
            "config-line-lost",
            "disk-full",
            "mode-is-none",
            "mode-is-netclient",
            "mode-misspelt",
            "ups-conf-empty",
            "ups-section-incomplete",
            "upsd-masked",
            "listen-address-absent",
            "port-taken"
        ],
        Host(not_running)
    ),
    rule!(
        "upsd-does-not-answer",
        Error,
        Upsd,
        ["upsd-not-running", "port-taken"],
        Host(mute)
    ),
    rule!(
        "upsd-not-restarted",
        Error,
        Upsd,
        [
            "upsd-not-running",
            "config-not-readable",
            "config-line-lost"
        ],
        Host(not_restarted)
    ),
    rule!(
        "upsd-not-at-boot",
        Warning,
        Upsd,
        ["upsd-not-running", "upsd-masked"],
        Host(not_at_boot)
    ),
];

fn unit<'a>(host: &HostView<'a>) -> Option<&'a Unit> {
    host.unit(SERVER).filter(|_| host.is_server())
}

fn sockets<'a>(host: &HostView<'a>) -> Option<&'a [Socket]> {
    host.look?.observed.listening.is().map(Vec::as_slice)
}

fn masked(host: &HostView<'_>) -> Says {
    if unit(host).is_none_or(|unit| unit.load != "masked") {
        return Says::Fine;
    }
    bad("nut-server.service is masked: systemd will not start upsd")
        .with("unit", SERVER)
        .repair(Repair::Unmask {
            unit: SERVER.into(),
        })
        .into()
}

/// A LISTEN address that is not the host's is refused by the kernel; whether upsd then ends or runs
/// without it depends on the version and the order of the lines (server/upsd.c).
fn address_absent(host: &HostView<'_>) -> Says {
    let (Some(conf), Some(look)) = (host.upsd.as_ref().filter(|_| host.is_server()), host.look)
    else {
        return Says::Fine;
    };
    if look.observed.addresses.is_empty() {
        return Says::Unknown("the host's addresses could not be read".into());
    }
    let any = |address: &str| matches!(address, "0.0.0.0" | "::" | "*");
    let strange = conf.listens.iter().find(|listen| {
        let address = listen.address.value.as_str();
        let port = listen.port().unwrap_or(PORT);
        let heard = look
            .observed
            .listening
            .is()
            .into_iter()
            .flatten()
            .any(|socket| socket.address == address && socket.port == port);
        is_ip(address)
            && !any(address)
            && !is_loopback(address)
            && !host.owns_exactly(address)
            && !heard
    });
    let Some(listen) = strange else {
        return Says::Fine;
    };
    let dead = if host.unit_runs(SERVER) {
        "upsd runs without it"
    } else {
        "upsd does not start"
    };
    bad(format!(
        "LISTEN {} in upsd.conf is no address of this host: {dead}",
        listen.address.value
    ))
    .with("value", &listen.address.value)
    .with("port", listen.port().unwrap_or(PORT))
    .shown([format!(
        "own addresses: {}",
        look.observed.addresses.join(", ")
    )])
    .repair(Repair::Redeploy)
    .into()
}

fn port_taken(host: &HostView<'_>) -> Says {
    let Some(sockets) = sockets(host).filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    let listens = host.upsd.iter().flat_map(|conf| &conf.listens);
    let mut ports: Vec<u16> = listens.filter_map(|listen| listen.port()).collect();
    if ports.is_empty() {
        ports.push(PORT);
    }
    let foreign = sockets.iter().find(|socket| {
        ports.contains(&socket.port)
            && !socket.processes.is_empty()
            && !socket.processes.iter().any(|name| name == "upsd")
    });
    let Some(socket) = foreign else {
        return Says::Fine;
    };
    bad(format!(
        "port {} belongs to {}, not to upsd",
        socket.port,
        socket.processes.join(", ")
    ))
    .with("port", socket.port)
    .with("value", socket.processes.join(" "))
    .shown([format!("{}:{}", socket.address, socket.port)])
    .into()
}

fn not_running(host: &HostView<'_>) -> Says {
    let Some(unit) = unit(host) else {
        return match host.look.filter(|_| host.is_server()) {
            Some(_) => Says::Unknown("systemctl did not say anything of nut-server".into()),
            None => Says::Fine,
        };
    };
    if unit.active == "active" {
        return Says::Fine;
    }
    let lines = host
        .look
        .map(|look| tail(&look.deep.journal.server, 5))
        .unwrap_or_default();
    bad(format!(
        "upsd does not run (nut-server.service is {})",
        unit.active
    ))
    .with("unit", SERVER)
    .shown(lines)
    .repair(Repair::Start {
        unit: SERVER.into(),
    })
    .into()
}

fn mute(host: &HostView<'_>) -> Says {
    let Some(look) = host.look.filter(|_| host.is_server()) else {
        return Says::Fine;
    };
    let own = look.observed.ups.iter().find(|(system, reading)| {
        system.ends_with("@127.0.0.1") && matches!(reading, Reading::TimedOut)
    });
    own.map(|(system, _)| {
        bad(format!(
            "upsd runs but does not answer: upsc {system} waits for ever"
        ))
        .with("system", system)
        .with("unit", SERVER)
        .repair(Repair::Restart {
            unit: SERVER.into(),
        })
    })
    .into()
}

/// The first of `files` that was written after a unit read it last.
pub(super) fn newer_than(
    host: &HostView<'_>,
    unit: &Unit,
    journal: &Seen<Vec<JournalLine>>,
    files: &[File],
) -> Option<File> {
    // Without the host's clock the times of its units mean nothing.
    if host
        .look
        .is_none_or(|look| look.observed.system.booted == 0)
    {
        return None;
    }
    // A reload by hand leaves no trace in systemd, but one in the journal.
    let words = [
        "SIGHUP",
        "Reloading configuration",
        "reloading configuration",
    ];
    let lines = journal.is().into_iter().flatten();
    let reloaded = lines
        .filter(|entry| words.iter().any(|word| entry.text.contains(word)))
        .map(|entry| entry.time)
        .max();
    let read = unit.loaded.max(unit.since).max(reloaded.unwrap_or(0));
    files.iter().copied().find(|file| {
        let meta = host.file(*file).and_then(Seen::is).map(|file| &file.meta);
        // One second of grace: both times are rounded.
        meta.is_some_and(|meta| meta.modified > read + 1)
    })
}

fn not_restarted(host: &HostView<'_>) -> Says {
    let (Some(unit), Some(look)) = (unit(host).filter(|unit| unit.active == "active"), host.look)
    else {
        return Says::Fine;
    };
    let Some(file) = newer_than(
        host,
        unit,
        &look.deep.journal.server,
        &[File::Upsd, File::UpsdUsers],
    ) else {
        return Says::Fine;
    };
    let verb = if file == File::UpsdUsers && host.version().is_some_and(|v| v >= NutVersion::V2_8_0)
    {
        "reload"
    } else {
        "restart"
    };
    bad(format!(
        "upsd still runs with the old {file}: it was changed after upsd read it"
    ))
    .with("path", format!("/etc/nut/{file}"))
    .with("value", verb)
    .with("unit", SERVER)
    .repair(Repair::Restart {
        unit: SERVER.into(),
    })
    .into()
}

fn not_at_boot(host: &HostView<'_>) -> Says {
    let Some(unit) = unit(host).filter(|unit| unit.enabled == "disabled") else {
        return Says::Fine;
    };
    let _ = unit;
    bad("nut-server.service is disabled: upsd will not start at the next boot")
        .with("unit", SERVER)
        .into()
}
