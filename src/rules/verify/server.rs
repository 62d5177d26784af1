//! Device, units, socket and readings of a host.

use crate::model::desired::ListenAddress;
use crate::model::observed::{List, Reading, Seen, Socket};
use crate::nut::unit;
use crate::nut::ups_name::PORT;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::rules::verify::Proof;
use crate::site::address::socket_covers;

rules! {
    "usb-device-missing" Error Proof usb_missing;
    "unit-not-active" Error Proof not_active;
    "driver-enumerator-idle" Error Proof enumerator_idle;
    "port-not-listening" Error Proof not_listening;
    "ups-not-answering" Error Proof not_answering;
}

fn usb_missing(proof: Proof<'_>) -> impl Iterator<Item = Says> {
    let upses = proof.host.expect().ups.iter();
    upses.filter_map(move |ups| {
        let id = ups.usb.as_ref()?.as_str();
        let says = match &proof.host.look()?.usb {
            Seen::Is(devices) if devices.iter().any(|device| device.id == id) => return None,
            Seen::Is(_) => says(format!("lsusb does not show {} ({id})", ups.name)),
            Seen::Absent => says("lsusb was not run").unsure(),
            Seen::Unknown(why) => says(format!("could not run lsusb: {why}")).unsure(),
        };
        Some(says.with("id", id))
    })
}

fn not_active(proof: Proof<'_>) -> Vec<Says> {
    let host = proof.host;
    if let Some(why) = host.look().and_then(|look| look.unread.get(&List::Units)) {
        return vec![
            says(format!("could not look at the units: {why}"))
                .unsure()
                .with("unit", unit::MONITOR),
        ];
    }
    let mut units = Vec::new();
    if host.is_server() {
        let upses = host.expect().ups.iter();
        units.extend(upses.map(|ups| unit::driver(ups.name.as_str(), host.version())));
        units.dedup();
        units.push(unit::SERVER.into());
    }
    units.push(unit::MONITOR.into());
    let wrong = units.into_iter().filter_map(|name| {
        let state = match host.unit(&name) {
            Some(unit) if unit.active == "active" => return None,
            Some(unit) if unit.load == "masked" => "masked".to_string(),
            Some(unit) => format!("{} ({})", unit.active, unit.sub),
            None => "not there".to_string(),
        };
        Some(says(format!("{name} is {state}")).with("unit", &name))
    });
    wrong.collect()
}

/// What makes drivers follow ups.conf; hosts before 2.8.0 have none, and one that an owner has switched
/// off for good is the owner's affair.
fn enumerator_idle(proof: Proof<'_>) -> Option<Says> {
    let host = proof.host;
    let path = host.unit(unit::ENUMERATOR_PATH)?;
    let due = host.is_server() && path.load == "loaded" && path.enabled == "enabled";
    let saw = format!(
        "{} is {} ({})",
        unit::ENUMERATOR_PATH,
        path.active,
        path.sub
    );
    (due && path.active != "active").then(|| says(saw))
}

fn not_listening(proof: Proof<'_>) -> Vec<Says> {
    let wanted = &proof.host.expect().listen;
    let sockets: &[Socket] = match proof.host.look().map(|look| &look.listening) {
        _ if wanted.is_empty() => &[],
        Some(Seen::Is(sockets)) => sockets,
        Some(Seen::Absent) | None => &[],
        Some(Seen::Unknown(why)) => {
            let saw = format!("could not look at the sockets: {why}");
            return vec![says(saw).unsure().with("port", PORT)];
        }
    };
    let wrong = wanted.iter().filter_map(|want| socket(want, sockets));
    wrong.collect()
}

fn socket(want: &ListenAddress, sockets: &[Socket]) -> Option<Says> {
    let (address, port) = (&want.address, want.port);
    let covers = |socket: &&Socket| socket.port == port && socket_covers(&socket.address, address);
    let owners: Vec<&Socket> = sockets.iter().filter(covers).collect();
    let foreign = |socket: &&Socket| {
        !socket.processes.is_empty() && !socket.processes.iter().any(|name| name == "upsd")
    };
    let saw = if owners.is_empty() {
        format!("nothing listens on {address} port {port}")
    } else if owners.iter().all(foreign) {
        let who: Vec<String> = owners.iter().flat_map(|s| s.processes.clone()).collect();
        let who = who.join(", ");
        format!("port {port} of {address} belongs to {who}, not to upsd")
    } else {
        return None;
    };
    Some(says(saw).with("port", port))
}

fn not_answering(proof: Proof<'_>) -> impl Iterator<Item = Says> {
    let systems = proof.host.expect().systems().into_iter();
    systems.filter_map(move |system| {
        let saw = match proof.host.look()?.ups.get(&system) {
            Some(reading @ Reading::Variables(_)) => match reading.status() {
                Some(status) if !status.starts_with("WAIT") => return None,
                Some(_) => format!("{system}: the driver has not delivered data yet (WAIT)"),
                None => format!("{system} answers without ups.status"),
            },
            Some(Reading::Error(text)) => format!("upsc {system}: {text}"),
            Some(Reading::TimedOut) => format!("upsc {system} got no answer within 4 s"),
            None => format!("upsc {system} could not be run"),
        };
        Some(says(saw).with("system", &system))
    })
}
