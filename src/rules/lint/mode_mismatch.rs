use super::host::Origin;
use super::view::View;
use super::{keys, listen};
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "mode-mismatch",
    severity: Severity::Warning,
    text: include_str!("mode_mismatch.md"),
};

pub(super) fn check(view: &View<'_>) -> Vec<Finding> {
    let Some(mode) = view.host.nut.as_ref().and_then(|nut| nut.get("MODE")) else {
        return Vec::new();
    };
    let host = view.host;
    let no_ups = !host.has_ups() && (host.ups.is_some() || host.origin == Origin::Rendered);
    let watches = host
        .upsmon
        .as_ref()
        .is_some_and(|upsmon| !upsmon.monitors.is_empty());
    let others = view.watchers().any(|(other, _)| other.name != host.name);
    let saw = match mode.value.as_str() {
        "netclient" if host.has_ups() => {
            "MODE is netclient, and ups.conf has UPSes: upsd does not run"
        }
        "standalone" | "netserver" if no_ups => {
            "MODE starts upsd, and ups.conf has no UPS: upsd ends"
        }
        "none" if watches && !host.has_ups() => {
            "MODE is none, and upsmon.conf watches a UPS: upsmon does not run"
        }
        "netserver" if !others && listen::only_loopback(view) => {
            "MODE is netserver, and upsd listens on the loopback only"
        }
        _ => return Vec::new(),
    };
    vec![view.finding(&RULE, saw, keys::at_assignment(view, mode), &[])]
}
