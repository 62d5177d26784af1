//! Earlier deploys as the host remembers them, and the files that a rollback puts back.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::host::{Question, sections, shell};
use crate::model::history::{Backup, History, PastDeploy};
use crate::model::secret::Secret;
use crate::nut::directive::File;

/// What stands in place of a file's name where a TrueNAS was written to (`truenas/on_box.py`).
const SETTINGS: &str = "settings";

const HISTORY: &str = include_str!("history.sh");

/// Which deploy a rollback undoes, with all later ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RollbackTarget<'a> {
    /// None: only list them.
    List,
    /// The last confirmed one that no rollback has undone.
    Last,
    Id(&'a str),
}

/// Asks for earlier deploys and the backups of a target, to be answered within `deadline`.
pub fn question(nonce: &str, target: RollbackTarget<'_>, deadline: Duration) -> Question {
    Question::new(program(nonce, target, ""), deadline)
}

/// The question's text; `root` is a prefix of every path, for tests.
pub fn program(nonce: &str, target: RollbackTarget<'_>, root: &str) -> String {
    let target = match target {
        RollbackTarget::List => "",
        RollbackTarget::Last => "last",
        RollbackTarget::Id(id) => id,
    };
    let settings = shell::assignments(&[
        ("NONCE", nonce.into()),
        ("STATE", format!("{root}{}", super::STATE_DIR)),
        ("ROOT", root.into()),
        ("TARGET", target.into()),
    ]);
    settings + super::ORDER + HISTORY
}

/// Reads the program's answer.
///
/// # Errors
/// When the answer is cut off.
pub fn parse(nonce: &str, answer: &[u8]) -> Result<History, String> {
    let mut history = History::default();
    for (name, section) in sections::split(nonce, answer)? {
        match name.split_once(' ') {
            Some(("txn", id)) => history.entries.push(entry(id, &section.text())),
            Some(("old", file)) => {
                let text = section.text();
                let (meta, content) = text.split_once('\n').unwrap_or((&text, ""));
                if file == SETTINGS {
                    history.settings = Some(content.into());
                }
                insert(
                    &mut history.backups,
                    file,
                    Some(Backup {
                        meta: meta.into(),
                        content: Secret::new(content),
                    }),
                );
            }
            Some(("gone", file)) => insert(&mut history.backups, file, None),
            _ if name == "target" => history.target = Some(section.text().trim().to_string()),
            _ => {}
        }
    }
    // The host counts: no clock is asked. Deploys from before it counted have no number.
    history
        .entries
        .sort_by(|a, b| (a.number, &a.id).cmp(&(b.number, &b.id)));
    Ok(history)
}

fn insert(backups: &mut BTreeMap<File, Option<Backup>>, file: &str, backup: Option<Backup>) {
    if let Ok(file) = file.parse() {
        backups.insert(file, backup);
    }
}

fn entry(id: &str, text: &str) -> PastDeploy {
    let all = |key: &str| {
        text.lines()
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    let one = |key: &str| all(key).into_iter().next().unwrap_or_default();
    let first_word = |line: String| line.split(' ').next().unwrap_or_default().to_string();
    PastDeploy {
        id: id.into(),
        number: one("number").parse().unwrap_or(0),
        state: one("state"),
        holder: one("holder"),
        started: one("started").parse().unwrap_or(0),
        files: all("file").into_iter().map(first_word).collect(),
        units: all("unit"),
        undoes: all("undoes").into_iter().next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `last` is on a host with these confirmed transactions: id, the file it wrote or nothing,
    /// what it undid or nothing; then the ids that are listed.
    fn last(transactions: &[(&str, &str, &str)]) -> (Option<String>, Vec<String>) {
        let state = tempfile::tempdir().unwrap();
        for (id, file, undoes) in transactions {
            let folder = state.path().join("txn").join(id);
            std::fs::create_dir_all(&folder).unwrap();
            let write = |name: &str, text: String| std::fs::write(folder.join(name), text).unwrap();
            let line = |word: &str, text: &str| match text {
                "" => String::new(),
                text => format!("{word}{text}\n"),
            };
            write("state", "confirmed\n".into());
            write(
                "meta",
                "holder me\nstarted 1\n".to_string() + &line("undoes ", undoes),
            );
            write("files", line("", file).replace('\n', " absent\n"));
            write("actions", "restart nut-monitor.service\n".into());
        }
        let settings = shell::assignments(&[
            ("NONCE", "n".into()),
            ("STATE", state.path().to_str().unwrap().into()),
            ("ROOT", String::new()),
            ("TARGET", "last".into()),
        ]);
        let output = std::process::Command::new("sh")
            .args(["-c", &(settings + super::super::ORDER + HISTORY)])
            .output()
            .unwrap();
        let history = parse("n", &output.stdout).unwrap();
        let ids = history.entries.iter().map(|entry| entry.id.clone());
        (history.target.filter(|id| !id.is_empty()), ids.collect())
    }

    #[test]
    fn a_second_rollback_goes_one_further_and_redoes_nothing() {
        let (one, two) = (("1", "ups.conf", ""), ("2", "ups.conf", ""));
        assert_eq!(last(&[one, two]).0.as_deref(), Some("2"));
        let back = ("3", "ups.conf", "2");
        assert_eq!(last(&[one, two, back]).0.as_deref(), Some("1"));
        assert_eq!(last(&[one, two, back, ("4", "ups.conf", "1")]).0, None);
        let anew = ("5", "upsd.conf", "");
        assert_eq!(last(&[one, two, back, anew]).0.as_deref(), Some("5"));
    }

    #[test]
    fn a_restart_alone_takes_no_place_in_the_history() {
        let (target, ids) = last(&[("1", "ups.conf", ""), ("2", "", "")]);
        assert_eq!((target.as_deref(), ids), (Some("1"), vec!["1".to_string()]));
    }

    #[test]
    fn entries_and_backups_are_read() {
        let answer = b"\n--n txn 1-a\nstate confirmed\nholder me@here\nstarted 7\nfile ups.conf root:nut/640\nunit restart nut-server.service\n\n--n target\n1-a\n\n--n old ups.conf\nroot:nut/640\n[ups]\n\n--n gone upsd.conf\n\n--n end\n";
        let history = parse("n", answer).unwrap();
        assert_eq!(history.entries[0].files, ["ups.conf"]);
        assert_eq!(history.entries[0].started, 7);
        assert_eq!(history.target.as_deref(), Some("1-a"));
        let backup = history.backups[&File::Ups].as_ref().unwrap();
        assert_eq!(
            (backup.meta.as_str(), backup.content.expose()),
            ("root:nut/640", "[ups]\n")
        );
        assert!(history.backups[&File::Upsd].is_none());
    }
}
