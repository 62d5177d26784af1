//! `upsctl drill` on real hosts: the whole chain rehearsed, and nothing of it left.

mod support;

use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use support::{Lab, Ran, available};

const UPS: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"

[users.pve]
password = { env = "PVE_PASSWORD" }

[users.nas]
password = { env = "NAS_PASSWORD" }

[users.old]
password = { env = "NAS_PASSWORD" }

[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"
"#;

const NAS: &str = r#"
[hosts.nas]
address = "nas"
powered_by = ["ups"]
shutdown_takes = "5s"
"#;

const OLD: &str = r#"
[hosts.old]
address = "old"
powered_by = ["ups"]
shutdown_takes = "5s"
"#;

/// A deployed site; `suites` are those of pve, nas and, perhaps, old.
fn site(purpose: &str, suites: &[&str], more: &str) -> Lab {
    let names = ["pve", "nas", "old"];
    let hosts: Vec<String> = names
        .iter()
        .zip(suites)
        .enumerate()
        .map(|(at, (name, suite))| format!("{name}={suite},192.0.2.1{at}"))
        .collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let lab = Lab::up(purpose, &hosts);
    let old = if suites.len() > 2 { OLD } else { "" };
    lab.write("site.toml", &format!("{UPS}{NAS}{more}{old}"));
    lab.dummy_ups("pve");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab
}

fn drill(lab: &Lab, words: &[&str]) -> (Ran, Value) {
    let mut all = vec!["drill", "-y", "--format", "json"];
    all.extend(words);
    let ran = lab.upsctl(&all);
    let document = serde_json::from_str(&ran.out);
    let document = document.unwrap_or_else(|why| panic!("{why}: {}\n{}", ran.out, ran.err));
    (ran, document)
}

/// What is said of a host about something: `pass`, `fail` or `unknown`, and the text.
fn verdict<'a>(document: &'a Value, about: &str, host: &str) -> (&'a str, &'a str) {
    let all = document["verdicts"].as_array().expect("verdicts");
    let found = all
        .iter()
        .filter(|one| one["about"] == about && one["host"] == host)
        // The worst one, where there are several.
        .max_by_key(|one| one["judged"] == "fail");
    let found = found.unwrap_or_else(|| panic!("no {about} of {host}: {document:#}"));
    (
        found["judged"].as_str().expect("a word"),
        found["text"].as_str().expect("a text"),
    )
}

/// Everything that a drill must leave alone, but for what systemd says of its own units.
const REAL: &str = "systemctl show -p Id,MainPID,ActiveEnterTimestampMonotonic nut-server nut-monitor 'nut-driver@*'
    find /etc /run/nut -exec stat -c '%n %F %a %i %Y' {} + | sort
    find /etc/nut -type f -exec sha256sum {} +
    ls /etc/killpower 2>&1; upsc -c ups@127.0.0.1 2>/dev/null | sort
    systemctl list-units --all --no-legend 'upsctl*'; ls -d /run/upsctl* 2>&1; systemctl --failed --no-legend
    ps -eo args | grep -cE '[d]ummy-ups|[u]psd|[u]psmon'";

/// The journal since a cursor, without the lines that must be there: ssh's, systemd's own of the drill's
/// units (247 has no way to keep them out), and those of the logins to the real upsd.
fn journal(lab: &Lab, host: &str) -> String {
    let script = "journalctl -q --no-pager -o cat --show-cursor -n 400 | tail -n 1 >/dev/null
        journalctl -q --no-pager -o short --since \"$(cat /root/drill-began)\" |
        grep -vE 'sshd|systemd-logind|a drill of upsctl|upsctl-drill|logged (into|out from) UPS'";
    lab.sh(host, script).out
}

fn begin(lab: &Lab, hosts: &[&str]) -> Vec<String> {
    sleep(Duration::from_millis(1100));
    hosts
        .iter()
        .map(|host| {
            lab.sh(host, "date '+%Y-%m-%d %H:%M:%S' >/root/drill-began")
                .expect(0);
            lab.sh(host, REAL).out
        })
        .collect()
}

fn nothing_is_left(lab: &Lab, hosts: &[&str], before: &[String]) {
    for (host, before) in hosts.iter().zip(before) {
        assert_eq!(&lab.sh(host, REAL).out, before, "{host}");
        assert_eq!(journal(lab, host), "", "{host}");
    }
}

#[test]
fn three_generations_pass_and_nothing_is_left() {
    if !available() {
        return;
    }
    let lab = site("drill3", &["trixie", "bookworm", "bullseye"], "");
    let hosts = ["pve", "nas", "old"];
    let before = begin(&lab, &hosts);
    let (ran, document) = drill(&lab, &[]);
    assert_eq!(ran.code, 0, "{document:#}");
    assert_eq!(document["result"], "passed");
    assert!(document["seconds"].as_f64().expect("seconds") < 45.0);
    for host in ["nas", "old"] {
        for about in [
            "logged_in",
            "real_login",
            "loaded",
            "order",
            "gap",
            "foretold",
        ] {
            assert_eq!(
                verdict(&document, about, host).0,
                "pass",
                "{about} of {host}"
            );
        }
    }
    for about in [
        "hostsync",
        "powerdown_flag",
        "shutdowncmd",
        "untouched",
        "nothing_left",
    ] {
        assert_eq!(verdict(&document, about, "pve").0, "pass", "{about}");
    }
    nothing_is_left(&lab, &hosts, &before);
}
