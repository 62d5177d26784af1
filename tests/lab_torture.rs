//! Deploys that are cut short at random moments on real hosts, and secrets searched for everywhere.
//! `UPSCTL_TORTURE=200` runs that many; otherwise a few.

#![allow(clippy::print_stdout)]

mod support;

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use support::{Lab, available, wait_for};

fn site(port_text: &str, extra: &str, password: &str) -> String {
    format!(
        r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
desc = "{port_text}"
[hosts.pve]
address = "pve"
[hosts.pve.upsd]
{extra}
[hosts.pve.upsmon]
DEADTIME = {}
[secrets]
password = {{ file = "{password}" }}
"#,
        15 + port_text.len()
    )
}

struct Torture {
    lab: Lab,
    /// Digests of the five files for each side.
    sides: BTreeMap<&'static str, String>,
    random: u64,
}

const EVENTS: [&str; 8] = [
    "press Ctrl-C",
    "kill upsctl",
    "kill ssh",
    "cut the network",
    "fill the disk",
    "reboot",
    "pull the plug",
    "kill the program on the host",
];

impl Torture {
    fn new(suite: &str) -> Self {
        let lab = Lab::up("torture", &[&format!("pve={suite},192.0.2.10")]);
        lab.dummy_ups("pve");
        lab.write("a.pw", "canaryAAAA1\n");
        lab.write("b.pw", "canaryBBBB2\n");
        let mut sides = BTreeMap::new();
        for (side, desc, extra) in [
            ("a", "side a", "MAXAGE = 15"),
            ("b", "the other side", "MAXAGE = 20"),
        ] {
            lab.write("site.toml", &site(desc, extra, &format!("{side}.pw")));
            let out = lab.dir.path().join(format!("rendered-{side}"));
            let nut = match suite {
                "trixie" => "2.8.1",
                "bookworm" => "2.8.0",
                _ => "2.7.4",
            };
            lab.upsctl(&[
                "render",
                "pve",
                "--reveal",
                "--nut",
                nut,
                "-o",
                out.to_str().unwrap(),
            ])
            .expect(0);
            sides.insert(side, digests(&out.display().to_string()));
            lab.upsctl(&["deploy", "-y"]).expect(0);
        }
        Self {
            lab,
            sides,
            random: seed(),
        }
    }

    /// xorshift: the moments need no better.
    fn random(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }

    /// Which side the host is on, wholly; anything else is said.
    fn side(&self) -> Result<&'static str, String> {
        let seen = self
            .lab
            .sh(
                "pve",
                "cd /etc/nut && sha256sum nut.conf ups.conf upsd.conf upsd.users upsmon.conf",
            )
            .out;
        let whole = self.sides.iter().find(|(_, digests)| **digests == seen);
        whole
            .map(|(side, _)| *side)
            .ok_or_else(|| format!("half done:\n{seen}\n{:?}", self.sides))
    }

    fn deploy(&self, side: &str) -> Child {
        let (desc, extra) = if side == "a" {
            ("side a", "MAXAGE = 15")
        } else {
            ("the other side", "MAXAGE = 20")
        };
        self.lab
            .write("site.toml", &site(desc, extra, &format!("{side}.pw")));
        self.lab
            .upsctl_command(&["deploy", "-y", "--undo-after", "20", "--timeout", "5"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    fn strike(&mut self, event: &str, child: &mut Child) {
        let lab = &self.lab;
        match event {
            "kill upsctl" => {
                let _ = child.kill();
            }
            "press Ctrl-C" => {
                // Ctrl-C reaches the whole foreground group; here the program alone.
                let _ = Command::new("pkill")
                    .args([
                        "-INT",
                        "-f",
                        &format!("upsctl --ssh-config {}", lab.path().display()),
                    ])
                    .status();
            }
            "kill ssh" => {
                let config = lab.path().join("ssh_config");
                let _ = Command::new("pkill")
                    .args(["-KILL", "-f", &format!("ssh .*{}", config.display())])
                    .status();
            }
            "cut the network" => {
                lab.ctl(&["cut", "pve"]);
                let seconds = 1 + self.random(6);
                std::thread::sleep(Duration::from_secs(seconds));
                self.lab.ctl(&["mend", "pve"]);
            }
            "fill the disk" => {
                lab.sh("pve", "dd if=/dev/zero of=/etc/nut/full bs=1k 2>/dev/null");
            }
            "reboot" => {
                lab.ctl(&["reboot", "pve"]);
            }
            "pull the plug" => {
                lab.ctl(&["kill", "pve"]);
                lab.ctl(&["start", "pve"]);
            }
            _ => {
                lab.sh(
                    "pve",
                    "kill -KILL $(cat /var/lib/upsctl/txn/*/pid | tail -n1)",
                );
            }
        }
    }

    /// One deploy from one side to the other, struck at a random moment. Says what is broken after it.
    fn run(&mut self, event: &str) -> Option<String> {
        let from = match self.side() {
            Ok(side) => side,
            Err(why) => return Some(format!("before: {why}")),
        };
        let to = if from == "a" { "b" } else { "a" };
        let fills = event == "fill the disk";
        if fills {
            self.lab.sh("pve", "cp -a /etc/nut /root/nut && mount -t tmpfs -o size=48k,mode=755 tmpfs /etc/nut && chown root:nut /etc/nut && cp -a /root/nut/* /etc/nut/").expect(0);
        }
        let mut child = self.deploy(to);
        let moment = self.random(6000);
        std::thread::sleep(Duration::from_millis(moment));
        self.strike(event, &mut child);
        let code = wait_or_kill(&mut child);
        let settled = self.settle();
        if fills {
            self.lab.sh("pve", "rm -f /etc/nut/full; cp -a /etc/nut/. /root/nut/; umount /etc/nut; cp -a /root/nut/. /etc/nut/; rm -rf /root/nut").expect(0);
        }
        let now = self.side();
        let wrong = match (settled, &now, code) {
            (false, _, _) => "the transaction stays open or upsc does not answer".to_string(),
            (_, Err(why), _) => why.clone(),
            (_, Ok(side), Some(0)) if *side != to => "exit 0, and the old state".into(),
            (_, Ok(side), Some(5)) if *side != from => "exit 5, and the new state".into(),
            _ => {
                let odd = self.lab.sh("pve", "cd /etc/nut; ls -A | grep '^.upsctl'; stat -c '%U:%G %a' nut.conf ups.conf upsd.conf upsd.users upsmon.conf | grep -v '^root:nut 640$'").out;
                if odd.is_empty() {
                    return None;
                }
                format!("owner, mode or leftovers: {odd}")
            }
        };
        let log = self
            .lab
            .sh(
                "pve",
                "cd /var/lib/upsctl/txn; cat $(ls | tail -n1)/state $(ls | tail -n1)/log",
            )
            .out;
        Some(format!(
            "{event} after {moment} ms, {from} -> {to}, exit {code:?}: {wrong}\n{log}"
        ))
    }

    /// The host comes to rest by itself: no transaction is open and the UPS answers.
    fn settle(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(120);
        while Instant::now() < until {
            let open = self.lab.sh("pve", "test -e /var/lib/upsctl/open && echo open; upsc ups@127.0.0.1 ups.status 2>/dev/null").out;
            if open.trim() == "OL" {
                return true;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        false
    }
}

/// What the moments come from: `SEED` of an earlier run repeats them.
fn seed() -> u64 {
    let given = std::env::var("SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = given.unwrap_or_else(|| u64::from(std::process::id()) * 7919 + 1);
    println!("SEED={seed}");
    // Never 0, on which xorshift would stand still.
    seed | 1 << 40
}

fn digests(folder: &str) -> String {
    let script =
        format!("cd {folder} && sha256sum nut.conf ups.conf upsd.conf upsd.users upsmon.conf");
    let out = Command::new("sh").args(["-c", &script]).output().unwrap();
    String::from_utf8(out.stdout).unwrap()
}

fn wait_or_kill(child: &mut Child) -> Option<i32> {
    let until = Instant::now() + Duration::from_secs(150);
    while Instant::now() < until {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    let _ = child.kill();
    let _ = child.wait();
    None
}

fn torture(suite: &str, share: usize) {
    if !available() {
        return;
    }
    let runs = std::env::var("UPSCTL_TORTURE")
        .ok()
        .and_then(|n| n.parse::<usize>().ok())
        .map_or(EVENTS.len(), |n| n / share);
    let mut torture = Torture::new(suite);
    let mut broken = Vec::new();
    for run in 0..runs {
        broken.extend(torture.run(EVENTS[run % EVENTS.len()]));
        if broken.len() > 5 {
            break;
        }
    }
    println!("{suite}: {runs} runs, {} broken", broken.len());
    assert!(
        broken.is_empty(),
        "{} of {runs} runs broke:\n{}",
        broken.len(),
        broken.join("\n")
    );
    let leaks = leaks(&torture.lab, "canary");
    assert!(leaks.is_empty(), "{leaks}");
}

/// Where a password stands on the host outside the files that are there to hold it.
fn leaks(lab: &Lab, canary: &str) -> String {
    let places = "/tmp /var/tmp /run /var/log /root /home";
    let script = format!(
        "journalctl --no-pager 2>/dev/null | grep {canary}; grep -rl {canary} {places} 2>/dev/null; ls -ld /var/lib/upsctl | grep -v '^drwx------'"
    );
    lab.sh("pve", &script).out
}

#[test]
fn nut_2_8_1_survives_deploys_cut_short() {
    torture("trixie", 2);
}

#[test]
fn nut_2_8_0_survives_deploys_cut_short() {
    if std::env::var_os("UPSCTL_TORTURE").is_some() {
        torture("bookworm", 2);
    }
}

#[test]
fn no_password_is_seen_anywhere_while_it_is_changed() {
    if !available() {
        return;
    }
    let torture = Torture::new("bookworm");
    let lab = &torture.lab;
    // The searches work: a password that is put there is found.
    lab.sh("pve", "echo canaryAAAA1 >/tmp/control; logger canaryAAAA1")
        .expect(0);
    wait_for("the search finds the control", 10, || {
        leaks(lab, "canaryAAAA1").contains("/tmp/control")
    });
    assert!(
        leaks(lab, "canaryAAAA1").contains("logger") || leaks(lab, "canaryAAAA1").contains("root")
    );
    lab.sh("pve", "rm /tmp/control").expect(0);

    // `ps` on both sides while the password changes from b to a and back.
    let mut control = lab.upsctl_command(&["--version"]);
    control.arg("canaryBBBB2-control");
    for (side, canary) in [("a", "canaryAAAA1"), ("b", "canaryBBBB2")] {
        let mut child = torture.deploy(side);
        let mut looks = 0;
        while child.try_wait().unwrap().is_none() {
            let here = Command::new("sh")
                .args(["-c", "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '"])
                .output()
                .unwrap();
            let here = String::from_utf8_lossy(&here.stdout).into_owned();
            let there = lab
                .sh(
                    "pve",
                    "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' ' '",
                )
                .out;
            assert!(!here.contains(canary), "in ps here");
            assert!(!there.contains(canary), "in ps on the host");
            looks += 1;
        }
        assert!(looks >= 5, "looked only {looks} times");
    }
    let since_control = leaks(lab, "canaryBBBB2");
    assert!(since_control.is_empty(), "{since_control}");
    for command in ["diff", "verify", "history"] {
        let words: &[&str] = if command == "history" {
            &["history", "pve", "-v"]
        } else {
            &[command, "-v"]
        };
        for format in ["human", "json"] {
            let mut words = words.to_vec();
            words.extend(["--format", format]);
            let ran = lab.upsctl(&words);
            assert!(
                !ran.out.contains("canary") && !ran.err.contains("canary"),
                "{command}"
            );
        }
    }
}
