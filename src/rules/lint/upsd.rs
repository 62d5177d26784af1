//! nut.conf's MODE and upsd.conf: whether upsd runs, where it listens, what it promises.

use super::ups::suite;
use super::value;
use crate::nut::directive::File;
use crate::nut::files::{Listen, Setting};
use crate::nut::version::NutVersion;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::address::{is_any, is_loopback, listen_covers};
use crate::site::{Origin, ParsedHost, Watch};

rules! {
    "mode-mismatch" Warning Host mode_mismatch;
    "mode-none-with-ups" Error Host mode_none;
    "listen-may-not-exist" Warning Host may_not_exist;
    "listen-twice" Warning Host listen_twice;
    "server-not-listening" Error Watch not_listening;
    "maxconn-low" Warning Host maxconn;
    "statepath-split" Warning Host statepath;
    "tls-incomplete" Error Host tls_incomplete;
    "tls-not-in-debian" Warning Host tls_not_in_debian;
}

fn has_ups(host: ParsedHost<'_>) -> bool {
    host.upses().next().is_some()
}

fn mode_mismatch(host: ParsedHost<'_>) -> Option<Says> {
    let mode = host.nut_conf()?.get("MODE")?;
    let has_ups = has_ups(host);
    let no_ups = !has_ups && (host.ups_conf().is_some() || host.origin() == Origin::Rendered);
    let watches = host
        .upsmon_conf()
        .is_some_and(|conf| !conf.monitors.is_empty());
    let others = host.watchers().any(|watch| !watch.host.is(host));
    let only_loopback = || listens(host).all(|(listen, _)| is_loopback(&listen.address.value));
    let saw = match mode.value.as_str() {
        "netclient" if has_ups => "MODE is netclient, and ups.conf has UPSes: upsd does not run",
        "standalone" | "netserver" if no_ups => {
            "MODE starts upsd, and ups.conf has no UPS: upsd ends"
        }
        "none" if watches && !has_ups => {
            "MODE is none, and upsmon.conf watches a UPS: upsmon does not run"
        }
        "netserver" if !others && only_loopback() => {
            "MODE is netserver, and upsd listens on the loopback only"
        }
        _ => return None,
    };
    Some(says(saw).at(host.at_assignment(mode)))
}

fn mode_none(host: ParsedHost<'_>) -> Option<Says> {
    let mode = host.nut_conf()?.get("MODE")?;
    (mode.value == "none" && has_ups(host))
        .then(|| says("MODE is none, and ups.conf has UPSes").at(host.at_assignment(mode)))
}

/// The LISTEN lines with the settings they come from.
fn listens<'a>(host: ParsedHost<'a>) -> impl Iterator<Item = (&'a Listen, &'a Setting)> {
    let listens = host.upsd_conf().into_iter().flat_map(|conf| &conf.listens);
    let settings = host.settings(File::Upsd).iter();
    listens.zip(settings.filter(|setting| setting.is("LISTEN") && !setting.args.is_empty()))
}

fn may_not_exist(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let late = listens(host).filter(|(listen, _)| {
        let address = listen.address.value.as_str();
        // What is no address at all is the matter of value-invalid.
        !is_any(address) && !is_loopback(address) && value::address(address).is_none()
    });
    late.map(move |(listen, setting)| {
        says(format!("upsd listens on {}", listen.address.value))
            .at(host.at_setting(File::Upsd, setting))
    })
}

fn listen_twice(host: ParsedHost<'_>) -> Vec<Says> {
    let all: Vec<_> = listens(host).collect();
    let covering = |at: usize, one: &Listen| {
        let mut others = all.iter().enumerate().filter(|(other, _)| *other != at);
        let found = others.find(|(other, (listen, _))| {
            let (this, that) = (&one.address.value, &listen.address.value);
            let before = this == that && *other < at;
            let covers = this != that && listen_covers(that, this, host.version());
            listen.port() == one.port() && (before || covers)
        });
        found.map(|(_, (listen, _))| *listen)
    };
    let known = |one: &Listen| value::address(&one.address.value).is_none();
    let all_known = all.iter().enumerate().filter(|(_, (one, _))| known(one));
    let twice = all_known.filter_map(|(at, (one, setting))| {
        let saw = format!(
            "LISTEN {} is covered by LISTEN {}",
            one.address.value,
            covering(at, one)?.address.value
        );
        Some(says(saw).at(host.at_setting(File::Upsd, setting)))
    });
    twice.collect()
}

fn not_listening(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server()?;
    server.upsd_conf()?;
    let (address, port) = (watch.address(), watch.port());
    if serves(server, address, port) {
        return None;
    }
    let saw = format!(
        "it asks {address} port {port}, and upsd of {} listens on {}",
        server.name(),
        doors(server)
    );
    let written = listens(server).next();
    let written = written.map(|(_, setting)| server.at_setting(File::Upsd, setting));
    let place = written
        .filter(|place| !place.file.starts_with("rendered "))
        .or_else(|| watch.place());
    let says = says(saw).at(place).with("server", server.name());
    Some(says.with("address", address).with("port", port))
}

/// Whether upsd can be reached at an address and port.
fn serves(host: ParsedHost<'_>, address: &str, port: u16) -> bool {
    let mut all = listens(host).map(|(listen, _)| listen).peekable();
    if all.peek().is_none() {
        return is_loopback(address);
    }
    all.any(|listen| {
        let same_port = listen.port().is_none_or(|own| own == port);
        same_port && listen_covers(&listen.address.value, address, host.version())
    })
}

/// The doors of upsd, for a message.
fn doors(host: ParsedHost<'_>) -> String {
    let doors = listens(host).map(|(listen, _)| match &listen.port_word {
        Some(port) => format!("{} port {}", listen.address.value, port.value),
        None => listen.address.value.clone(),
    });
    let doors = doors.collect::<Vec<_>>().join(", ");
    if doors.is_empty() {
        "the loopback only".into()
    } else {
        doors
    }
}

fn maxconn(host: ParsedHost<'_>) -> Option<Says> {
    let setting = host.upsd("MAXCONN")?;
    let most: usize = setting
        .value()?
        .value
        .parse()
        .ok()
        .filter(|most| *most > 0)?;
    let least = host.upses().count() + listens(host).count() + host.watchers().count();
    let saw = format!("MAXCONN is {most}, and upsd has {least} connections");
    (most < least).then(|| {
        says(saw)
            .at(host.at_setting(File::Upsd, setting))
            .with("least", least)
    })
}

fn statepath(host: ParsedHost<'_>) -> Option<Says> {
    let setting = host.upsd("STATEPATH")?;
    let path = setting.value()?.value.trim_end_matches('/');
    let mut global = host.ups_conf().into_iter().flat_map(|conf| &conf.global);
    let drivers = global.rfind(|entry| entry.key.value.eq_ignore_ascii_case("STATEPATH"));
    let drivers = drivers
        .filter(|_| host.version() >= NutVersion::V2_8_3)
        .and_then(|entry| entry.value.as_ref())
        .map_or("/run/nut", |word| word.value.trim_end_matches('/'));
    let same = path == drivers || path.trim_start_matches("/var") == drivers;
    let saw = format!("upsd uses {path}, and the drivers {drivers}");
    (!same).then(|| says(saw).at(host.at_setting(File::Upsd, setting)))
}

fn tls_incomplete(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    [verify_alone(host), forced(host), path_alone(host)]
        .into_iter()
        .flatten()
}

/// A directive of upsmon.conf that is 1.
fn on<'a>(host: ParsedHost<'a>, name: &str) -> Option<&'a Setting> {
    host.upsmon(name)
        .filter(|_| host.upsmon_value(name) == Some("1"))
}

fn verify_alone(host: ParsedHost<'_>) -> Option<Says> {
    let verify = on(host, "CERTVERIFY").filter(|_| host.upsmon("CERTPATH").is_none())?;
    let fix = "Set CERTPATH to the certificates of the server, or remove CERTVERIFY.";
    let says = says("CERTVERIFY is 1, and there is no CERTPATH");
    Some(says.at(host.at_setting(File::Upsmon, verify)).fix(fix))
}

fn forced(host: ParsedHost<'_>) -> Option<Says> {
    let force = on(host, "FORCESSL")?;
    let mut servers = host.watches().filter_map(Watch::server);
    let server = servers.find(|server| {
        let bare = |name| server.upsd(name).is_none();
        server.upsd_conf().is_some() && bare("CERTPATH") && bare("CERTFILE")
    })?;
    let saw = format!(
        "FORCESSL is 1, and upsd of {} has no certificate",
        server.name()
    );
    let fix = "Give upsd of the server CERTPATH and CERTIDENT, or remove FORCESSL.";
    Some(says(saw).at(host.at_setting(File::Upsmon, force)).fix(fix))
}

fn path_alone(host: ParsedHost<'_>) -> Option<Says> {
    let path = host
        .upsd("CERTPATH")
        .filter(|_| host.upsd("CERTIDENT").is_none())?;
    let fix = "Set CERTIDENT to the name and password of the certificate.";
    let says = says("upsd has CERTPATH and no CERTIDENT");
    Some(says.at(host.at_setting(File::Upsd, path)).fix(fix))
}

fn tls_not_in_debian(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let names = ["CERTFILE", "CERTREQUEST"].into_iter();
    let settings = names.filter_map(move |name| host.upsd(name));
    settings
        .filter(move |_| suite(host).is_some())
        .map(move |setting| {
            says(format!("upsd.conf has {}", setting.name.value))
                .at(host.at_setting(File::Upsd, setting))
        })
}
