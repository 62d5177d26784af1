//! How long a host takes from the primary's call to its own end (clients/upsmon.c).

use std::collections::BTreeMap;

use super::host::Host;
use super::view::View;
use crate::nut::version::NutVersion;

/// Polls are not in step, and a login takes its time.
pub(super) const MARGIN: i64 = 2;

/// upsd drops a client after 60 seconds without a word (server/upsd.c).
pub(super) const LONGEST_SILENCE: i64 = 55;

/// `SHUTDOWNEXIT no`: upsmon does not end by itself.
pub(super) const FOR_EVER: i64 = 1_000_000;

/// The delays of a host, in seconds. A host whose files upsctl does not see has NUT's own.
pub(super) struct Timing {
    pub(super) poll: i64,
    pub(super) hostsync: i64,
    pub(super) finaldelay: i64,
    exit: i64,
    version: NutVersion,
}

impl Timing {
    pub(super) fn of(view: &View<'_>) -> Self {
        Self {
            poll: view.number("POLLFREQALERT"),
            hostsync: view.number("HOSTSYNC"),
            finaldelay: view.number("FINALDELAY"),
            exit: exit(view),
            version: view.host.version,
        }
    }

    /// How long after the primary's FSD it has logged out. For ever is a matter of its own.
    pub(super) fn logout(&self) -> i64 {
        self.poll + self.finaldelay + if self.exit < FOR_EVER { self.exit } else { 0 }
    }

    /// How long upsd hears nothing of it before it logs out. Since 2.8.5 it speaks up in
    /// SHUTDOWNEXIT.
    pub(super) fn silent(&self) -> i64 {
        let exit = if self.version < NutVersion::V2_8_5 {
            self.exit
        } else {
            0
        };
        self.finaldelay + exit
    }
}

fn exit(view: &View<'_>) -> i64 {
    let setting = view.upsmon("SHUTDOWNEXIT");
    let known = setting.filter(|s| s.directive.is_some_and(|d| d.known_to(view.host.version)));
    let value = known
        .and_then(|setting| setting.value())
        .map_or("yes", |word| &word.value);
    match value.to_ascii_lowercase().as_str() {
        "no" | "off" | "false" => FOR_EVER,
        number => number.parse().unwrap_or(0),
    }
}

/// The hosts that follow this one: secondaries of its UPSes, each once.
pub(super) fn secondaries<'a>(view: &View<'a>) -> Vec<&'a Host> {
    let others = view
        .watchers()
        .filter(|(host, watch)| host.name != view.host.name && !watch.primary);
    let hosts: BTreeMap<_, _> = others.map(|(host, _)| (&host.name, host)).collect();
    hosts.into_values().collect()
}
