//! What hosts, templates and inventories hold comes from others: each field of theirs is filled with what
//! steers a terminal, and no command prints it as it is.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A title, a colour, a carriage return that hides, a forged annotation, writing turned round, a
/// character without a width, and the one-byte form of an escape.
const POISON: &str = "\u{1b}]0;t\u{7}\u{1b}[31m\r::error::forged\u{202e}\u{200b}\u{9b}2J";

/// Stands for the shell on the host: gives the recorded answer, with what the program expects in it.
const SH: &str = r#"#!/bin/sh
PATH=/usr/bin:/bin
for length; do :; done
program=$(head -c "$length")
ready=$(printf '%s\n' "$program" | sed -n "s/^echo '\(upsctl-ready [0-9a-f]*\)'.*/\1/p")
nonce=$(printf '%s\n' "$program" | sed -n "s/^NONCE='\([^']*\)'$/\1/p" | head -n1)
echo "$ready"
echo "$ready" >&2
sed "s/^--n /--$nonce /" "$ANSWER"
"#;

/// A deploy that was never ended: nothing else is told of such a host.
const OPEN: &str = "
--n transaction
id 20260101T000000Z-a
state files
holder tester@here since

--n leftover /etc/nut/.upsctl-20260101T000000Z-b
";

/// Sections that the recording lacks.
const MORE: &str = "
--n journal
1795470001.000000 pve nut-server[7]: mainloop: Data for UPS [ups] is stale - check driver

--n txn 20260101T000000Z-c
state confirmed
number 3
holder tester@here
started 1795470000
file ups.conf root:nut/640
unit restart nut-server.service

--n target
20260101T000000Z-c

--n old ups.conf
root:nut/640
[ups]
";

const SITE: &str = r#"[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
desc = "Rack UPS"
[hosts.pve]
address = "local"
nut_address = "192.0.2.10"
[secrets]
password = { literal = "secret-1" }
"#;

struct Desk {
    folder: TempDir,
}

impl Desk {
    fn new() -> Self {
        let desk = Self {
            folder: TempDir::new().unwrap(),
        };
        desk.write("site.toml", SITE);
        desk.write("bin/sh", SH);
        fs::set_permissions(desk.path("bin/sh"), fs::Permissions::from_mode(0o755)).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// All that a command prints for people.
    fn says(&self, words: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_upsctl"))
            .args(words.split(' '))
            .args(["-i", "site.toml", "--color", "never"])
            .current_dir(self.folder.path())
            .env("PATH", self.path("bin"))
            .env("ANSWER", self.path("answer"))
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        text + &String::from_utf8_lossy(&output.stderr)
    }
}

/// What of a text would steer a terminal.
fn steers(text: &str) -> Option<String> {
    let bad = |c: char| {
        (c.is_control() && c != '\n' && c != '\t')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let line = text.lines().find(|line| line.contains(bad))?;
    Some(format!("{line:?}"))
}

/// The answer of a server, as tests/doctor has it recorded.
fn recorded(more: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/2.8.1.json");
    let recording: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let hosts = recording["hosts"].as_array().unwrap();
    let pve = hosts.iter().find(|host| host["host"] == "pve").unwrap();
    let lines = pve["came"]["answer"]["lines"].as_array().unwrap();
    let mut lines: Vec<String> = lines
        .iter()
        .map(|line| line.as_str().unwrap().to_string())
        .collect();
    let end = lines.iter().position(|line| line == "--n end").unwrap();
    lines.splice(end..end, more.lines().map(str::to_string));
    lines
}

/// The lines with one section's poisoned: behind each field, or in front of it.
fn poisoned(lines: &[String], section: &str, behind: bool) -> String {
    let mut inside = false;
    let mut out = String::new();
    for line in lines {
        if let Some(header) = line.strip_prefix("--n ") {
            inside = header == section;
            out.push_str(line);
            if inside && behind && header.contains(['/', '@', '-']) {
                out.push_str(POISON);
            }
        } else if inside && !line.is_empty() {
            let at = line
                .find([':', '=', '|', ' '])
                .map_or(line.len(), |at| at + 1);
            match behind {
                true => out.push_str(&format!("{line}{POISON}")),
                false => out.push_str(&format!("{}{POISON}{}", &line[..at], &line[at..])),
            }
        } else {
            out.push_str(line);
        }
        out.push('\n');
    }
    out
}

fn in_parallel<T: Sync>(cases: &[T], work: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    std::thread::scope(|scope| {
        let parts = cases.chunks(cases.len().div_ceil(4));
        let workers: Vec<_> = parts
            .map(|part| scope.spawn(|| part.iter().flat_map(&work).collect::<Vec<_>>()))
            .collect();
        let done = workers.into_iter().map(|worker| worker.join().unwrap());
        done.flatten().collect()
    })
}

#[test]
fn the_recorded_host_is_really_looked_at() {
    let desk = Desk::new();
    desk.write("answer", &(recorded(MORE).join("\n") + "\n"));
    assert!(
        desk.says("status").contains("pve"),
        "{}",
        desk.says("status")
    );
    assert!(desk.says("history pve").contains("20260101T000000Z-c"));
    desk.write("answer", &(recorded(OPEN).join("\n") + "\n"));
    assert!(desk.says("verify").contains("tester@here"));
    desk.write("answer", &poisoned(&recorded(MORE), "file upsd.conf", true));
    assert!(desk.says("diff").contains("\\x1b]0;t"));
    assert!(steers(POISON).is_some());
}

#[test]
fn no_field_of_a_host_s_answer_steers_the_terminal() {
    let (closed, open) = (recorded(MORE), recorded(OPEN));
    let lines = closed.iter().chain(&open);
    let mut sections: Vec<&str> = lines.filter_map(|line| line.strip_prefix("--n ")).collect();
    sections.sort_unstable();
    sections.dedup();
    let cases: Vec<(&str, bool)> = sections
        .iter()
        .filter(|name| !name.starts_with("status ") && **name != "end")
        .flat_map(|name| [(*name, true), (*name, false)])
        .collect();
    assert!(cases.len() > 60, "{} cases", cases.len());
    let wrong = in_parallel(&cases, |(section, behind)| {
        let desk = Desk::new();
        let (commands, lines): (&[&str], _) = match section.split(' ').next().unwrap() {
            "deep" => (&["doctor -v"], &closed),
            "txn" | "target" | "old" => (&["history pve -v", "rollback pve -y"], &closed),
            "journal" => (&["verify -v", "events", "doctor"], &closed),
            "transaction" | "leftover" => (&["diff", "doctor"], &open),
            _ => match behind {
                true => (&["diff -v", "verify -v"], &closed),
                false => (&["status", "doctor -v", "verify --format github"], &closed),
            },
        };
        desk.write("answer", &poisoned(lines, section, *behind));
        let said = commands.iter().map(|words| (words, desk.says(words)));
        said.filter_map(|(words, said)| Some(format!("{section}, {words}: {}", steers(&said)?)))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A site in which every kind of text stands.
const RICH: &str = r#"[ups.ups]
host = "pve"
driver = "usbhid-ups"
port = "auto"
desc = "Rack"
usb = "051d:0002"
[ups.ups.options]
vendor = "x"
[hosts.pve]
address = "192.0.2.1"
user = "root"
identity_file = "~/.ssh/x"
jump = "gate"
tags = ["rack1"]
nut_version = "2.8.1"
nut_address = "192.0.2.1"
shutdown_takes = "90s"
[hosts.nas]
address = "192.0.2.2"
platform = "truenas"
powered_by = ["ups"]
[hosts.pve.upsmon]
NOTIFYCMD = "/bin/x"
SHUTDOWNCMD = "/sbin/shutdown"
[users.admin]
on = ["pve"]
actions = ["SET"]
instcmds = ["ALL"]
password = { env = "X" }
[secrets]
password = { literal = "y" }
"#;

#[test]
fn no_field_of_an_inventory_steers_the_terminal() {
    let escaped = r"\u001B]0;t\u0007\u001B[31m\r::error::forged\u202E\u200B\u009B2J";
    let quotes: Vec<usize> = RICH.match_indices('"').map(|(at, _)| at).collect();
    // Behind each text, as TOML writes it and as bytes; behind each key and header.
    let mut sites: Vec<String> = Vec::new();
    for close in quotes.iter().skip(1).step_by(2) {
        for poison in [escaped, POISON] {
            sites.push(format!("{}{poison}{}", &RICH[..*close], &RICH[*close..]));
        }
    }
    for (at, _) in RICH.match_indices([']', '=']) {
        let key = format!("\"{escaped}\"");
        sites.push(format!("{}.{key}{}", RICH[..at].trim_end(), &RICH[at..]));
    }
    assert!(sites.len() > 80, "{} sites", sites.len());
    let wrong = in_parallel(&sites, |site| {
        let desk = Desk::new();
        desk.write("site.toml", site);
        let github = desk.says("check --format github");
        let forged = github
            .lines()
            .any(|line| line.starts_with("::error::forged"));
        let said = [github.clone(), desk.says("check")];
        let steers = said.iter().filter_map(|said| steers(said));
        let steers = steers.chain(forged.then(|| format!("forged: {github}")));
        steers.map(|line| format!("{line} in {site}")).collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn nothing_in_a_template_steers_the_terminal() {
    let texts = [
        format!("LISTEN {POISON} 3493\n"),
        format!("# {POISON}\n{POISON} 1\n"),
        format!("{{{{ {POISON} }}}}\n"),
        format!("{{{{ nothing['{POISON}'] }}}}\n"),
        format!("{{% include '{POISON}' %}}\n"),
        format!("{{{{ fail('{POISON}') }}}}\n"),
        format!("{{% {POISON}\n"),
    ];
    let wrong = in_parallel(&texts, |text| {
        let desk = Desk::new();
        desk.write("templates/upsd.conf.j2", text);
        desk.write("answer", &(recorded(MORE).join("\n") + "\n"));
        let commands = [
            "check",
            "check --format github",
            "render pve",
            "diff",
            "deploy -y",
        ];
        let said = commands.iter().map(|words| (words, desk.says(words)));
        said.filter_map(|(words, said)| Some(format!("{words}: {} of {text:?}", steers(&said)?)))
            .collect()
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
