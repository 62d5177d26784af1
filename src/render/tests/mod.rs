mod by_hand;
mod derive;
mod overrides;
mod parse_back;
mod templates;

use crate::model::desired::DesiredHost;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::render::{self, InventoryIndex, Templates};

/// A server with one client, and whatever is added to it.
const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "usbhid-ups"
[hosts.pve]
address = "192.168.2.214"
[hosts.web]
address = "192.168.2.40"
powered_by = ["ups"]
"#;

fn inventory(text: &str) -> Inventory {
    toml::from_str(text).unwrap_or_else(|why| panic!("{why}\n{text}"))
}

/// [`SITE`] with more behind it.
fn site(more: &str) -> Inventory {
    inventory(&format!("{SITE}{more}"))
}

fn name(name: &str) -> HostName {
    HostName::new(name).expect("a host name")
}

fn try_desire(inventory: &Inventory, host: &str) -> Result<DesiredHost, Diagnostics> {
    let templates = Templates::built_in().expect("built-in templates");
    desired(inventory, host, &templates)
}

fn desired(
    inventory: &Inventory,
    host: &str,
    templates: &Templates,
) -> Result<DesiredHost, Diagnostics> {
    let index = InventoryIndex::new(inventory, &|_| None);
    render::desired(&index, &name(host), None, templates)
}

/// What errors say, each with its way out.
fn told(errors: &Diagnostics) -> String {
    let one = |error: &Diagnostic| match &error.help {
        Some(help) => format!("{error}\n  help: {help}"),
        None => error.to_string(),
    };
    errors.0.iter().map(one).collect::<Vec<_>>().join("\n")
}

fn desire(inventory: &Inventory, host: &str) -> DesiredHost {
    try_desire(inventory, host).unwrap_or_else(|why| panic!("{why}"))
}

/// A file of a host, its passwords masked.
fn file(inventory: &Inventory, host: &str, file: File) -> String {
    desire(inventory, host).files[&file].content.masked()
}

/// The line of a directive in a file of a host.
fn line(inventory: &Inventory, host: &str, of: File, directive: &str) -> Option<String> {
    let text = file(inventory, host, of);
    let found = text.lines().find(|line| {
        let mut words = line.trim_start().split([' ', '=']);
        words.next() == Some(directive)
    });
    found.map(|line| line.trim().to_string())
}
