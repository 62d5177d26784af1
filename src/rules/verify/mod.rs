//! What must be true on a host whose files are in force.

mod access_denied;
mod client_not_logged_in;
mod port_not_listening;
mod unit_not_active;
mod ups_not_answering;
mod usb_device_missing;

use std::collections::BTreeMap;

use super::Rule;
use crate::model::desired::DesiredHost;
use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::model::observed::ObservedHost;

/// One host, and the others of the same run.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    pub desired: &'a DesiredHost,
    pub observed: &'a ObservedHost,
    /// Every host that was looked at, for telling clients by their addresses.
    pub peers: &'a BTreeMap<HostName, ObservedHost>,
    /// Whether clients other than the host itself must be there by now.
    pub clients: Clients,
}

/// Whether a server's clients are due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clients {
    /// All must be logged in.
    Due,
    /// They may still be changed after their server.
    NotYet,
}

type Check = fn(&View<'_>) -> Vec<Finding>;

const CHECKS: [(&Rule, Check); 6] = [
    (&usb_device_missing::RULE, usb_device_missing::check),
    (&unit_not_active::RULE, unit_not_active::check),
    (&port_not_listening::RULE, port_not_listening::check),
    (&ups_not_answering::RULE, ups_not_answering::check),
    (&client_not_logged_in::RULE, client_not_logged_in::check),
    (&access_denied::RULE, access_denied::check),
];

/// The rules of this pass.
pub static RULES: [&Rule; 6] = [
    CHECKS[0].0,
    CHECKS[1].0,
    CHECKS[2].0,
    CHECKS[3].0,
    CHECKS[4].0,
    CHECKS[5].0,
];

/// Everything that is not as it must be, in the order of the chain from the cable to the login.
pub fn check(view: &View<'_>) -> Vec<Finding> {
    CHECKS
        .iter()
        .flat_map(|(_, check)| check(view))
        .map(|finding| finding.on(&view.desired.name))
        .collect()
}

/// Whether one client is logged in to the server of the view.
pub fn logged_in(view: &View<'_>, client: &HostName) -> Vec<Finding> {
    client_not_logged_in::of(view, client)
        .into_iter()
        .map(|finding| finding.on(client))
        .collect()
}
