//! What the shell makes of SHUTDOWNCMD: upsmon hands it to `system(3)` as one line (clients/upsmon.c).

use strsim::damerau_levenshtein;

/// Programs that end whatever they are called with, and shut nothing down.
const IDLE: [&str; 8] = [
    "true", "false", "echo", "touch", "logger", ":", "sleep", "exit",
];

/// Programs that shut a host down.
const KNOWN: [&str; 5] = ["shutdown", "poweroff", "halt", "systemctl", "telinit"];

/// Where Debian has them.
const FOLDERS: [&str; 5] = ["/sbin", "/bin", "/usr/sbin", "/usr/bin", ""];

/// Why a host does not go down with this command, as far as its text tells; `None` when it may.
/// An empty command is a matter of its own.
pub fn wrong(command: &str) -> Option<String> {
    let (words, open) = words(command);
    if open {
        return Some("has a quote that is never closed".into());
    }
    let program = words.first()?;
    if program.contains([' ', '\t']) {
        return Some(format!(
            "has quotes within its quotes: the shell looks for one program named `{program}`"
        ));
    }
    let (folder, name) = program.rsplit_once('/').unwrap_or(("", program));
    let rest: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    match name {
        name if IDLE.contains(&name) => Some(format!("is `{name}`, which shuts nothing down")),
        "reboot" => Some("reboots the host".into()),
        "systemctl" => systemctl(&rest),
        "shutdown" => shutdown(&rest),
        name => misspelt(folder, name),
    }
}

fn systemctl(rest: &[&str]) -> Option<String> {
    let verb = rest.iter().find(|word| !word.starts_with('-'))?;
    matches!(*verb, "reboot" | "kexec" | "suspend" | "hibernate")
        .then(|| format!("does not shut down: `systemctl {verb}`"))
}

/// shutdown(8) of systemd: without a time it waits a minute, which the battery may not have.
fn shutdown(rest: &[&str]) -> Option<String> {
    let has = |long: &str, short: char| {
        rest.iter().any(|word| {
            let letters = word.strip_prefix('-').filter(|rest| !rest.starts_with('-'));
            *word == long || letters.is_some_and(|letters| letters.contains(short))
        })
    };
    if has("--cancel", 'c') {
        return Some("cancels a shutdown".into());
    }
    if has("--reboot", 'r') {
        return Some("reboots the host".into());
    }
    if has("--kexec", 'k') {
        return Some("only warns of a shutdown".into());
    }
    let time = rest.iter().find(|word| !word.starts_with('-'));
    match time.copied() {
        Some("now" | "+0") => None,
        Some(time) => Some(format!("waits until `{time}` before it shuts down")),
        None => Some("names no time, and `shutdown` waits a minute then".into()),
    }
}

/// A program that is nearly one that is known.
fn misspelt(folder: &str, name: &str) -> Option<String> {
    let usual = FOLDERS.contains(&folder) && !KNOWN.contains(&name) && name != "init";
    let near = |known: &&&str| damerau_levenshtein(name, known) <= 2;
    let near = KNOWN.iter().filter(|_| usual).find(near)?;
    Some(format!("runs `{name}`, and probably means `{near}`"))
}

/// The words of the shell, without expansion, and whether a quote stays open.
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
            (None, ' ' | '\t') => words.extend(word.take()),
            // What follows is another command.
            (None, ';' | '&' | '|') => break,
            (None, char) => word.get_or_insert_default().push(char),
        }
    }
    words.extend(word);
    (words, quote.is_some())
}

#[cfg(test)]
mod tests {
    use super::wrong;

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
            assert_eq!(
                wrong(command).is_some(),
                idle,
                "{command}: {:?}",
                wrong(command)
            );
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
            ("/bin/systemctl reboot", "does not shut down"),
        ] {
            let said = wrong(command).unwrap_or_default();
            assert!(said.contains(why), "{command}: {said}");
        }
    }
}
