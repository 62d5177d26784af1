//! Where hosts are, and how the command line names them.

use std::collections::HashMap;

use super::CrossCheck;
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::Host;
use crate::model::name::HostName;

/// ssh's port when neither the inventory nor the ssh configuration says another.
const SSH: u16 = 22;

pub(super) fn check(check: &mut CrossCheck<'_>) {
    let mut taken: HashMap<_, &HostName> = HashMap::new();
    for (name, host) in &check.inventory.hosts {
        let port = host.port.unwrap_or(SSH);
        // Behind different jump hosts the same private address means different machines.
        let key = (host.address.to_lowercase(), port, host.jump.as_deref());
        match taken.get(&key) {
            Some(other) => same_address(check, name, other),
            None => {
                taken.insert(key, name);
            }
        }
        tags(check, name, host);
    }
}

fn same_address(check: &mut CrossCheck<'_>, name: &HostName, other: &HostName) {
    let message = format!("`{name}` and `{other}` have the same address and port");
    let second = check.place(&["hosts", other.as_str(), "address"]);
    let help = "two deploys to one machine would undo each other; keep one of the two hosts";
    let error = Diagnostic::new(message)
        .second(second, format!("`{other}`"))
        .help(help);
    check.report(&["hosts", name.as_str(), "address"], error);
}

fn tags(check: &mut CrossCheck<'_>, name: &HostName, host: &Host) {
    for (index, tag) in host.tags.iter().enumerate() {
        let odd = tag
            .chars()
            .find(|c| c.is_whitespace() || c.is_control() || *c == '@');
        let message = match odd {
            _ if tag.is_empty() => "a tag must not be empty".to_string(),
            Some(odd) => format!("a tag must not contain {odd:?}"),
            None => continue,
        };
        let help = "write `tags = [\"rack1\"]`, and `@rack1` on the command line";
        let path = ["hosts", name.as_str(), "tags", &index.to_string()];
        check.report(&path, Diagnostic::new(message).help(help));
    }
}
