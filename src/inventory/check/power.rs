//! Which UPS feeds which host, and who serves it.

use std::collections::BTreeSet;

use super::CrossCheck;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{Host, Platform, Ups};
use crate::model::name::HostName;
use crate::nut::ups_name::UpsName;

pub(super) fn check(check: &mut CrossCheck<'_>) {
    let inventory = check.inventory;
    let mut serving: BTreeSet<&HostName> = BTreeSet::new();
    for (name, ups) in &inventory.ups {
        server(check, name, ups);
        serving.insert(&ups.host);
    }
    let mut local = BTreeSet::new();
    for (name, host) in &inventory.hosts {
        feeds(check, name, host, &mut local);
        let fed =
            serving.contains(name) || host.powered_by.as_ref().is_some_and(|by| !by.is_empty());
        if !fed && check.wrong.spares("hosts", name.as_str()) && check.cables_are_known() {
            unfed(check, name);
        }
    }
}

/// The server of a UPS is a host that upsctl can set up, or one that somebody else looks after.
fn server(check: &mut CrossCheck<'_>, name: &UpsName, ups: &Ups) {
    let path = ["ups", name.as_str(), "host"];
    let server = ups.host.as_str();
    if !check.known("hosts", server, &path) {
        return;
    }
    let platform = check
        .inventory
        .hosts
        .get(&ups.host)
        .map(|host| host.platform);
    let serves = |platform: &Platform| matches!(platform, Platform::Debian | Platform::External);
    if let Some(platform) = platform.filter(|platform| !serves(platform)) {
        let word = platform.as_str();
        let message = format!("`{server}` has platform `{word}` and cannot serve a UPS yet");
        let second = check.place(&["hosts", server, "platform"]);
        let help =
            "a `debian` host can have the cable, or an `external` one that is set up by hand";
        check.report(
            &path,
            Diagnostic::new(message)
                .second(second, "set here")
                .help(help),
        );
    }
}

/// Every UPS that feeds a host exists, and the host can be its client.
fn feeds<'a>(
    check: &mut CrossCheck<'a>,
    name: &'a HostName,
    host: &'a Host,
    local: &mut BTreeSet<&'a HostName>,
) {
    let mut seen = BTreeSet::new();
    for (index, ups) in host.powered_by.iter().flatten().enumerate() {
        let index = index.to_string();
        let path = ["hosts", name.as_str(), "powered_by", &index];
        if !check.known("ups", ups.as_str(), &path) {
            continue;
        }
        if !seen.insert(ups) {
            let message = format!("`{ups}` is listed twice");
            check.report(&path, Diagnostic::new(message).help("keep one of the two"));
        }
        insists(check, host.platform, ups, &path);
        let server = check.inventory.ups.get(ups).map(|ups| &ups.host);
        if let Some(server) = server.filter(|server| *server != name) {
            reachable(check, server, &path, local);
        }
    }
}

fn insists(check: &mut CrossCheck<'_>, platform: Platform, ups: &UpsName, path: &[&str]) {
    let Some(fixed) = platform.insists().filter(|fixed| fixed.ups != ups.as_str()) else {
        return;
    };
    let (word, wanted) = (platform.as_str(), fixed.ups);
    let message = format!("platform `{word}` only knows a UPS named `{wanted}`, not `{ups}`");
    let second = check.place(&["ups", ups.as_str()]);
    let help = format!("rename the UPS: `[ups.{wanted}]`");
    check.report(
        path,
        Diagnostic::new(message)
            .second(second, "this UPS")
            .help(help),
    );
}

/// A server that upsctl itself runs on still needs an address for its clients.
fn reachable<'a>(
    check: &mut CrossCheck<'a>,
    server: &'a HostName,
    client: &[&str],
    local: &mut BTreeSet<&'a HostName>,
) {
    let Some(host) = check.inventory.hosts.get(server) else {
        return;
    };
    let named = check.source.has(&["hosts", server.as_str(), "nut_address"]);
    if host.address == "local" && !named && local.insert(server) {
        let message = format!("clients cannot reach `{server}` at the address `local`");
        let second = check.place(client);
        let help = "write its `nut_address = \"…\"`, the address the clients' upsmon connects to";
        let error = Diagnostic::new(message)
            .second(second, "a client")
            .help(help);
        check.report(&["hosts", server.as_str(), "address"], error);
    }
}

fn unfed(check: &mut CrossCheck<'_>, name: &HostName) {
    let message = format!("no UPS feeds `{name}`");
    let help = "write `powered_by = [\"UPS\"]`, or make it the `host` of a UPS";
    let listed = ["hosts", name.as_str(), "powered_by"];
    let host = ["hosts", name.as_str()];
    let path: &[&str] = if check.source.has(&listed) {
        &listed
    } else {
        &host
    };
    check.report(path, Diagnostic::new(message).help(help));
}
