//! Reads a rendered file back as NUT reads it, and compares it with what it should say: a template
//! that breaks a value is caught before any host is touched.

use std::collections::BTreeMap;

use super::derive::{Derived, DerivedLine, DerivedWord};
use crate::model::desired::DesiredFile;
use crate::model::diagnostic::Diagnostic;
use crate::model::name::HostName;
use crate::nut::directive::{File, Scope, lookup};
use crate::nut::files::{Entry, NutConf, UpsConf, UpsdConf, UpsdUsers, UpsmonConf};
use crate::nut::secret_words::is_secret_name;

/// What a file says, by what it says it of: `MAXAGE`, `[ups] driver`, `MONITOR ups@10.0.0.1`. One
/// element for each line, with its words.
type Said = BTreeMap<String, Vec<Vec<String>>>;

/// Checks that NUT reads in a file what was derived for it. A template may say more, or leave out.
///
/// # Errors
/// Names the template, the directive, what it should be and what NUT reads.
pub fn verify(
    host: &HostName,
    file: File,
    derived: &Derived,
    made: &DesiredFile,
) -> Result<(), Diagnostic> {
    let wanted = wanted(file, derived);
    let text = made.content.fill(token);
    let read = read(file, text.as_bytes());
    for (what, lines) in &wanted {
        let found = read.get(what).map_or(&[][..], Vec::as_slice);
        // Of what is said once the last line counts.
        let counting = match lines.len() {
            1 if !repeatable(file, what) => &found[found.len().saturating_sub(1)..],
            _ => found,
        };
        let missing = lines.iter().find(|line| !counting.contains(line));
        if let Some(line) = missing.filter(|_| !counting.is_empty() || is_written(what, &text)) {
            return Err(broken(host, file, made, what, line, counting));
        }
    }
    Ok(())
}

/// Whether a text has the words of a statement, though NUT does not read it. What a template leaves
/// out altogether is the owner's business, and the lint rules'.
fn is_written(what: &str, text: &str) -> bool {
    let lines = text
        .lines()
        .filter(|line| !line.trim_start().starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    what.split(' ')
        .all(|word| lines.iter().any(|line| line.contains(word)))
}

fn repeatable(file: File, what: &str) -> bool {
    lookup(file, Scope::Top, what).is_some_and(|directive| directive.repeatable)
}

fn broken(
    host: &HostName,
    file: File,
    made: &DesiredFile,
    what: &str,
    wanted: &[String],
    read: &[Vec<String>],
) -> Diagnostic {
    let name = what.rsplit(' ').next().unwrap_or(what);
    let secret = is_secret_name(file, name);
    let shown = |words: &[String]| match words {
        [] => "a flag".to_string(),
        _ if secret => "a secret".to_string(),
        words if words.iter().any(|word| has_login(word)) => "an address with a login".to_string(),
        words => format!(
            "`{}`",
            words
                .iter()
                .map(|word| masked(word))
                .collect::<Vec<_>>()
                .join(" ")
        ),
    };
    let found = match read.last() {
        None => "does not find it".into(),
        Some(_) if secret => "reads another".into(),
        Some(words) => format!("reads {}", shown(words)),
    };
    let message = format!(
        "the template {} breaks {what} in {file} of {host}: it should be {}, and NUT {found}",
        made.template,
        shown(wanted)
    );
    let own = place_of_own(host, file, what).filter(|_| !read.is_empty() && !secret);
    let help = match own {
        Some(own) => format!("a value of your own stands in the inventory: write `{name} = …` below `{own}`"),
        None => "print values with `| nut` (nut.conf: `| sh`), each name and its words on a line of their own".into(),
    };
    Diagnostic::new(message).help(help)
}

/// The table of the inventory in which the owner sets a directive.
fn place_of_own(host: &HostName, file: File, what: &str) -> Option<String> {
    let section = what
        .strip_prefix('[')
        .and_then(|rest| rest.split_once("] "));
    match (file, section) {
        (File::Ups, Some((ups, "driver" | "port" | "desc"))) => Some(format!("[ups.{ups}]")),
        (File::Ups, Some((ups, _))) => Some(format!("[ups.{ups}.options]")),
        (File::Ups, None) => Some(format!("[hosts.{host}.ups]")),
        (File::Nut, _) => Some(format!("[hosts.{host}.nut]")),
        (File::Upsd, _) => Some(format!("[hosts.{host}.upsd]")),
        (File::Upsmon, _) if !what.starts_with("MONITOR ") => {
            Some(format!("[hosts.{host}.upsmon]"))
        }
        (File::Upsmon | File::UpsdUsers, _) => None,
    }
}

/// `http://user:password@host`.
fn has_login(word: &str) -> bool {
    word.split_once("://")
        .is_some_and(|(_, rest)| rest.contains('@'))
}

/// What stands for a password while the file is read: one word, which the name of an option's secret
/// is not.
fn token(user: &str) -> String {
    format!("{TOKEN}{}", user.replace(' ', "-"))
}

const TOKEN: &str = "@password-of:";

fn masked(word: &str) -> String {
    match word.strip_prefix(TOKEN) {
        Some(user) => format!("<password of {user}>"),
        None => word.to_string(),
    }
}

/// What was derived.
fn wanted(file: File, derived: &Derived) -> Said {
    let mut said = Said::new();
    for line in derived.lines_of(file) {
        say(
            &mut said,
            name_of(file, Scope::Top, &line.name),
            words(line),
        );
    }
    match file {
        File::Ups => {
            for section in &derived.sections {
                for line in &section.lines {
                    let name = name_of(file, Scope::Section, &line.name);
                    say(&mut said, format!("[{}] {name}", section.name), words(line));
                }
            }
        }
        File::UpsdUsers => users_wanted(derived, &mut said),
        File::Upsmon => {
            for monitor in &derived.monitors {
                let role = monitor.role.word(derived.version).to_string();
                let power = monitor.power_value.to_string();
                let words = vec![power, monitor.user.clone(), token(&monitor.user), role];
                say(&mut said, format!("MONITOR {}", monitor.system), words);
            }
        }
        File::Nut | File::Upsd => {}
    }
    said
}

fn users_wanted(derived: &Derived, said: &mut Said) {
    for user in &derived.users {
        let mut put =
            |field, words: Vec<String>| say(said, format!("[{}] {field}", user.name), words);
        put("password", vec![token(&user.name)]);
        if !user.actions.is_empty() {
            put("actions", user.actions.clone());
        }
        if !user.instcmds.is_empty() {
            put("instcmds", user.instcmds.clone());
        }
        if let Some(role) = user.role {
            put("upsmon", vec![role.word(derived.version).into()]);
        }
    }
}

fn say(said: &mut Said, what: String, words: Vec<String>) {
    said.entry(what).or_default().push(words);
}

fn words(line: &DerivedLine) -> Vec<String> {
    let word = |word: &DerivedWord| match word {
        DerivedWord::Plain(text) => text.clone(),
        DerivedWord::Password(user) => token(user),
    };
    line.words.iter().map(word).collect()
}

/// One name for all spellings that NUT takes for the same.
fn name_of(file: File, scope: Scope, name: &str) -> String {
    let known = lookup(file, scope, name)
        .filter(|directive| directive.any_case && !directive.name.ends_with('*'));
    known.map_or(name, |directive| directive.name).to_string()
}

/// What NUT reads.
fn read(file: File, bytes: &[u8]) -> Said {
    let mut said = Said::new();
    match file {
        File::Nut => {
            for assignment in NutConf::parse(bytes).assignments {
                say(&mut said, assignment.name, vec![assignment.value]);
            }
        }
        File::Ups => {
            let ups = UpsConf::parse(bytes);
            for entry in &ups.global {
                say(
                    &mut said,
                    name_of(file, Scope::Top, &entry.key.value),
                    value(entry),
                );
            }
            for section in &ups.sections {
                for entry in &section.entries {
                    let name = name_of(file, Scope::Section, &entry.key.value);
                    say(
                        &mut said,
                        format!("[{}] {name}", section.name),
                        value(entry),
                    );
                }
            }
        }
        File::Upsd => settings(file, &UpsdConf::parse(bytes).settings, &mut said),
        File::UpsdUsers => users_read(bytes, &mut said),
        File::Upsmon => {
            let upsmon = UpsmonConf::parse(bytes);
            settings(file, &upsmon.settings, &mut said);
            for monitor in upsmon.monitors {
                let words = [
                    monitor.power_word,
                    monitor.user,
                    monitor.password,
                    monitor.role_word,
                ];
                let words = words.map(|word| word.value).to_vec();
                say(
                    &mut said,
                    format!("MONITOR {}", monitor.system.value),
                    words,
                );
            }
        }
    }
    said
}

fn settings(file: File, settings: &[crate::nut::files::Setting], said: &mut Said) {
    for setting in settings {
        let words = setting.args.iter().map(|word| word.value.clone());
        say(
            said,
            name_of(file, Scope::Top, &setting.name.value),
            words.collect(),
        );
    }
}

fn value(entry: &Entry) -> Vec<String> {
    entry.value.iter().map(|word| word.value.clone()).collect()
}

fn users_read(bytes: &[u8], said: &mut Said) {
    for user in UpsdUsers::parse(bytes).users {
        let mut put =
            |field, words: Vec<String>| say(said, format!("[{}] {field}", user.name), words);
        let values = |words: &[crate::nut::conf::Word]| {
            words.iter().map(|word| word.value.clone()).collect()
        };
        put(
            "password",
            user.password
                .iter()
                .map(|word| word.value.clone())
                .collect(),
        );
        put("actions", values(&user.actions));
        put("instcmds", values(&user.instcmds));
        put("upsmon", values(&user.upsmon));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::inventory::Inventory;
    use crate::model::text::Text;
    use crate::nut::version::NutVersion;
    use crate::render::{InventoryIndex, Templates, desired};

    fn made(edit: fn(&str) -> String) -> Result<(), Diagnostic> {
        let inventory: Inventory = toml::from_str(
            "[ups.ups]\nhost = 'pve'\ndriver = 'usbhid-ups'\ndesc = 'Rack #1'\n\
             [hosts.pve]\naddress = '10.0.0.1'\n[hosts.nas]\naddress = '10.0.0.2'\npowered_by = ['ups']\n",
        )
        .expect("an inventory");
        let pve = HostName::new("pve").expect("a name");
        let templates = Templates::built_in().expect("built in");
        let index = InventoryIndex::new(&inventory, &|_| None);
        let derived = Derived::of(&index, &pve, NutVersion::V2_8_0).expect("derived");
        let desired = desired(&index, &pve, None, &templates).expect("rendered");
        desired.files.iter().try_for_each(|(file, made)| {
            let text = edit(&made.content.fill(token));
            let broken = DesiredFile {
                content: Text::plain(text),
                template: made.template.clone(),
            };
            verify(&pve, *file, &derived, &broken)
        })
    }

    #[test]
    fn what_was_rendered_reads_as_it_was_derived() {
        assert_eq!(made(str::to_string), Ok(()));
    }

    #[test]
    fn more_and_less_than_was_derived_is_the_owners_business() {
        assert_eq!(made(|text| format!("{text}# by hand\n")), Ok(()));
        assert_eq!(made(|text| text.replace("MODE=netserver", "")), Ok(()));
    }

    #[test]
    fn a_broken_value_is_named_with_its_template() {
        let unquoted = made(|text| text.replace("\"Rack \\#1\"", "Rack #1")).expect_err("broken");
        assert!(
            unquoted.message.contains("ups.conf.j2")
                && unquoted.message.contains("[ups] desc")
                && unquoted
                    .message
                    .ends_with("it should be `Rack #1`, and NUT reads `Rack`"),
            "{unquoted}"
        );
    }

    #[test]
    fn a_value_said_again_below_is_the_one_that_counts() {
        let again = made(|text| text.replace("DEADTIME 15", "DEADTIME 15\nDEADTIME 30"));
        assert!(
            again
                .expect_err("broken")
                .message
                .contains("NUT reads `30`")
        );
    }

    #[test]
    fn a_lost_line_and_another_password_are_noticed_and_not_shown() {
        let lost = made(|text| text.replace("MODE=netserver", "MODE = netserver"));
        let lost = lost.expect_err("broken");
        assert!(lost.message.contains("NUT does not find it"), "{lost}");
        let other = made(|text| text.replace(&token("nas"), "hunter2")).expect_err("broken");
        assert!(other.message.contains("[nas] password"), "{other}");
        assert!(!other.to_string().contains(TOKEN), "{other}");
        assert!(!other.to_string().contains("hunter2"), "{other}");
    }
}
