//! What a SHUTDOWNCMD comes to. upsmon's root part hands it to `system(3)`, and so to `sh -c`, as one
//! line (clients/upsmon.c).

use std::fmt;

use strsim::damerau_levenshtein;

/// Programs that end whatever they are called with, and shut nothing down.
const IDLE: [&str; 10] = [
    "true", "false", "echo", "touch", "logger", ":", "sleep", "exit", "wall", "date",
];

/// Programs that shut a host down.
const KNOWN: [&str; 5] = ["shutdown", "poweroff", "halt", "systemctl", "telinit"];

/// Where Debian has them.
const FOLDERS: [&str; 5] = ["/sbin", "/bin", "/usr/sbin", "/usr/bin", ""];

/// Why a command does not power the host off now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Flaw {
    OpenQuote,
    /// All of it stands in one more pair of quotes: `sh` looks for a program of that name.
    QuotedTwice(String),
    /// It only passes the time or says something, left over from a test.
    Harmless(String),
    /// It calls a shutdown off.
    Cancels,
    /// It restarts the host: while mains are away it comes up again and loses power.
    Reboots,
    /// It powers off only at that time.
    Waits(String),
    /// It names no time, and waits a minute.
    WaitsAMinute,
    /// It stops the programs and leaves the machine on.
    Halts,
    /// A program that is nearly one that is known: this, and the known one.
    Misspelt(String, &'static str),
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OpenQuote => f.write_str("has a quote that is never closed"),
            Self::QuotedTwice(name) => write!(
                f,
                "has quotes within its quotes: the shell looks for one program named `{name}`"
            ),
            Self::Harmless(name) => write!(f, "is `{name}`, which shuts nothing down"),
            Self::Cancels => f.write_str("cancels a shutdown"),
            Self::Reboots => f.write_str("reboots the host"),
            Self::Waits(time) => write!(f, "waits until `{time}` before it shuts down"),
            Self::WaitsAMinute => f.write_str("names no time, and `shutdown` waits a minute then"),
            Self::Halts => f.write_str("stops the programs and leaves the machine on"),
            Self::Misspelt(name, near) => {
                write!(f, "runs `{name}`, and probably means `{near}`")
            }
        }
    }
}

/// The words of the shell, without expansion, and whether a quote stays open. What parts one command
/// from the next is a word.
fn words(line: &str) -> (Vec<String>, bool) {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut chars = line.chars();
    while let Some(char) = chars.next() {
        match (quote, char) {
            (Some(open), char) if open == char => quote = None,
            (Some('\''), char) => word.get_or_insert_default().push(char),
            (_, '\\') => word.get_or_insert_default().extend(chars.next()),
            (Some(_), char) => word.get_or_insert_default().push(char),
            (None, '"' | '\'') => {
                quote = Some(char);
                word.get_or_insert_default();
            }
            (None, char) if char.is_whitespace() => words.extend(word.take()),
            (None, ';' | '&' | '|') => {
                words.extend(word.take());
                words.push(";".into());
            }
            (None, char) => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    (words, quote.is_some())
}

/// The words of the command that is really run: those behind `sh -c`, `sudo -n`, `exec`, `env`,
/// `VAR=value`, and of several commands the last.
fn command(line: &str) -> Vec<String> {
    let mut words = words(line).0;
    loop {
        while words.last().is_some_and(|word| word == ";") {
            words.pop();
        }
        if let Some(at) = words.iter().rposition(|word| word == ";") {
            words.drain(..=at);
        }
        let first = words.first().map(|word| base(word).to_string());
        match first.as_deref() {
            Some("sh" | "bash" | "dash")
                if words.get(1).is_some_and(|flag| flag.ends_with('c')) =>
            {
                words = self::words(words.get(2).map_or("", String::as_str)).0;
                continue;
            }
            Some("sudo" | "exec" | "env" | "nohup") if words.len() > 1 => {}
            Some(word) if word.contains('=') => {}
            _ => return words,
        }
        words.remove(0);
        while words.first().is_some_and(|word| word.starts_with('-')) {
            words.remove(0);
        }
    }
}

/// The program that is really run.
pub fn program(line: &str) -> Option<String> {
    command(line).into_iter().next()
}

fn base(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// What is wrong with a command, as far as its text tells. A script of the owner's is not judged, and
/// an empty command is a matter of its own.
pub fn flaw(line: &str) -> Option<Flaw> {
    if words(line).1 {
        return Some(Flaw::OpenQuote);
    }
    let words = command(line);
    let program = words.first()?;
    if program.contains([' ', '\t']) {
        return Some(Flaw::QuotedTwice(program.clone()));
    }
    let (folder, name) = program.rsplit_once('/').unwrap_or(("", program));
    let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    let has = |flags: &[&str]| rest.iter().any(|word| flags.contains(word));
    match name {
        name if IDLE.contains(&name) => Some(Flaw::Harmless(name.to_string())),
        "reboot" => Some(Flaw::Reboots),
        "halt" if !has(&["-p", "--poweroff"]) => Some(Flaw::Halts),
        "init" | "telinit" if has(&["6"]) => Some(Flaw::Reboots),
        "systemctl" => systemctl(&rest),
        "shutdown" => shutdown(&rest),
        name => misspelt(folder, name),
    }
}

fn systemctl(rest: &[&str]) -> Option<Flaw> {
    let verb = rest.iter().find(|word| !word.starts_with('-'))?;
    match *verb {
        "poweroff" => None,
        "reboot" | "kexec" | "soft-reboot" => Some(Flaw::Reboots),
        "halt" => Some(Flaw::Halts),
        // A unit of the owner's may do it.
        "start" | "isolate" => None,
        verb => Some(Flaw::Harmless(format!("systemctl {verb}"))),
    }
}

/// shutdown(8) of systemd: without a time it waits a minute, which the battery may not have.
fn shutdown(rest: &[&str]) -> Option<Flaw> {
    let has = |long: &str, short: char| {
        rest.iter().any(|word| {
            let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            *word == long || letters.is_some_and(|letters| letters.contains(short))
        })
    };
    if has("--cancel", 'c') {
        return Some(Flaw::Cancels);
    }
    if has("--reboot", 'r') {
        return Some(Flaw::Reboots);
    }
    if has("--kexec", 'k') {
        return Some(Flaw::Harmless("shutdown -k".into()));
    }
    if has("--halt", 'H') {
        return Some(Flaw::Halts);
    }
    let time = rest.iter().find(|word| !word.starts_with('-'));
    match time.copied() {
        Some("now" | "+0" | "0") => None,
        Some(time) => Some(Flaw::Waits(time.to_string())),
        None => Some(Flaw::WaitsAMinute),
    }
}

/// A program that is nearly one that is known.
fn misspelt(folder: &str, name: &str) -> Option<Flaw> {
    let usual = FOLDERS.contains(&folder) && !KNOWN.contains(&name) && name != "init";
    let near = |known: &&&str| damerau_levenshtein(name, known) <= 2;
    let near = KNOWN.iter().filter(|_| usual).find(near)?;
    Some(Flaw::Misspelt(name.to_string(), near))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_shuts_down_is_fine() {
        for command in [
            "/sbin/shutdown -h +0",
            "/sbin/shutdown -h now",
            "/usr/sbin/shutdown -P now 'the battery is low'",
            "/sbin/poweroff",
            "/bin/systemctl poweroff",
            "/usr/bin/systemctl --force poweroff",
            "\"/sbin/shutdown\" -h +0",
            "/usr/local/bin/my-shutdown",
            "logger -t ups down",
            "/sbin/init 0",
            "sh -c '/sbin/shutdown -h now'",
        ] {
            let idle = command.starts_with("logger");
            let said = flaw(command);
            assert_eq!(said.is_some(), idle, "{command}: {said:?}");
        }
    }

    #[test]
    fn a_command_that_does_not_is_told() {
        for (command, why) in [
            ("\"/sbin/shutdown -h +0\"", "looks for one program"),
            ("'/sbin/shutdown -h +0'", "looks for one program"),
            ("\"/sbin/shutdown -h +0", "never closed"),
            ("/bin/true", "shuts nothing down"),
            ("/sbin/shutdown -c", "cancels"),
            ("/sbin/shutdown -r now", "reboots"),
            ("/sbin/shutdown -hr now", "reboots"),
            ("/sbin/reboot", "reboots"),
            ("/sbin/shutdown -h +10", "waits until `+10`"),
            ("/sbin/shutdown -h 23:00", "waits until `23:00`"),
            ("/sbin/shutdown -h", "waits a minute"),
            ("/sbin/shutdwon -h +0", "probably means `shutdown`"),
            ("/bin/systemctl reboot", "reboots"),
        ] {
            let said = flaw(command)
                .map(|flaw| flaw.to_string())
                .unwrap_or_default();
            assert!(said.contains(why), "{command}: {said}");
        }
    }

    #[test]
    fn the_last_of_several_commands_counts() {
        for line in [
            "sh -c 'logger going; /sbin/shutdown -h +0'",
            "sudo -n /sbin/shutdown -h +0",
            "/sbin/halt -p",
        ] {
            assert_eq!(flaw(line), None, "{line}");
        }
        assert_eq!(flaw("/sbin/halt"), Some(Flaw::Halts));
        assert_eq!(
            flaw("sh -c 'touch /tmp/x'"),
            Some(Flaw::Harmless("touch".into()))
        );
    }

    #[test]
    fn the_program_is_the_one_that_sh_runs() {
        for (line, expected) in [
            ("sh -c \"/opt/down now\"", "/opt/down"),
            ("FOO=1 exec /sbin/shutdown -h +0", "/sbin/shutdown"),
            ("/usr/bin/sudo -n /sbin/shutdown -h +0", "/sbin/shutdown"),
        ] {
            assert_eq!(program(line).as_deref(), Some(expected), "{line}");
        }
    }
}
