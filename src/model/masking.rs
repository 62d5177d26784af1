//! Making text that came from a host fit to be seen.

use std::collections::BTreeMap;

use super::secret::{Secret, SecretStore};
use super::text::mask;
use crate::nut::directive::File;
use crate::nut::secret_words::{SecretOwner, secrets as spans};

/// Shorter passwords are only masked where a password stands: as words they are everywhere.
const SHORTEST: usize = 4;

/// A file of a host with every password replaced: by where it stands, and known ones wherever they
/// stand.
pub fn file(file: File, content: &str, secrets: &SecretStore) -> String {
    let mut out = String::new();
    let mut done = 0;
    for found in spans(file, content.as_bytes()) {
        if found.span.start < done {
            continue;
        }
        let value = &content[found.span.clone()];
        out.push_str(&content[done..found.span.start]);
        out.push_str(&stand_in(value, &found.owner, secrets));
        done = found.span.end;
    }
    out.push_str(&content[done..]);
    line(&out, secrets)
}

fn stand_in(raw: &str, owner: &SecretOwner, secrets: &SecretStore) -> String {
    let value = unquoted(raw);
    let user = match owner {
        SecretOwner::User(user) => user.as_str(),
        SecretOwner::Other(what) => return format!("<{what}>"),
    };
    match secrets.get(user) {
        Some(known) if known.expose() != value => format!("<another password of {user}>"),
        _ => mask(user),
    }
}

/// Any text with every known password in it replaced.
pub fn line(text: &str, secrets: &SecretStore) -> String {
    let mut known: Vec<(&str, &Secret)> =
        secrets.iter().filter(|(_, secret)| secret.expose().len() >= SHORTEST).collect();
    // A password that contains another must go first.
    known.sort_by_key(|(_, secret)| std::cmp::Reverse(secret.expose().len()));
    known.into_iter().fold(text.to_string(), |text, (user, secret)| {
        text.replace(secret.expose(), &mask(user))
    })
}

/// The passwords a file holds, by NUT user.
pub fn passwords(file: File, content: &str) -> BTreeMap<String, Secret> {
    spans(file, content.as_bytes())
        .into_iter()
        .filter(|found| !found.commented)
        .filter_map(|found| match found.owner {
            SecretOwner::User(user) => {
                Some((user, Secret::new(unquoted(&content[found.span]))))
            }
            SecretOwner::Other(_) => None,
        })
        .collect()
}

fn unquoted(raw: &str) -> String {
    let line = crate::nut::conf::parse(format!("{raw}\n").as_bytes());
    line.lines
        .first()
        .and_then(|line| line.words.first())
        .map_or_else(|| raw.to_string(), |word| word.value.clone())
}
