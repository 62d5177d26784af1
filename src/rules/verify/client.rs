//! Who is logged in, and who is refused.

use super::{Clients, Proof};
use crate::model::desired::{ExpectedClient, ExpectedMonitor};
use crate::model::finding::Finding;
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::observed::Seen;
use crate::nut::unit::{MONITOR, SERVER};
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::{LoggedIn, ParsedHost, words};

rules! {
    "client-not-logged-in" Error Proof not_logged_in;
    "access-denied" Error Proof denied;
}

fn not_logged_in(proof: Proof<'_>) -> impl Iterator<Item = Says> {
    let host = proof.host;
    let clients = host.expect().clients.iter();
    let due = clients.filter(move |client| client.own || proof.clients == Clients::Due);
    let monitors = host.expect().monitors.iter();
    let own = monitors.filter(|monitor| !monitor.primary);
    due.filter_map(move |client| absent(host, client))
        .chain(own.filter_map(move |monitor| absent_here(host, monitor)))
}

/// What speaks against one client being logged in to a server.
pub(super) fn of(server: ParsedHost<'_>, name: &HostName) -> Vec<Finding> {
    let clients = server.expect().clients.iter();
    let its = clients.filter(|client| client.host == *name);
    let says = its.filter_map(|client| absent(server, client));
    says.map(|says| says.finding(&RULES[0].rule, Some(name)))
        .collect()
}

fn absent(server: ParsedHost<'_>, client: &ExpectedClient) -> Option<Says> {
    let mut upses = server.expect().ups.iter();
    let system = &upses.find(|ups| ups.name == client.ups)?.system;
    let heard = server.lists(system, server.name(), &client.host);
    let says = verdict(&heard, system, client.host.as_str())?;
    Some(
        says.with("place", place(client.platform))
            .with("user", &client.user),
    )
}

/// Whether a host that follows hears that it is logged in.
fn absent_here(host: ParsedHost<'_>, monitor: &ExpectedMonitor) -> Option<Says> {
    let heard = host.lists(&monitor.system, &monitor.server, host.name());
    let says = verdict(&heard, &monitor.system, "this host")?;
    Some(
        says.with("place", place(host.platform()))
            .with("user", &monitor.user),
    )
}

fn verdict(heard: &LoggedIn<'_>, system: &str, who: &str) -> Option<Says> {
    let says = match heard {
        LoggedIn::Yes => return None,
        LoggedIn::No(list) => says(format!(
            "{who} is not logged in to {system} (logged in: {})",
            words(list)
        )),
        LoggedIn::Unknown(why) => says(format!(
            "cannot tell whether {who} is logged in to {system}: {why}"
        ))
        .unsure(),
    };
    Some(says.with("system", system))
}

fn place(platform: Platform) -> &'static str {
    match platform {
        Platform::Truenas => "Services > UPS in the TrueNAS UI",
        Platform::Debian => "`journalctl -u nut-monitor` on the client",
        _ => "the UPS settings of the client",
    }
}

/// A refusal counts while the host is not logged in, and when it came after what runs now was
/// started: older ones are history.
fn denied(proof: Proof<'_>) -> Option<Says> {
    let host = proof.host;
    let look = host.look()?;
    let Seen::Is(lines) = &look.journal else {
        return None;
    };
    let mut monitors = host.expect().monitors.iter();
    let is_in = |monitor: &ExpectedMonitor| {
        host.lists(&monitor.system, &monitor.server, host.name()) == LoggedIn::Yes
    };
    if !host.expect().monitors.is_empty() && monitors.all(is_in) {
        return None;
    }
    let since = [MONITOR, SERVER]
        .into_iter()
        .filter_map(|unit| Some(host.unit(unit)?.since));
    let since = since.max().unwrap_or(0);
    let refused =
        |line: &&String| line.contains("ACCESS-DENIED") || line.contains("privileges unavailable");
    let refused = lines.iter().filter(refused);
    let refused: Vec<&String> = refused
        .filter(|line| time_of(line).is_none_or(|time| time >= since))
        .collect();
    let saw = "upsd refuses this host's upsmon (ACCESS-DENIED in the journal)";
    (!refused.is_empty()).then(|| says(saw).shown(refused))
}

/// `journalctl -o short-unix` starts each line with seconds since the epoch.
fn time_of(line: &str) -> Option<u64> {
    line.split(['.', ' ']).next()?.parse().ok()
}
