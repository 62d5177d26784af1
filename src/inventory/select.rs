use std::collections::BTreeSet;

use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::{Host, Inventory};
use crate::model::name::HostName;
use crate::model::nearest;

/// The hosts a command line means: names and `@tag`s; none means all. In the inventory's order,
/// each once.
///
/// # Errors
/// Every word that means no host, with the nearest name or the list of tags.
pub fn select(inventory: &Inventory, words: &[String]) -> Result<Vec<HostName>, Diagnostics> {
    let mut chosen = BTreeSet::new();
    let mut errors = Vec::new();
    for word in words {
        let found = chosen_by(inventory, word);
        if found.is_empty() {
            errors.push(unknown(inventory, word));
        }
        chosen.extend(found);
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

fn chosen_by<'a>(inventory: &'a Inventory, word: &str) -> Vec<&'a HostName> {
    let hosts = inventory.hosts.iter();
    let meant = |name: &HostName, host: &Host| match word.strip_prefix('@') {
        Some(tag) => host.tags.iter().any(|own| own == tag),
        None => name.as_str() == word,
    };
    hosts
        .filter(|(name, host)| meant(name, host))
        .map(|(name, _)| name)
        .collect()
}

fn unknown(inventory: &Inventory, word: &str) -> Diagnostic {
    if let Some(tag) = word.strip_prefix('@') {
        return unknown_tag(inventory, tag);
    }
    let mut hosts = inventory.hosts.values();
    let help = match hosts.any(|host| host.tags.iter().any(|tag| tag == word)) {
        true => Some(format!("`{word}` is a tag: write `@{word}`")),
        false => nearest::hint(word, "hosts", inventory.hosts.keys().map(HostName::as_str)),
    };
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

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = r#"
        [ups.ups]
        host = "pve"
        driver = "usbhid-ups"
        [hosts.pve]
        address = "a"
        tags = ["rack1"]
        [hosts.nas]
        address = "b"
        tags = ["rack1", "disks"]
        [hosts.backup]
        address = "c"
    "#;

    fn chosen(words: &[&str]) -> Result<Vec<String>, String> {
        let inventory: Inventory = toml::from_str(SITE).expect("a site");
        let words: Vec<String> = words.iter().map(|word| word.to_string()).collect();
        let names = select(&inventory, &words).map_err(|errors| {
            let text = |error: Diagnostic| {
                format!("{} ({})", error.message, error.help.unwrap_or_default())
            };
            errors
                .0
                .into_iter()
                .map(text)
                .collect::<Vec<_>>()
                .join("; ")
        })?;
        Ok(names.iter().map(HostName::to_string).collect())
    }

    #[test]
    fn no_word_means_every_host() {
        assert_eq!(
            chosen(&[]),
            Ok(vec!["backup".into(), "nas".into(), "pve".into()])
        );
    }

    #[test]
    fn names_and_tags_add_up_and_each_host_comes_once() {
        assert_eq!(
            chosen(&["pve", "@disks"]),
            Ok(vec!["nas".into(), "pve".into()])
        );
        assert_eq!(
            chosen(&["@rack1", "nas", "nas"]),
            Ok(vec!["nas".into(), "pve".into()])
        );
    }

    #[test]
    fn every_word_that_means_nothing_is_named() {
        assert_eq!(
            chosen(&["pev", "pve", "@rock1", "@x"]),
            Err(
                "there is no host `pev` in the inventory (did you mean `pve`?); \
                 no host has the tag `rock1` (did you mean `rack1`?); \
                 no host has the tag `x` (tags: `disks`, `rack1`)"
                    .into()
            )
        );
    }
}
