//! Deploys that are cut short at random moments on real hosts, and secrets searched for everywhere.
//! `UPSCTL_TORTURE=200` runs that many of all kinds, `SEED` repeats the moments of an earlier run;
//! otherwise a few of some kinds.

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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    PressCtrlC,
    KillUpsctl,
    KillSsh,
    KillTheProgram,
    /// Nobody is left but the host's own timer.
    KillBothEnds,
    CutTheNetwork,
    Reboot,
    PullThePlug,
    TakeTheRecordAway,
    /// A file system of the host's own, for /etc/nut, /var/lib/upsctl or each of both, and what
    /// becomes of it.
    Disk(&'static [&'static str], Fault),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    NoBlocks,
    NoInodes,
    ReadOnly,
}

const ETC: &str = "/etc/nut";
const VAR: &str = "/var/lib/upsctl";

/// Every other one on one Debian, the others on another, are the sample of `make test`.
const EVENTS: [Event; 17] = [
    Event::KillUpsctl,
    Event::PressCtrlC,
    Event::KillTheProgram,
    Event::KillSsh,
    Event::CutTheNetwork,
    Event::Disk(&[ETC], Fault::NoInodes),
    Event::Disk(&[ETC], Fault::NoBlocks),
    Event::PullThePlug,
    Event::Reboot,
    Event::Disk(&[VAR], Fault::NoInodes),
    Event::Disk(&[VAR], Fault::NoBlocks),
    Event::Disk(&[ETC, VAR], Fault::NoBlocks),
    Event::Disk(&[VAR], Fault::ReadOnly),
    Event::Disk(&[ETC, VAR], Fault::NoInodes),
    Event::TakeTheRecordAway,
    Event::Disk(&[ETC], Fault::ReadOnly),
    Event::KillBothEnds,
];

impl Event {
    fn name(self) -> String {
        match self {
            Self::Disk(places, fault) => format!("{fault:?} {}", places.join(" ")),
            other => format!("{other:?}"),
        }
    }

    /// The folders that need a file system of their own for it.
    fn places(self) -> &'static [&'static str] {
        match self {
            Self::Disk(places, _) => places,
            _ => &[],
        }
    }
}

const CLEAR_WHAT_NEVER_BEGAN: &str = r#"
for left in /etc/nut/.upsctl-*; do
  case $(cat "/var/lib/upsctl/txn/${left#*.upsctl-}/state" 2>/dev/null) in '' | staged) rm -rf "$left" ;; esac
done
"#;
const KILL_THE_PROGRAM: &str = "kill -KILL $(cut -d' ' -f1 /var/lib/upsctl/txn/*/pid | tail -n1)";

/// Puts a folder on a small file system, with what is in it.
const OWN_DISK: &str = r#"
inodes=$(($(find $place | wc -l) + 80))
cp -a $place /root/aside &&
  mount -t tmpfs -o size=$(($(du -sk $place | cut -f1) + inodes * 4 + 64))k,nr_inodes=$inodes tmpfs $place &&
  chown --reference=/root/aside $place && chmod --reference=/root/aside $place &&
  cp -a /root/aside/. $place && rm -r /root/aside
"#;

/// Takes it off again, with what is in it by now.
const NO_DISK: &str = r#"
mount -o remount,rw $place
rm -rf $place/full
cp -a $place /root/aside && umount $place && find $place -mindepth 1 -delete &&
  cp -a /root/aside/. $place && rm -r /root/aside
"#;

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

    fn strike(&mut self, event: Event, child: &mut Child) {
        let lab = &self.lab;
        match event {
            Event::KillUpsctl => {
                let _ = child.kill();
            }
            Event::PressCtrlC => {
                // Ctrl-C reaches the whole foreground group; here the program alone.
                let _ = Command::new("pkill")
                    .args([
                        "-INT",
                        "-f",
                        &format!("upsctl --ssh-config {}", lab.path().display()),
                    ])
                    .status();
            }
            Event::KillSsh => {
                let config = lab.path().join("ssh_config");
                let _ = Command::new("pkill")
                    .args(["-KILL", "-f", &format!("ssh .*{}", config.display())])
                    .status();
            }
            Event::CutTheNetwork => {
                lab.ctl(&["cut", "pve"]);
                let seconds = 1 + self.random(6);
                std::thread::sleep(Duration::from_secs(seconds));
                self.lab.ctl(&["mend", "pve"]);
            }
            Event::Reboot => {
                lab.ctl(&["reboot", "pve"]);
            }
            Event::PullThePlug => {
                lab.ctl(&["kill", "pve"]);
                lab.ctl(&["start", "pve"]);
            }
            Event::KillTheProgram => {
                lab.sh("pve", KILL_THE_PROGRAM);
            }
            Event::KillBothEnds => {
                let _ = child.kill();
                lab.sh("pve", KILL_THE_PROGRAM);
            }
            Event::TakeTheRecordAway => {
                lab.sh("pve", "rm -rf /var/lib/upsctl");
            }
            Event::Disk(places, fault) => {
                for place in places {
                    lab.sh("pve", &spoil(place, fault));
                }
                if fault == Fault::ReadOnly {
                    let seconds = 1 + self.random(6);
                    std::thread::sleep(Duration::from_secs(seconds));
                    for place in places {
                        let mend = format!("mount -o remount,rw {place}");
                        self.lab.sh("pve", &mend).expect(0);
                    }
                }
            }
        }
    }

    /// One deploy from one side to the other, struck at a random moment. Says what is broken after it.
    fn run(&mut self, event: Event) -> Option<String> {
        let from = match self.side() {
            Ok(side) => side,
            Err(why) => return Some(format!("before: {why}")),
        };
        let to = if from == "a" { "b" } else { "a" };
        for place in event.places() {
            let script = format!("place={place}\n{OWN_DISK}");
            self.lab.sh("pve", &script).expect(0);
        }
        let mut child = self.deploy(to);
        let moment = self.random(6000);
        std::thread::sleep(Duration::from_millis(moment));
        self.strike(event, &mut child);
        let code = wait_or_kill(&mut child);
        let settled = self.settle();
        for place in event.places() {
            let script = format!("place={place}\n{NO_DISK}");
            self.lab.sh("pve", &script).expect(0);
        }
        let now = self.side();
        let wrong = match (settled, &now, code) {
            (false, _, _) => "the transaction stays open or upsc does not answer".to_string(),
            (_, Err(why), _) => why.clone(),
            (_, Ok(side), Some(0)) if *side != to => "exit 0, and the old state".into(),
            (_, Ok(side), Some(5)) if *side != from => "exit 5, and the new state".into(),
            _ => self.odd(event)?,
        };
        let log = "cd /var/lib/upsctl/txn; cat $(ls | tail -n1)/state $(ls | tail -n1)/log";
        let log = self.lab.sh("pve", log).out;
        Some(format!(
            "{} after {moment} ms, {from} -> {to}, exit {code:?}: {wrong}\n{log}",
            event.name()
        ))
    }

    /// Owners, modes and leftovers that are not as they must be.
    fn odd(&self, event: Event) -> Option<String> {
        // What nobody is owed, as it never began or its record is gone, the next deploy clears; so it does
        // what a read-only disk kept.
        self.lab.sh("pve", CLEAR_WHAT_NEVER_BEGAN);
        if event == Event::Disk(&[ETC], Fault::ReadOnly) {
            self.lab.sh("pve", "rm -rf /etc/nut/.upsctl-*");
        }
        let script = "cd /etc/nut; ls -A | grep '^.upsctl'; stat -c '%U:%G %a' nut.conf ups.conf upsd.conf upsd.users upsmon.conf | grep -v '^root:nut 640$'";
        let odd = self.lab.sh("pve", script).out;
        (!odd.is_empty()).then(|| format!("owner, mode or leftovers: {odd}"))
    }

    /// The host comes to rest by itself: no transaction is open or under way, and the UPS answers.
    fn settle(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(120);
        while Instant::now() < until {
            let script = "cd /var/lib/upsctl 2>/dev/null && { [ ! -e open ] || echo open; flock -n lock true || echo busy; }; upsc ups@127.0.0.1 ups.status 2>/dev/null";
            let open = self.lab.sh("pve", script).out;
            if open.trim() == "OL" {
                return true;
            }
            std::thread::sleep(Duration::from_millis(500));
        }
        false
    }
}

/// What spoils the file system of a folder.
fn spoil(place: &str, fault: Fault) -> String {
    match fault {
        Fault::NoBlocks => format!("dd if=/dev/zero of={place}/full bs=1k 2>/dev/null"),
        Fault::NoInodes => {
            format!(
                "mkdir {place}/full && cd {place}/full && i=0; while mkdir $i 2>/dev/null; do i=$((i + 1)); done"
            )
        }
        // Whoever has a file of it open for writing just now delays it.
        Fault::ReadOnly => {
            format!(
                "for i in 1 2 3 4 5 6 7 8 9; do mount -o remount,ro {place} 2>/dev/null && exit; sleep 0.05; done"
            )
        }
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

/// Half of the events, or half of the sample.
fn torture(suite: &str, half: usize) {
    if !available() {
        return;
    }
    let asked = std::env::var("UPSCTL_TORTURE").ok();
    let events: Vec<Event> = match asked.and_then(|n| n.parse::<usize>().ok()) {
        Some(runs) => EVENTS.into_iter().cycle().take(runs / 2).collect(),
        None => EVENTS.into_iter().skip(half).step_by(2).collect(),
    };
    let mut torture = Torture::new(suite);
    let mut table: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut broken = Vec::new();
    for event in &events {
        let said = torture.run(*event);
        let leaks = leaks(&torture.lab, "canary");
        let row = table.entry(event.name()).or_default();
        row[0] += 1;
        row[1] += usize::from(said.is_some());
        row[2] += usize::from(!leaks.is_empty());
        broken.extend(said);
        broken.extend((!leaks.is_empty()).then(|| format!("{}: a secret: {leaks}", event.name())));
        if broken.len() > 5 {
            break;
        }
    }
    println!("{suite}: {:32} events  half-done  secrets seen", "kind");
    for (kind, [events, half_done, secrets]) in &table {
        println!("{suite}: {kind:32} {events:6}  {half_done:9}  {secrets:12}");
    }
    assert!(
        broken.is_empty(),
        "{} broke in {} runs:\n{}",
        broken.len(),
        events.len(),
        broken.join("\n")
    );
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
    torture("trixie", 0);
}

#[test]
fn nut_2_8_0_survives_deploys_cut_short() {
    torture("bookworm", 1);
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
