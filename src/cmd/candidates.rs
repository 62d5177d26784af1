//! What stands to choice while a command line is typed: hosts and tags of the inventory at hand,
//! rule ids, symptoms. Where the inventory cannot be read there is nothing to offer, and no word
//! is said: the command itself says it.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::PathBuf;

use clap_complete::engine::CompletionCandidate;

use crate::inventory;
use crate::model::inventory::Inventory;
use crate::rules;

/// Hosts, and `@tag` for each tag.
pub(super) fn hosts_and_tags() -> Vec<CompletionCandidate> {
    let Some(inventory) = at_hand() else {
        return Vec::new();
    };
    let tags: BTreeSet<String> = inventory
        .hosts
        .values()
        .flat_map(|host| host.tags.iter().map(|tag| format!("@{tag}")))
        .collect();
    let mut all = named(&inventory);
    all.extend(tags.into_iter().map(CompletionCandidate::new));
    all
}

/// Hosts.
pub(super) fn hosts() -> Vec<CompletionCandidate> {
    at_hand().map_or_else(Vec::new, |inventory| named(&inventory))
}

/// Ids of rules with their titles.
pub(super) fn rules() -> Vec<CompletionCandidate> {
    let all = rules::all().into_iter();
    all.map(|rule| {
        let title = rules::text::title(rule.text).to_string();
        CompletionCandidate::new(rule.id).help(Some(title.into()))
    })
    .collect()
}

fn named(inventory: &Inventory) -> Vec<CompletionCandidate> {
    let hosts = inventory.hosts.iter();
    hosts
        .map(|(name, host)| {
            CompletionCandidate::new(name.as_str()).help(Some(host.address.clone().into()))
        })
        .collect()
}

fn at_hand() -> Option<Inventory> {
    let path = chosen(std::env::args_os().collect())
        .or_else(|| std::env::var_os("UPSCTL_INVENTORY").map(PathBuf::from))
        .unwrap_or_else(|| PathBuf::from("inventory"));
    inventory::load(&path).ok().map(|loaded| loaded.inventory)
}

/// The inventory that the words typed so far name: `-i PATH`, `-iPATH`, `--inventory PATH` or
/// `--inventory=PATH`.
fn chosen(words: Vec<OsString>) -> Option<PathBuf> {
    let words: Vec<String> = words
        .into_iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    words.iter().enumerate().rev().find_map(|(at, word)| {
        let next = || words.get(at + 1).filter(|next| !next.is_empty());
        match word.as_str() {
            "-i" | "--inventory" => next().map(PathBuf::from),
            long if long.starts_with("--inventory=") => {
                long.split_once('=').map(|(_, path)| path.into())
            }
            short if short.starts_with("-i") && !short.starts_with("--") => Some(short[2..].into()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Option<PathBuf> {
        chosen(text.split(' ').map(OsString::from).collect())
    }

    #[test]
    fn the_inventory_is_the_one_that_was_typed() {
        for text in [
            "upsctl -i a deploy",
            "upsctl -ia deploy",
            "upsctl --inventory a diff",
            "upsctl diff --inventory=a x",
        ] {
            assert_eq!(words(text), Some("a".into()), "{text}");
        }
        assert_eq!(words("upsctl deploy"), None);
    }
}
