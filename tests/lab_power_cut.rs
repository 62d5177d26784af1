//! Mains fail in the middle of a deploy: what was synced is there at the next boot, and nothing else.
//! /etc and /var/lib/upsctl lie on a file system of their own, in a file that is copied while the
//! deploy is held at a step; the host then boots from the copy. `UPSCTL_TORTURE` takes every step of
//! every generation, otherwise a few of one.

#![allow(clippy::print_stdout)]

mod support;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use support::{Lab, available, wait_for};

/// Stands before a command of the host: holds each call that upsctl makes until it is let go.
const HOLD: &str = r#"#!/bin/sh
name=${0##*/}
case "$*" in
  *upsctl*)
    if mkdir /run/hold/busy 2>/dev/null; then
      : >/run/hold/ready
      while [ -e /run/hold/ready ]; do sleep 0.02; done
      rmdir /run/hold/busy
    fi
    ;;
esac
exec "/usr/bin/$name" "$@"
"#;

fn site(age: u8) -> String {
    format!(
        "[ups.ups]\nhost = \"pve\"\ndriver = \"dummy-ups\"\nport = \"ups.dev\"\ndesc = \"age {age}\"\n\
         [hosts.pve]\naddress = \"pve\"\n[hosts.pve.upsd]\nMAXAGE = {age}\n\
         [hosts.pve.upsmon]\nDEADTIME = {age}\n\
         [secrets]\npassword = {{ env = \"PVE_PASSWORD\" }}\n"
    )
}

/// A host whose /etc and /var/lib/upsctl lie in a file.
struct Disk {
    lab: Lab,
    image: PathBuf,
    disk: PathBuf,
    root: PathBuf,
}

fn here(program: &str, words: &[&str]) {
    let status = Command::new(program).args(words).status().unwrap();
    assert!(status.success(), "{program} {words:?}");
}

fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

impl Disk {
    fn new(suite: &str) -> Self {
        let lab = Lab::up("power", &[&format!("pve={suite},192.0.2.10")]);
        lab.dummy_ups("pve");
        lab.write("site.toml", &site(20));
        lab.upsctl(&["deploy", "-y"]).expect(0);
        let host = lab.path().join("hosts/pve");
        let disk = Self {
            image: host.join("disk.img"),
            disk: host.join("disk"),
            root: host.join("root"),
            lab,
        };
        disk.lab.ctl(&["kill", "pve"]).expect(0);
        std::fs::create_dir(&disk.disk).unwrap();
        let file = std::fs::File::create(&disk.image).unwrap();
        file.set_len(24 << 20).unwrap();
        here("mkfs.ext4", &["-q", text(&disk.image)]);
        here(
            "mount",
            &["-o", "loop", text(&disk.image), text(&disk.disk)],
        );
        for (from, to) in [("etc", "etc"), ("var/lib/upsctl", "upsctl")] {
            let (from, to) = (disk.root.join(from), disk.disk.join(to));
            here("cp", &["-a", text(&from), text(&to)]);
        }
        // What was there before the deploy is on disk.
        here("sync", &["-f", text(&disk.disk)]);
        disk.bind();
        disk.boot();
        disk
    }

    fn bind(&self) {
        for (part, place) in [("etc", "etc"), ("upsctl", "var/lib/upsctl")] {
            let (part, place) = (self.disk.join(part), self.root.join(place));
            here("mount", &["--bind", text(&part), text(&place)]);
        }
    }

    fn unmount(&self) {
        let places = [
            self.root.join("etc"),
            self.root.join("var/lib/upsctl"),
            self.disk.clone(),
        ];
        for place in places {
            wait_for("the file system is let go", 10, || {
                let umount = Command::new("umount")
                    .arg(&place)
                    .stderr(Stdio::null())
                    .status();
                umount.unwrap().success()
            });
        }
    }

    fn boot(&self) {
        self.lab.ctl(&["start", "pve"]).expect(0);
        self.lab.ctl(&["wait", "pve", "up", "60"]).expect(0);
    }

    fn digests(&self) -> String {
        let script = "cd /etc/nut && sha256sum nut.conf ups.conf upsd.conf upsd.users upsmon.conf";
        self.lab.sh("pve", script).expect(0).out
    }

    /// Sectors written to the loop device so far.
    fn written(&self) -> String {
        let script = format!(
            "cat /sys/block/$(basename $(findmnt -no SOURCE {}))/stat",
            self.disk.display()
        );
        let out = Command::new("sh").args(["-c", &script]).output().unwrap();
        let stat = String::from_utf8(out.stdout).unwrap();
        stat.split_whitespace().nth(6).unwrap().to_string()
    }

    /// The disk as a power cut would leave it now.
    fn snapshot(&self, to: &Path) {
        for _ in 0..50 {
            let before = self.written();
            here("cp", &["--sparse=always", text(&self.image), text(to)]);
            if self.written() == before {
                return;
            }
        }
        panic!("the disk never rests");
    }

    /// Boots from a snapshot, as after the cut.
    fn boot_from(&self, snapshot: &Path) {
        self.lab.ctl(&["kill", "pve"]).expect(0);
        self.unmount();
        // The copy itself and not the image: a loop device that still lives has the old one in memory.
        here("mount", &["-o", "loop", text(snapshot), text(&self.disk)]);
        self.bind();
        self.boot();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if std::env::var_os("KEEP_LAB").is_some() {
            return;
        }
        let _ = self.lab.command(&["kill", "pve"]).status();
        for place in [
            self.root.join("etc"),
            self.root.join("var/lib/upsctl"),
            self.disk.clone(),
        ] {
            let _ = Command::new("umount").arg("-l").arg(place).status();
        }
    }
}

/// One deploy, held at each step; a snapshot for each, with the state that was recorded then.
fn held_deploy(disk: &Disk, folder: &Path) -> Vec<(PathBuf, String)> {
    let lab = &disk.lab;
    lab.sh("pve", "mkdir -p /run/hold").expect(0);
    for name in [
        "mv",
        "sync",
        "rm",
        "systemctl",
        "systemd-run",
        "cp",
        "ln",
        "find",
    ] {
        let script =
            format!("cat >/usr/local/bin/{name} <<'X'\n{HOLD}X\nchmod 755 /usr/local/bin/{name}");
        lab.sh("pve", &script).expect(0);
    }
    lab.sh("pve", "sync -f /etc").expect(0);
    lab.write("site.toml", &site(30));
    let mut child = lab
        .upsctl_command(&["deploy", "-y"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut taken = Vec::new();
    let until = Instant::now() + Duration::from_secs(240);
    let code = loop {
        assert!(Instant::now() < until, "the deploy is held for ever");
        if let Some(status) = child.try_wait().unwrap() {
            break status.code();
        }
        let held = lab.sh(
            "pve",
            "[ -e /run/hold/ready ] && { cat /var/lib/upsctl/txn/*/state | tail -n1; echo -; }",
        );
        if held.code != 0 {
            std::thread::sleep(Duration::from_millis(20));
            continue;
        }
        let snapshot = folder.join(format!("{:03}.img", taken.len()));
        disk.snapshot(&snapshot);
        taken.push((
            snapshot,
            held.out.lines().next().unwrap_or_default().to_string(),
        ));
        lab.sh("pve", "rm -f /run/hold/ready").expect(0);
    };
    assert_eq!(code, Some(0), "the deploy went through");
    lab.sh("pve", "rm -f /usr/local/bin/*").expect(0);
    taken
}

fn power_cuts(suite: &str, sample: Option<usize>) {
    let disk = Disk::new(suite);
    let old = disk.digests();
    let folder = tempfile::TempDir::new().unwrap();
    let taken = held_deploy(&disk, folder.path());
    let new = disk.digests();
    assert_ne!(old, new);
    assert!(taken.len() > 20, "held only {} times", taken.len());
    let step = sample.map_or(1, |sample| taken.len().div_ceil(sample));
    let mut broken = Vec::new();
    let mut sides = [0, 0];
    for (at, (snapshot, state)) in taken.iter().enumerate().skip(step / 2).step_by(step) {
        disk.boot_from(snapshot);
        let rested = rests(&disk.lab);
        let now = disk.digests();
        sides[usize::from(now == new)] += 1;
        if !rested || (now != old && now != new) {
            let log = disk.lab.sh("pve", "cat /var/lib/upsctl/open; systemctl status upsctl-undo; cat /var/lib/upsctl/txn/*/log | tail; ls -la /etc/nut; upsc ups@127.0.0.1").out;
            broken.push(format!(
                "{suite}, step {at} ({state}): rests {rested}\n{now}\n{log}"
            ));
        }
    }
    println!(
        "{suite}: power cut at {} of {} steps: {} old, {} new, {} broken",
        sides[0] + sides[1],
        taken.len(),
        sides[0],
        sides[1],
        broken.len()
    );
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(sides[0] > 0, "some cuts came before the end");
}

/// Nothing is open and the UPS answers, by the host's own doing.
fn rests(lab: &Lab) -> bool {
    let until = Instant::now() + Duration::from_secs(60);
    while Instant::now() < until {
        let script =
            "test -e /var/lib/upsctl/open && echo open; upsc ups@127.0.0.1 ups.status 2>/dev/null";
        if lab.sh("pve", script).out.trim() == "OL" {
            return true;
        }
        std::thread::sleep(Duration::from_millis(300));
    }
    false
}

#[test]
fn a_power_cut_at_any_step_leaves_the_host_wholly_old_or_wholly_new() {
    if !available() {
        return;
    }
    if std::env::var_os("UPSCTL_TORTURE").is_none() {
        return power_cuts("trixie", Some(4));
    }
    for suite in ["bullseye", "bookworm", "trixie"] {
        power_cuts(suite, None);
    }
}
