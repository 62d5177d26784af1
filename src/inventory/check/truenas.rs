//! The way in to a TrueNAS, and what it cannot be told.

use super::CrossCheck;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{Host, Platform};
use crate::model::name::HostName;
use crate::model::truenas::DIRECTIVES;

pub(super) fn check(check: &mut CrossCheck<'_>) {
    for (name, host) in &check.inventory.hosts {
        if host.truenas.is_some() {
            way_in(check, name, host);
        }
        if host.is_managed_truenas() {
            one_ups(check, name, host);
            directives(check, name, host);
        }
    }
}

fn way_in(check: &mut CrossCheck<'_>, name: &HostName, host: &Host) {
    let path = ["hosts", name.as_str(), "truenas"];
    if host.platform != Platform::Truenas {
        let word = host.platform.as_str();
        let error = Diagnostic::new(format!(
            "`{name}` has platform `{word}`, and this is of TrueNAS"
        ))
        .second(
            check.place(&["hosts", name.as_str(), "platform"]),
            "set here",
        )
        .help("write `platform = \"truenas\"`, or leave the table out");
        check.report(&path, error);
    } else if host.truenas.as_ref().is_some_and(|way| way.over.is_none()) {
        let error = Diagnostic::new("no way in to its middleware").help(
            "write `over = \"ssh\"`; without this table `upsctl diff` says what to set by hand",
        );
        check.report(&path, error);
    }
}

/// Its settings have room for one UPS.
fn one_ups(check: &mut CrossCheck<'_>, name: &HostName, host: &Host) {
    let fed = host.powered_by.as_ref().map_or(0, Vec::len);
    if fed > 1 {
        let error = Diagnostic::new(format!(
            "{fed} UPSes feed `{name}`, and a TrueNAS watches one"
        ))
        .help("leave the one whose low battery must bring it down");
        check.report(&["hosts", name.as_str(), "powered_by"], error);
    }
}

/// Its upsmon.conf is made by its middleware, which has a field for few directives.
fn directives(check: &mut CrossCheck<'_>, name: &HostName, host: &Host) {
    for directive in host.upsmon.keys() {
        if DIRECTIVES.iter().all(|(known, _)| known != directive) {
            let known = DIRECTIVES.map(|(known, _)| known).join(", ");
            let error = Diagnostic::new(format!("a TrueNAS has no field for `{directive}`"))
                .help(format!("of upsmon.conf it can be told {known}"));
            check.report(&["hosts", name.as_str(), "upsmon", directive], error);
        }
    }
}
