//! `doctor` on real hosts: break one thing, see it named first, do what the text says, see it whole.
//!
//! Needs root and `tests/lab`. Without it the test says so loudly and passes, unless `CI=true`.

#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A name of its own for each run, so that two of them do not meet.
static LAB: LazyLock<String> = LazyLock::new(|| format!("doc-live-{}", std::process::id()));

/// The rule that must name a fault first, where it is made, and how. What mends it is what doctor
/// prints: its commands are run as they stand there, each on the host that they name.
const CASES: &[(&str, &str, &str)] = &[
    ("upsd-not-running", "pve", "systemctl stop nut-server"),
    ("upsd-masked", "pve", "systemctl mask --now nut-server"),
    (
        "upsd-outside-its-unit",
        "pve",
        "systemctl stop nut-server; setsid /sbin/upsd -u nut >/dev/null 2>&1 </dev/null; sleep 1",
    ),
    ("upsd-does-not-answer", "pve", "pkill -STOP -x upsd"),
    ("driver-not-running", "pve", "systemctl stop nut-driver@ups"),
    (
        "driver-masked",
        "pve",
        "systemctl mask --now nut-driver@ups",
    ),
    ("driver-not-at-boot", "pve", "systemctl disable nut.target"),
    (
        "upsmon-outside-its-unit",
        "nas",
        "systemctl stop nut-monitor; setsid upsmon >/dev/null 2>&1 </dev/null",
    ),
    ("upsmon-not-at-boot", "nas", "systemctl disable nut-monitor"),
    (
        "mode-is-none",
        "nas",
        "sed -i 's/^MODE=.*/MODE=none/' /etc/nut/nut.conf; systemctl restart nut-monitor; sleep 1",
    ),
    (
        "config-dos-line-ends",
        "nas",
        "sed -i 's/^MODE=.*/MODE=netclient\r/' /etc/nut/nut.conf; systemctl restart nut-monitor; sleep 1",
    ),
    (
        "server-port-differs",
        "nas",
        "sed -i 's/@192.0.2.10/@192.0.2.10:3494/' /etc/nut/upsmon.conf; systemctl restart nut-monitor; sleep 2",
    ),
    (
        "shutdown-command-wrong",
        "nas",
        "sed -i 's|^SHUTDOWNCMD.*|SHUTDOWNCMD \"/sbin/shutdown -h +10\"|' /etc/nut/upsmon.conf; systemctl restart nut-monitor",
    ),
    (
        "poll-odd",
        "nas",
        "sed -i 's|^POLLFREQ .*|POLLFREQ 86400|' /etc/nut/upsmon.conf; systemctl restart nut-monitor",
    ),
    (
        "firewall-blocks",
        "pve",
        "iptables -A INPUT -s 192.0.2.11 -p tcp --dport 3493 -j REJECT",
    ),
    (
        "firewall-blocks",
        "pve",
        "nft add table inet site; nft 'add chain inet site incoming { type filter hook input priority 0; }'; \
         nft add rule inet site incoming tcp dport 3493 ip saddr 192.0.2.11 drop",
    ),
    (
        "client-firewall-blocks",
        "nas",
        "iptables -A OUTPUT -p tcp --dport 3493 -j DROP",
    ),
    (
        "config-not-readable",
        "pve",
        "chown root:root /etc/nut/upsd.users; chmod 600 /etc/nut/upsd.users; systemctl restart nut-server",
    ),
    (
        "run-folder-shut",
        "pve",
        "chown root:root /run/nut; chmod 755 /run/nut",
    ),
    (
        "killpower-flag-stale",
        "pve",
        "printf upsmon-shutdown-file >/etc/killpower",
    ),
];

struct Lab {
    root: PathBuf,
    inventory: PathBuf,
    ssh_config: PathBuf,
}

impl Lab {
    /// A healthy site of two hosts; nothing where there is no lab.
    fn up() -> Option<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).to_path_buf();
        let program = root.join("tests/lab/lab");
        let able = Command::new(&program)
            .arg("check")
            .output()
            .is_ok_and(|output| output.status.success());
        if !able {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "CI needs the lab: `tests/lab/lab check` says why not"
            );
            eprintln!(
                "\n*** SKIPPED: no lab on this machine (`tests/lab/lab check` says why) ***\n"
            );
            return None;
        }
        let up = Command::new(&program)
            .args(["up", &LAB, "pve=trixie", "nas=bookworm"])
            .output()
            .unwrap();
        assert!(up.status.success(), "{}", text(&up));
        let path = Command::new(&program)
            .args(["path", &LAB])
            .output()
            .unwrap();
        let path = String::from_utf8(path.stdout).unwrap();
        let inventory = std::env::temp_dir().join(format!("{}.toml", *LAB));
        std::fs::write(&inventory, INVENTORY).unwrap();
        Some(Self {
            root,
            inventory,
            ssh_config: Path::new(path.trim()).join("ssh_config"),
        })
    }

    fn lab(&self, words: &[&str]) -> Output {
        Command::new(self.root.join("tests/lab/lab"))
            .args(words)
            .output()
            .unwrap()
    }

    fn on(&self, host: &str, command: &str) {
        self.lab(&["in", &LAB, host, "sh", "-c", command]);
    }

    fn upsctl(&self, words: &[&str]) -> Output {
        Command::new(self.root.join("tests/lab/lab"))
            .args(["exec", &LAB, env!("CARGO_BIN_EXE_upsctl"), "-i"])
            .arg(&self.inventory)
            .arg("--ssh-config")
            .arg(&self.ssh_config)
            .args(words)
            .output()
            .unwrap()
    }

    /// What doctor names first: a broken link, else a warning.
    fn first(&self) -> serde_json::Value {
        let output = self.upsctl(&["--format", "json", "doctor"]);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|why| panic!("{why}: {}", text(&output)));
        let of = |verdict: &str| {
            let mut checks = document["checks"].as_array().unwrap().iter();
            checks.find(|check| check["verdict"] == verdict).cloned()
        };
        of("fail").or_else(|| of("warn")).unwrap_or_default()
    }

    /// Runs a command of a fix as it is printed, on a host or here; a question is answered.
    fn types(&self, on: Option<&str>, run: &str) {
        let output = match on {
            Some(host) => self.lab(&["in", &LAB, host, "sh", "-c", run]),
            None => {
                let mut words: Vec<&str> = run.split(' ').skip(1).collect();
                words.extend(Some("-y").filter(|_| words[0] == "deploy"));
                self.upsctl(&words)
            }
        };
        assert!(output.status.success(), "{run}: {}", text(&output));
    }

    /// The rules that doctor finds broken, the first one first.
    fn broken(&self) -> Vec<String> {
        self.with(&["fail", "warn"])
    }

    fn with(&self, verdicts: &[&str]) -> Vec<String> {
        let output = self.upsctl(&["--format", "json", "doctor"]);
        let document: serde_json::Value = serde_json::from_slice(&output.stdout)
            .unwrap_or_else(|why| panic!("{why}: {}", text(&output)));
        let checks = document["checks"].as_array().unwrap();
        let broken = checks
            .iter()
            .filter(|check| verdicts.iter().any(|verdict| check["verdict"] == *verdict));
        broken
            .map(|check| check["rule"].as_str().unwrap().to_string())
            .collect()
    }

    /// Daemons need some seconds to find each other again.
    fn becomes_whole(&self, after: &str) {
        let end = Instant::now() + Duration::from_secs(40);
        loop {
            let broken = self.with(&["fail", "warn", "unknown"]);
            if broken.is_empty() {
                return;
            }
            assert!(
                Instant::now() < end,
                "still broken after the fix of {after}: {broken:?}"
            );
            std::thread::sleep(Duration::from_secs(1));
        }
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        self.lab(&["down", &LAB]);
        let _ = std::fs::remove_file(&self.inventory);
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

const INVENTORY: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"
[hosts.nas]
address = "nas"
nut_address = "192.0.2.11"
powered_by = ["ups"]
[secrets]
password = { literal = "canary{user}77" }
"#;

const DEVICE: &str = "printf 'ups.status: OL\\nbattery.charge: 100\\nbattery.runtime: 2400\\n' >/etc/nut/ups.dev; \
                      chown root:nut /etc/nut/ups.dev; chmod 640 /etc/nut/ups.dev";

#[test]
fn a_fault_is_named_first_and_the_fix_of_its_text_mends_it() {
    let Some(lab) = Lab::up() else { return };
    lab.on("pve", DEVICE);
    let deployed = lab.upsctl(&["deploy", "-y"]);
    assert!(deployed.status.success(), "{}", text(&deployed));
    lab.becomes_whole("the deploy");
    for (rule, host, fault) in CASES {
        lab.on(host, fault);
        let first = lab.first();
        assert_eq!(first["rule"], *rule, "{host}: {fault}: {first:#}");
        let commands = first["commands"].as_array().expect("what to type");
        for command in commands {
            lab.types(command["on"].as_str(), command["run"].as_str().unwrap());
        }
        lab.becomes_whole(rule);
    }
    watch_and_fix(&lab);
}

/// `--fix -y` mends what it safely can and ends with a whole chain; on battery it offers nothing.
fn watch_and_fix(lab: &Lab) {
    lab.on("pve", "systemctl mask --now nut-server");
    lab.on("nas", "systemctl stop nut-monitor");
    let fixed = lab.upsctl(&["doctor", "--fix", "-y"]);
    assert_eq!(fixed.status.code(), Some(0), "{}", text(&fixed));
    lab.becomes_whole("--fix");

    lab.on("nas", "systemctl stop nut-monitor");
    lab.on(
        "pve",
        "sed -i 's/ups.status: OL/ups.status: OB/' /etc/nut/ups.dev; sleep 4",
    );
    let held = lab.upsctl(&["doctor", "--fix", "-y"]);
    assert!(
        text(&held).contains("no repair is offered while"),
        "{}",
        text(&held)
    );
    assert!(lab.broken().contains(&"upsmon-not-running".to_string()));
    lab.on(
        "pve",
        "sed -i 's/ups.status: OB/ups.status: OL/' /etc/nut/ups.dev; sleep 4",
    );
    let watched = lab.upsctl(&["doctor", "--fix", "-y", "--watch=1"]);
    assert_eq!(watched.status.code(), Some(0), "{}", text(&watched));
}
