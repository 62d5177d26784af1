//! Making text that came from a host fit to be seen.

use std::collections::BTreeMap;

use super::secret::{Secret, SecretStore};
use super::source::option_secret;
use super::text::{Segment, Text, mask};
use crate::nut::conf;
use crate::nut::directive::File;
use crate::nut::files::{UpsdUsers, UpsmonConf};
use crate::nut::secret_words::{SecretOwner, secrets as spans};

/// Shorter passwords are only masked where a password stands: as words they are everywhere.
const SHORTEST: usize = 4;

/// A file of a host with every password replaced: by where it stands, and known ones wherever they
/// stand.
pub fn file(file: File, content: &str, secrets: &SecretStore) -> String {
    let bytes = content.as_bytes();
    let mut out = Vec::new();
    let mut done = 0;
    for found in spans(file, bytes) {
        out.extend_from_slice(&bytes[done..found.span.start]);
        let raw = String::from_utf8_lossy(&bytes[found.span.clone()]);
        out.extend_from_slice(stand_in(&raw, &found.owner, secrets).as_bytes());
        done = found.span.end;
    }
    out.extend_from_slice(&bytes[done..]);
    line(&String::from_utf8_lossy(&out), secrets)
}

/// A rendered file in which what stands where a secret does is hidden, whoever wrote it there.
pub fn hide(file: File, text: Text) -> Text {
    // One word for each password, so that the lines read as they will.
    let whole = text.fill(|user| "x".repeat(mask(user).len()));
    let found = spans(file, whole.as_bytes());
    let (mut out, mut start) = (Vec::new(), 0);
    for segment in text.0 {
        let Segment::Plain(plain) = segment else {
            start += Text(vec![segment.clone()])
                .fill(|user| "x".repeat(mask(user).len()))
                .len();
            out.push(segment);
            continue;
        };
        let end = start + plain.len();
        let mut done = start;
        for secret in &found {
            let (from, to) = (secret.span.start.max(done), secret.span.end.min(end));
            if from < to {
                out.push(Segment::Plain(whole[done..from].into()));
                out.push(Segment::Hidden {
                    shown: stand_in(&whole[from..to], &secret.owner, &SecretStore::default()),
                    text: Secret::new(&whole[from..to]),
                });
                done = to;
            }
        }
        out.push(Segment::Plain(whole[done..end].into()));
        start = end;
    }
    out.retain(|segment| !matches!(segment, Segment::Plain(text) if text.is_empty()));
    Text(out)
}

/// The secrets of a file that are no NUT user's, by what they are.
pub fn other_secrets(file: File, content: &str) -> BTreeMap<String, Secret> {
    let name = |owner| match owner {
        SecretOwner::Monitor { .. } | SecretOwner::User { .. } => None,
        SecretOwner::Key {
            section: Some(section),
            key,
        } => Some(option_secret(&section, &key)),
        SecretOwner::Key { key, .. } => Some(key),
        SecretOwner::CertIdent { .. } => Some("password of the certificate".into()),
        SecretOwner::Url => Some("login in a URL".into()),
    };
    let found = spans(file, content.as_bytes()).into_iter();
    found
        .filter_map(|found| Some((name(found.owner)?, word(&content[found.span]))))
        .map(|(name, value)| (name, Secret::new(value)))
        .collect()
}

fn stand_in(raw: &str, owner: &SecretOwner, secrets: &SecretStore) -> String {
    let user = match owner {
        SecretOwner::Monitor {
            user: Some(user), ..
        }
        | SecretOwner::User { name: Some(user) } => user,
        SecretOwner::Monitor { .. } | SecretOwner::User { .. } => return "<password>".into(),
        SecretOwner::CertIdent { .. } => return "<certificate password>".into(),
        SecretOwner::Key {
            section: Some(section),
            key,
        } => &option_secret(section, key),
        SecretOwner::Key { key, .. } => return format!("<secret {key}>"),
        SecretOwner::Url => return "<user and password>".into(),
    };
    match secrets.get(user) {
        Some(known) if known.expose() != word(raw) => mask(user).replacen('<', "<another ", 1),
        _ => mask(user),
    }
}

/// The value that NUT makes of a word as it stands in a file.
fn word(raw: &str) -> String {
    let parsed = conf::parse(format!("{raw}\n").as_bytes());
    let first = parsed.lines.first().and_then(|line| line.words.first());
    first.map_or_else(|| raw.to_string(), |word| word.value.clone())
}

/// Any text with every known password in it replaced.
pub fn line(text: &str, secrets: &SecretStore) -> String {
    let mut known: Vec<(&str, &Secret)> = secrets
        .iter()
        .filter(|(_, secret)| secret.expose().len() >= SHORTEST)
        .collect();
    // A password that contains another must go first.
    known.sort_by_key(|(_, secret)| std::cmp::Reverse(secret.expose().len()));
    known
        .into_iter()
        .fold(text.to_string(), |text, (user, secret)| {
            text.replace(secret.expose(), &mask(user))
        })
}

/// The passwords that NUT reads in a file, by NUT user.
pub fn passwords(file: File, content: &str) -> BTreeMap<String, Secret> {
    let bytes = content.as_bytes();
    match file {
        File::UpsdUsers => UpsdUsers::parse(bytes)
            .users
            .into_iter()
            .filter_map(|user| Some((user.name, Secret::new(user.password?.value))))
            .collect(),
        File::Upsmon => UpsmonConf::parse(bytes)
            .monitors
            .into_iter()
            .map(|monitor| (monitor.user.value, Secret::new(monitor.password.value)))
            .collect(),
        File::Nut | File::Ups | File::Upsd => BTreeMap::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secrets() -> SecretStore {
        let mut secrets = SecretStore::default();
        secrets.insert("nas", Secret::new("canary7"));
        secrets
    }

    #[test]
    fn a_known_password_is_named_and_another_one_is_told_from_it() {
        let users = "[nas]\npassword = canary7\n[pve]\npassword = other9\n";
        assert_eq!(
            file(File::UpsdUsers, users, &secrets()),
            "[nas]\npassword = <password of nas>\n[pve]\npassword = <password of pve>\n"
        );
        let old = "[nas]\n  password = \"stale 1\"\n";
        let masked = file(File::UpsdUsers, old, &secrets());
        assert_eq!(masked, "[nas]\n  password = <another password of nas>\n");
    }

    #[test]
    fn a_secret_of_a_driver_is_hidden_on_both_sides_alike() {
        for (of, text) in [
            (File::Ups, "[ups]\ncommunity = canary7\n"),
            (File::Ups, "[ups]\n  authPassword = \"canary7 b\"\n"),
            (File::Ups, "[ups]\nport = http://admin:canary7@10.0.0.1\n"),
            (File::Upsd, "CERTIDENT \"name\" \"canary7\"\n"),
        ] {
            let desired = hide(of, Text::plain(text));
            let shown = desired.masked();
            assert!(!shown.contains("canary7"), "{shown}");
            assert!(!format!("{desired:?}").contains("canary7"));
            assert_eq!(shown, file(of, text, &SecretStore::default()));
            let revealed = desired.reveal(&SecretStore::default()).unwrap();
            assert_eq!(revealed.expose(), text);
            assert_eq!(other_secrets(of, text).len(), 1, "{text}");
        }
    }

    #[test]
    fn a_known_password_is_masked_where_none_is_expected() {
        let text = "NOTIFYCMD \"/bin/x canary7\"\n# canary7\n";
        assert!(!file(File::Upsmon, text, &secrets()).contains("canary7"));
    }
}
