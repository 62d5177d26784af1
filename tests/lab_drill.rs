//! `upsctl drill` on real hosts: the whole chain rehearsed, and nothing of it left.

mod support;

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use serde_json::Value;
use support::{Lab, Ran, available, wait_for};

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

/// What is tried in the box: every way to power off, to signal, to tell or to write outside of it.
/// None may succeed.
const WAYS_OUT: &str = "\
shutdown -h +0
shutdown -P now
shutdown -r now
poweroff
systemctl poweroff
systemctl --force poweroff
systemctl --force --force poweroff
systemctl stop nut-monitor
systemctl start reboot.target
halt -f -p
poweroff -f
telinit 0
echo o >/proc/sysrq-trigger
dbus-send --system --print-reply --dest=org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager.PowerOff boolean:false
busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager PowerOff b false
busctl call org.freedesktop.systemd1 /org/freedesktop/systemd1 org.freedesktop.systemd1.Manager PowerOff
kill -s RTMIN+4 1
kill -s RTMIN+14 1
kill -s TERM 1
kill -s INT 1
kill -s PWR 1
/bin/kill -KILL 1
echo canary | wall
logger canary
systemd-cat echo canary
touch /etc/killpower
touch /root/canary
touch /etc/canary
touch /var/lib/upsctl/canary
upsmon -c fsd
mount -t tmpfs canary /mnt
mknod /dev/canary b 8 0
date -s 2001-01-01
ip link set lo down
nsenter -t 1 -m shutdown -h now
";

/// Opens the box, tries all of it in one, and closes it.
fn tries_to_get_out(lab: &Lab, host: &str) -> String {
    let script = format!(
        "DRILL={folder} LOCK=/var/lib/upsctl/lock MAX=80
        mkdir -p /var/lib/upsctl && touch $LOCK
        {functions}
        open_box
        for _ in $(seq 50); do [ -e $DRILL/held ] || sleep 0.1; done
        mkdir -p $DRILL/etc $DRILL/run $DRILL/log
        cat >$DRILL/ways <<'WAYS'\n{WAYS_OUT}WAYS
        cat >$DRILL/try.sh <<'TRY'
export PATH=/usr/sbin:/usr/bin:/sbin:/bin
while IFS= read -r way; do
  if timeout 5 sh -c \"$way\" >/dev/null 2>&1 </dev/null; then echo \"OUT $way\"; else echo \"in $way\"; fi
done </run/upsctl-drill/ways
# The control: what is allowed works.
echo x >/run/upsctl-drill/canary && cat /etc/nut/inside >/dev/null && echo whole
TRY
        touch $DRILL/etc/inside
        boxed try sh $DRILL/try.sh
        for _ in $(seq 500); do grep -q '^whole' $DRILL/log/try || sleep 0.1; done
        cat $DRILL/log/try
        close_box
        left_of_box
        ls /etc/killpower /root/canary /etc/canary /var/lib/upsctl/canary 2>/dev/null
        journalctl -q --no-pager -b | grep canary
        true",
        folder = upsctl::drill::FOLDER,
        functions = upsctl::drill::BOX,
    );
    lab.sh(host, &script).expect(0).out
}

#[test]
fn nothing_gets_out_of_the_box_on_any_generation() {
    if !available() {
        return;
    }
    let suites = ["bullseye", "bookworm", "trixie"];
    let hosts: Vec<String> = suites.map(|suite| format!("{suite}={suite}")).into();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    let lab = Lab::up("drillbox", &hosts);
    for host in suites {
        let born = lab.sh(host, "cut -d' ' -f22 /proc/1/stat").expect(0).out;
        let out = tries_to_get_out(&lab, host);
        let kept = WAYS_OUT
            .lines()
            .fold(String::new(), |all, way| format!("{all}in {way}\n"));
        assert_eq!(out, format!("{kept}whole\n"), "{host}");
        let now = lab.sh(host, "cut -d' ' -f22 /proc/1/stat").expect(0).out;
        assert_eq!(now, born, "{host} is the boot it was");
    }
}

/// Starts a drill that is not waited for.
fn begun(lab: &Lab, words: &[&str]) -> std::process::Child {
    let mut all = vec!["drill", "-y"];
    all.extend(words);
    let mut command = lab.upsctl_command(&all);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().expect("upsctl starts")
}

fn in_the_drill(lab: &Lab, status: &str) {
    let script = format!("upsc ups@127.0.0.1:3494 ups.status 2>/dev/null | grep -w '{status}'");
    wait_for("the drill's UPS says so", 60, || {
        lab.sh("pve", &script).code == 0
    });
}

/// The real UPS is low in the middle of a drill: both hosts go down, by NUT itself, in order.
#[test]
fn a_real_outage_in_the_middle_takes_its_course() {
    if !available() {
        return;
    }
    let lab = site("drillob", &["trixie", "bookworm"], "");
    let mut child = begun(&lab, &[]);
    in_the_drill(&lab, "LB");
    lab.ups_status("pve", "OB LB");
    let off = |host: &str| lab.ctl(&["wait", host, "off", "1"]).code == 0;
    wait_for("the client powers off", 60, || {
        assert!(!off("pve"), "the server went down before its client");
        off("nas")
    });
    wait_for("the server powers off", 60, || off("pve"));
    let code = child.wait().expect("it ends").code();
    assert!(matches!(code, Some(1)), "{code:?}");
}
