//! What must be true on a host whose files are in force.

mod client;
mod server;

use super::{CheckedRule, Rule};
use crate::model::finding::Finding;
use crate::model::name::HostName;
use crate::site::ParsedHost;

/// A host whose files are in force, among the others of its run.
#[derive(Clone, Copy)]
pub struct Proof<'a> {
    pub host: ParsedHost<'a>,
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

/// In the order of the chain from the cable to the login.
fn all() -> impl Iterator<Item = &'static CheckedRule> {
    server::RULES.iter().chain(client::RULES)
}

/// The rules of this pass.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    all().map(|rule| &rule.rule)
}

/// Everything that is not as it must be, in the order of the chain from the cable to the login.
pub fn check(host: ParsedHost<'_>, clients: Clients) -> Vec<Finding> {
    let proof = Proof { host, clients };
    all().flat_map(|rule| rule.of_proof(proof)).collect()
}

/// What speaks against one client being logged in to a server.
pub fn logged_in(server: ParsedHost<'_>, client: &HostName) -> Vec<Finding> {
    client::of(server, client)
}
