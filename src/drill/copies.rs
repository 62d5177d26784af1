//! The files of a drill, as stretches of the real ones with something else between them. What is
//! written here holds no secret: passwords are in stretches that are copied on the host.

use std::fmt::Write as _;
use std::ops::Range;

use super::{DID, FOLDER};
use crate::host::shell;
use crate::nut::files::{Setting, UpsdConf, UpsmonConf};

/// One file of the drill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileCopy {
    pub(super) name: &'static str,
    pub(super) pieces: Vec<Piece>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// A stretch of the real file.
    Of(Range<usize>),
    Text(String),
}

/// What upsmon of the drill says instead: notifications that every version has go to NOTIFYCMD.
const NOTIFICATIONS: [&str; 10] = [
    "ONLINE", "ONBATT", "LOWBATT", "FSD", "COMMOK", "COMMBAD", "SHUTDOWN", "REPLBATT", "NOCOMM",
    "NOPARENT",
];

/// How upsmon.conf is changed.
#[derive(Debug, Default)]
pub(super) struct Monitoring {
    /// By MONITOR line: what it watches in the drill; `None` drops it.
    pub(super) systems: Vec<Option<String>>,
    /// Another MINSUPPLIES, where lines are dropped.
    pub(super) min_supplies: Option<u32>,
    /// Other delays, by directive.
    pub(super) delays: Vec<(&'static str, i64)>,
}

/// upsmon.conf of the drill: the same watches on other ports, and what it calls and writes is the
/// drill's.
pub(super) fn upsmon(length: usize, conf: &UpsmonConf, change: &Monitoring) -> FileCopy {
    let mut ours = vec!["SHUTDOWNCMD", "NOTIFYCMD", "POWERDOWNFLAG", "NOTIFYFLAG"];
    ours.extend(change.min_supplies.map(|_| "MINSUPPLIES"));
    ours.extend(change.delays.iter().map(|(name, _)| *name));
    let mut edits = dropped(&conf.settings, &ours);
    for (monitor, system) in conf.monitors.iter().zip(&change.systems) {
        edits.push(match system {
            Some(system) => (monitor.system.span.clone(), system.clone()),
            None => (monitor.place.span.clone(), String::new()),
        });
    }
    let mut end = format!("\nSHUTDOWNCMD \"{DID} shutdown\"\nNOTIFYCMD \"{DID} notify\"\n");
    if conf.get("POWERDOWNFLAG").is_some() {
        let _ = writeln!(end, "POWERDOWNFLAG {FOLDER}/run/upsctl-powerdown");
    }
    for kind in NOTIFICATIONS {
        let _ = writeln!(end, "NOTIFYFLAG {kind} SYSLOG+EXEC");
    }
    if let Some(least) = change.min_supplies {
        let _ = writeln!(end, "MINSUPPLIES {least}");
    }
    for (name, seconds) in &change.delays {
        let _ = writeln!(end, "{name} {seconds}");
    }
    copy("upsmon.conf", length, edits, end)
}

/// upsd.conf of the drill: the same addresses, another port.
pub(super) fn upsd(length: usize, conf: &UpsdConf, port: u16) -> FileCopy {
    let mut edits = dropped(&conf.settings, &["STATEPATH"]);
    for listen in &conf.listens {
        edits.push(match &listen.port_word {
            Some(word) => (word.span.clone(), port.to_string()),
            None => {
                let end = listen.address.span.end;
                (end..end, format!(" {port}"))
            }
        });
    }
    let end = match conf.listens.is_empty() {
        // upsd.conf(5): without a LISTEN it is this machine alone.
        true => format!("\nLISTEN 127.0.0.1 {port}\n"),
        false => String::new(),
    };
    copy("upsd.conf", length, edits, end)
}

/// ups.conf of the drill: the same names, each a file.
pub(super) fn ups(names: &[String]) -> FileCopy {
    let mut text = String::from("pollinterval = 1\n");
    for name in names {
        let _ = writeln!(
            text,
            "[{name}]\ndriver = dummy-ups\nport = upsctl-drill.dev"
        );
    }
    FileCopy {
        name: "ups.conf",
        pieces: vec![Piece::Text(text)],
    }
}

/// The shell function `copies`: makes the files from those in `$1`, into `$2`. Owner and mode are
/// those of the real files, which lie there already.
pub(super) fn to_shell(copies: &[FileCopy]) -> String {
    let mut out = String::from("copies() {\n  :\n");
    for FileCopy { name, pieces } in copies {
        out.push_str("  {\n    :\n");
        for piece in pieces {
            let _ = match piece {
                Piece::Of(span) => writeln!(
                    out,
                    "    stretch \"$1/{name}\" {} {}",
                    span.start,
                    span.len()
                ),
                Piece::Text(text) => writeln!(out, "    printf '%s' {}", shell::quote(text)),
            };
        }
        let _ = writeln!(out, "  }} >\"$2/{name}\" || return 1");
    }
    out + "}\n"
}

type Edit = (Range<usize>, String);

fn dropped(settings: &[Setting], names: &[&str]) -> Vec<Edit> {
    let named = |setting: &&Setting| names.iter().any(|name| setting.is(name));
    let found = settings.iter().filter(named);
    found
        .map(|setting| (setting.place.span.clone(), String::new()))
        .collect()
}

fn copy(name: &'static str, length: usize, mut edits: Vec<Edit>, end: String) -> FileCopy {
    edits.sort_by_key(|(span, _)| span.start);
    let mut pieces = Vec::new();
    let mut at = 0;
    let text = |pieces: &mut Vec<Piece>, text: String| {
        if !text.is_empty() {
            pieces.push(Piece::Text(text));
        }
    };
    for (span, new) in edits {
        if at < span.start {
            pieces.push(Piece::Of(at..span.start));
        }
        text(&mut pieces, new);
        at = span.end;
    }
    if at < length {
        pieces.push(Piece::Of(at..length));
    }
    text(&mut pieces, end);
    FileCopy { name, pieces }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(bytes: &str, copy: &FileCopy) -> String {
        let pieces = copy.pieces.iter().map(|piece| match piece {
            Piece::Of(span) => bytes[span.clone()].to_string(),
            Piece::Text(text) => text.clone(),
        });
        pieces.collect()
    }

    const UPSMON: &str = r#"# a comment
MONITOR "ups@192.0.2.10" 1 nas "a \"password" secondary # behind it
MONITOR other@192.0.2.20:3493 1 nas x slave
NOTIFYFLAG ONBATT SYSLOG+WALL
SHUTDOWNCMD \
  "/sbin/shutdown -h +0"
POWERDOWNFLAG /etc/killpower
FINALDELAY 30
NOTIFYMSG ONBATT "mains gone""#;

    #[test]
    fn upsmon_keeps_all_but_what_it_is_told_to_change() {
        let conf = UpsmonConf::parse(UPSMON.as_bytes());
        let change = Monitoring {
            systems: vec![Some("ups@192.0.2.10:3494".into()), None],
            min_supplies: Some(1),
            delays: vec![("FINALDELAY", 1)],
        };
        let copy = upsmon(UPSMON.len(), &conf, &change);
        let text = made(UPSMON, &copy);
        let new = UpsmonConf::parse(text.as_bytes());
        assert_eq!(new.monitors.len(), 1, "{text}");
        let monitor = &new.monitors[0];
        assert_eq!(monitor.system.value, "ups@192.0.2.10:3494");
        assert_eq!(monitor.password.value, "a \"password");
        let word = |name: &str| new.get(name).and_then(Setting::value).expect(name);
        assert_eq!(word("SHUTDOWNCMD").value, format!("{DID} shutdown"));
        assert_eq!(word("NOTIFYCMD").value, format!("{DID} notify"));
        assert_eq!(word("FINALDELAY").value, "1");
        assert_eq!(word("MINSUPPLIES").value, "1");
        assert!(word("POWERDOWNFLAG").value.starts_with(FOLDER));
        assert_eq!(word("NOTIFYMSG").value, "ONBATT");
        assert!(
            !text.contains("/sbin/shutdown")
                && !text.contains("WALL")
                && !text.contains("killpower")
        );
        // What is sent to the host has no password in it.
        assert!(!to_shell(&[copy]).contains("pass"));
    }

    #[test]
    fn a_host_without_powerdownflag_has_none_in_the_drill() {
        let conf = UpsmonConf::parse(b"MONITOR ups@a 1 u p primary\n");
        let text = made(
            "MONITOR ups@a 1 u p primary\n",
            &upsmon(28, &conf, &Monitoring::default()),
        );
        assert!(!text.contains("POWERDOWNFLAG"), "{text}");
    }

    #[test]
    fn upsd_listens_where_it_does_on_another_port() {
        for (real, wanted) in [
            (
                "LISTEN 0.0.0.0 3493\nMAXAGE 9\n",
                "LISTEN 0.0.0.0 3494\nMAXAGE 9\n",
            ),
            ("LISTEN ::1\nSTATEPATH /x\n", "LISTEN ::1 3494\n\n"),
            ("# none\n", "# none\n\nLISTEN 127.0.0.1 3494\n"),
            ("", "\nLISTEN 127.0.0.1 3494\n"),
        ] {
            let copy = upsd(real.len(), &UpsdConf::parse(real.as_bytes()), 3494);
            assert_eq!(made(real, &copy), wanted);
        }
    }
}
