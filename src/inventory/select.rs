use std::collections::BTreeSet;

use super::nearest;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Inventory;
use crate::model::name::HostName;

/// The hosts a command line means: names and `@tag`s; none means all. In the inventory's order,
/// each once.
///
/// # Errors
/// Every word that means no host, with the nearest name or the list of tags.
pub fn select(inventory: &Inventory, words: &[String]) -> Result<Vec<HostName>, Diagnostics> {
    let mut chosen = BTreeSet::new();
    let mut errors = Vec::new();
    for word in words {
        match chosen_by(inventory, word) {
            Ok(hosts) => chosen.extend(hosts),
            Err(error) => errors.push(error),
        }
    }
    if !errors.is_empty() {
        return Err(Diagnostics(errors));
    }
    let names = inventory.hosts.keys();
    Ok(names
        .filter(|name| words.is_empty() || chosen.contains(*name))
        .cloned()
        .collect())
}

fn chosen_by<'a>(inventory: &'a Inventory, word: &str) -> Result<Vec<&'a HostName>, Diagnostic> {
    let Some(tag) = word.strip_prefix('@') else {
        let found = inventory
            .hosts
            .get_key_value(word)
            .map(|(name, _)| vec![name]);
        return found.ok_or_else(|| unknown_host(inventory, word));
    };
    let tagged = inventory
        .hosts
        .iter()
        .filter(|(_, host)| host.tags.iter().any(|own| own == tag));
    let found: Vec<_> = tagged.map(|(name, _)| name).collect();
    if found.is_empty() {
        Err(unknown_tag(inventory, tag))
    } else {
        Ok(found)
    }
}

fn unknown_host(inventory: &Inventory, word: &str) -> Diagnostic {
    let help = nearest::hint(word, "hosts", inventory.hosts.keys().map(HostName::as_str));
    Diagnostic {
        help,
        ..Diagnostic::new(format!("there is no host `{word}` in the inventory"))
    }
}

fn unknown_tag(inventory: &Inventory, tag: &str) -> Diagnostic {
    let tags: BTreeSet<&str> = inventory
        .hosts
        .values()
        .flat_map(|host| &host.tags)
        .map(String::as_str)
        .collect();
    let help = nearest::hint(tag, "tags", tags.into_iter());
    let help = help.unwrap_or_else(|| "no host has `tags`".into());
    Diagnostic::new(format!("no host has the tag `{tag}`")).help(help)
}
