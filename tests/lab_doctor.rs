//! `doctor` on real hosts: break one thing, see it named first, do what the text says, see it whole.
//!
//! Needs root and `tests/lab`. Without it the test says so loudly and passes, unless `CI=true`.

#![allow(clippy::print_stderr)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

const LAB: &str = "doc-live";

/// A fault, the rule that must name it first, and the fix that the rule's text gives. Commands run
/// on the host named before them.
struct Case {
    rule: &'static str,
    fault: (&'static str, &'static str),
    fix: &'static [(&'static str, &'static str)],
}

const CASES: &[Case] = &[
    Case {
        rule: "upsd-not-running",
        fault: ("pve", "systemctl stop nut-server"),
        fix: &[("pve", "systemctl start nut-server")],
    },
    Case {
        rule: "upsd-masked",
        fault: ("pve", "systemctl mask --now nut-server"),
        fix: &[(
            "pve",
            "systemctl unmask nut-server && systemctl enable --now nut-server",
        )],
    },
    Case {
        rule: "mode-is-none",
        fault: (
            "nas",
            "sed -i 's/^MODE=.*/MODE=none/' /etc/nut/nut.conf; systemctl restart nut-monitor; sleep 1",
        ),
        fix: &[(
            "nas",
            "sed -i 's/^MODE=.*/MODE=netclient/' /etc/nut/nut.conf; systemctl restart nut-monitor",
        )],
    },
    Case {
        rule: "firewall-blocks",
        fault: (
            "pve",
            "iptables -A INPUT -s 192.0.2.11 -p tcp --dport 3493 -j REJECT",
        ),
        fix: &[(
            "pve",
            "iptables -I INPUT -s 192.0.2.11 -p tcp --dport 3493 -j ACCEPT",
        )],
    },
    Case {
        rule: "config-not-readable",
        fault: (
            "pve",
            "chown root:root /etc/nut/upsd.users; chmod 600 /etc/nut/upsd.users; systemctl restart nut-server",
        ),
        fix: &[(
            "pve",
            "chown root:nut /etc/nut /etc/nut/*.conf /etc/nut/upsd.users && chmod 755 /etc/nut && \
             chmod 640 /etc/nut/*.conf /etc/nut/upsd.users; systemctl restart nut-server nut-monitor",
        )],
    },
    Case {
        rule: "killpower-flag-stale",
        fault: ("pve", "printf upsmon-shutdown-file >/etc/killpower"),
        fix: &[("pve", "rm /etc/killpower")],
    },
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
            .args(["up", LAB, "pve=trixie", "nas=bookworm"])
            .output()
            .unwrap();
        assert!(up.status.success(), "{}", text(&up));
        let path = Command::new(&program).args(["path", LAB]).output().unwrap();
        let path = String::from_utf8(path.stdout).unwrap();
        let inventory = std::env::temp_dir().join(format!("{LAB}-{}.toml", std::process::id()));
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
        self.lab(&["in", LAB, host, "sh", "-c", command]);
    }

    fn upsctl(&self, words: &[&str]) -> Output {
        Command::new(self.root.join("tests/lab/lab"))
            .args(["exec", LAB, env!("CARGO_BIN_EXE_upsctl"), "-i"])
            .arg(&self.inventory)
            .arg("--ssh-config")
            .arg(&self.ssh_config)
            .args(words)
            .output()
            .unwrap()
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
        self.lab(&["down", LAB]);
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
    for case in CASES {
        let (host, fault) = case.fault;
        lab.on(host, fault);
        let broken = lab.broken();
        assert_eq!(broken, [case.rule], "{host}: {fault}");
        for (host, fix) in case.fix {
            lab.on(host, fix);
        }
        lab.becomes_whole(case.rule);
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
