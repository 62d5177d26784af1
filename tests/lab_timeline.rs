//! `upsctl timeline` against real outages: what it computes is what NUT then does, on every generation.

mod support;

use std::fs;

use serde_json::Value;
use support::{Lab, available};

/// Polls of a second, so that what is computed is known to a second. SHUTDOWNCMD notes when it ran.
const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"

[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"
shutdown_takes = "1s"

[hosts.nas]
address = "nas"
powered_by = ["ups"]
shutdown_takes = "1s"
upsmon = { FINALDELAY = 3 }

[defaults.upsmon]
POLLFREQ = 1
POLLFREQALERT = 1
SHUTDOWNCMD = "/bin/date +%s.%N >/root/called; /sbin/shutdown -h +0"

[users.pve]
password = { env = "PVE_PASSWORD" }

[users.nas]
password = { env = "NAS_PASSWORD" }
"#;

fn site(purpose: &str, server: &str, client: &str) -> Lab {
    let lab = Lab::up(
        purpose,
        &[
            &format!("pve={server},192.0.2.10"),
            &format!("nas={client},192.0.2.11"),
        ],
    );
    lab.write("site.toml", SITE);
    lab.dummy_ups("pve");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab
}

fn foretold(lab: &Lab) -> Value {
    let ran = lab.upsctl(&["timeline", "--format", "json"]).expect(0);
    serde_json::from_str(&ran.out).expect("JSON")
}

fn host<'a>(line: &'a Value, name: &str) -> &'a Value {
    let hosts = line["chains"][0]["hosts"].as_array().expect("hosts");
    let found = hosts.iter().find(|host| host["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {line}"))
}

fn typical(line: &Value, name: &str, kind: &str) -> f64 {
    let moments = host(line, name)["moments"].as_array().expect("moments");
    let moment = moments.iter().find(|moment| moment["kind"] == kind);
    moment.unwrap_or_else(|| panic!("no {kind} of {name}: {line}"))["at"]["typical_s"]
        .as_f64()
        .expect("a time")
}

/// A time that a host wrote into a file of root's; its files are there while it is off, too.
fn noted(lab: &Lab, host: &str, file: &str) -> f64 {
    let path = lab
        .path()
        .join("hosts")
        .join(host)
        .join("root/root")
        .join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
    text.trim().parse().expect("seconds")
}

/// Notes when upsd first says that the battery is low: then the outage begins for NUT.
const WATCH: &str = "setsid sh -c 'while :; do case $(upsc ups@127.0.0.1 ups.status 2>/dev/null) in \
    *LB*) date +%s.%N >/root/low; exit ;; esac; sleep 0.05; done' >/dev/null 2>&1 </dev/null &";

fn goes_as_foretold(lab: &Lab) {
    let line = foretold(lab);
    lab.sh("pve", WATCH).expect(0);
    lab.ups_status("pve", "OB LB");
    for name in ["nas", "pve"] {
        lab.ctl(&["wait", name, "off", "60"]).expect(0);
    }
    let low = noted(lab, "pve", "low");
    // How long an operating system takes after that is what its owner says, not what is computed.
    for name in ["nas", "pve"] {
        let measured = noted(lab, name, "called") - low;
        let computed = typical(&line, name, "shutdown");
        assert!(
            (measured - computed).abs() < 2.0,
            "{name} called SHUTDOWNCMD at {measured:.2} s, {computed} s was computed"
        );
    }
}

#[test]
fn nut_2_7_4_goes_as_foretold() {
    if available() {
        goes_as_foretold(&site("time11", "bullseye", "trixie"));
    }
}

#[test]
fn nut_2_8_0_goes_as_foretold() {
    if available() {
        let lab = site("time12", "bookworm", "bookworm");
        guests_are_seen(&lab);
        goes_as_foretold(&lab);
    }
}

#[test]
fn nut_2_8_1_goes_as_foretold() {
    if available() {
        goes_as_foretold(&site("time13", "trixie", "bullseye"));
    }
}

#[test]
fn nut_2_8_5_goes_as_foretold() {
    if available() {
        goes_as_foretold(&site("time14", "forky", "forky"));
    }
}

/// A Proxmox VE host by its files: there are no packages of it to install.
fn guests_are_seen(lab: &Lab) {
    lab.sh(
        "pve",
        "mkdir -p /etc/pve/nodes/pve/qemu-server /etc/pve/nodes/pve/lxc /run/qemu-server
         printf 'name: web\\nstartup: order=1,down=60\\n[old]\\nlock: snapshot\\n' >/etc/pve/nodes/pve/qemu-server/100.conf
         printf 'name: off\\n' >/etc/pve/nodes/pve/qemu-server/101.conf
         printf 'max_workers: 2\\n' >/etc/pve/datacenter.cfg
         setsid sleep 60 >/dev/null 2>&1 </dev/null & echo $! >/run/qemu-server/100.pid",
    )
    .expect(0);
    let line = foretold(lab);
    let pve = host(&line, "pve");
    assert_eq!(
        pve["way_down_from"],
        "shutdown_takes; at worst 1 running guest, 2 at a time"
    );
    // 60 s, 11 s until it is killed, the look of a second, and 90 s for the system.
    assert_eq!(pve["way_down"]["latest_s"], 162.0);
    assert_eq!(line["guests_not_seen"], serde_json::json!({}));
    // doctor looks at them, too, and a locked one is told.
    lab.sh(
        "pve",
        "printf 'name: held\\nlock: backup\\n' >/etc/pve/nodes/pve/qemu-server/102.conf
         cp /run/qemu-server/100.pid /run/qemu-server/102.pid",
    )
    .expect(0);
    let said = lab.upsctl(&["doctor", "--save", "pve.json"]);
    assert!(
        said.out.contains("guest-locked") && said.code == 0,
        "{}",
        said.out
    );
    lab.sh(
        "pve",
        "rm /run/qemu-server/102.pid /etc/pve/nodes/pve/qemu-server/102.conf",
    )
    .expect(0);
    // As when pve-cluster is down.
    lab.sh("pve", "rm -r /etc/pve/*").expect(0);
    let line = foretold(lab);
    let why = line["guests_not_seen"]["pve"]
        .as_str()
        .expect("could not look");
    assert!(why.contains("/etc/pve/nodes/pve cannot be read"), "{why}");
    lab.sh("pve", "rmdir /etc/pve").expect(0);
    assert_eq!(foretold(lab)["guests_not_seen"], serde_json::json!({}));
}
