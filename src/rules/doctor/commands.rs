//! The commands that a fix names, as data.

use crate::model::name::HostName;
use crate::model::verdict::FixCommand;

/// Programs whose calls stand in fixes; what else stands in backquotes is a line of a file or a value.
const PROGRAMS: [&str; 26] = [
    "apt-get",
    "chmod",
    "chown",
    "dpkg-reconfigure",
    "firewall-cmd",
    "install",
    "ip6tables",
    "ip6tables-legacy",
    "iptables",
    "iptables-legacy",
    "kill",
    "mount",
    "nft",
    "pvesh",
    "rm",
    "sed",
    "ssh-copy-id",
    "ssh-keygen",
    "systemctl",
    "timedatectl",
    "udevadm",
    "ufw",
    "upscmd",
    "upsctl",
    "upsdrvctl",
    "usermod",
];

/// The commands of a filled fix. They are typed on `host` unless the text names one of `others`
/// before them; upsctl's own here.
pub(super) fn of(fix: &str, host: &HostName, others: &[HostName]) -> Vec<FixCommand> {
    let mut on = host;
    let mut out = Vec::new();
    for (at, part) in fix.split('`').enumerate() {
        if at % 2 == 0 {
            let named = |other: &&HostName| {
                let (upper, lower) = (format!("On {other}"), format!("on {other}"));
                part.contains(&upper) || part.contains(&lower)
            };
            on = others.iter().find(named).unwrap_or(on);
            continue;
        }
        let run = part.split_whitespace().collect::<Vec<_>>().join(" ");
        let program = run.split(' ').next().unwrap_or_default();
        if run.contains(' ') && PROGRAMS.contains(&program) {
            let here = program == "upsctl";
            out.push(FixCommand {
                on: (!here).then(|| on.clone()),
                run,
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_commands_are_told_from_lines_of_files_and_have_their_host() {
        let name = |name: &str| HostName::new(name).unwrap();
        let fix = "`upsctl deploy nas`. By hand: `POLLFREQ 5`, then\n`systemctl restart\nnut-monitor`. On pve: `rm /x`.";
        let found = of(fix, &name("nas"), &[name("nas"), name("pve")]);
        let said: Vec<(Option<&str>, &str)> = found
            .iter()
            .map(|command| {
                (
                    command.on.as_ref().map(HostName::as_str),
                    command.run.as_str(),
                )
            })
            .collect();
        assert_eq!(
            said,
            [
                (None, "upsctl deploy nas"),
                (Some("nas"), "systemctl restart nut-monitor"),
                (Some("pve"), "rm /x"),
            ]
        );
    }
}
