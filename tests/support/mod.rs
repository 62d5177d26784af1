//! Real hosts for tests: see tests/lab/README.md.
#![allow(dead_code, clippy::print_stderr)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// A lab of its own for one test; gone when dropped.
pub struct Lab {
    name: String,
    pub dir: TempDir,
}

/// Result of a command, as text.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    fn of(output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The same, once it is seen to have ended with this code.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.out, self.err
        );
        self
    }
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lab/lab")
}

/// Whether the lab can run here. Where it cannot, the test says so and passes, except under CI.
pub fn available() -> bool {
    let check = Command::new(script())
        .arg("check")
        .output()
        .expect("tests/lab/lab runs");
    if check.status.success() {
        return true;
    }
    let why = String::from_utf8_lossy(&check.stderr).into_owned()
        + &String::from_utf8_lossy(&check.stdout);
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "no lab in CI: {why}"
    );
    eprintln!("SKIPPED, this machine cannot run the lab: {why}");
    false
}

impl Lab {
    /// Boots hosts: `NAME=SUITE[,ADDRESS]`, or `--bare` before them.
    pub fn up(purpose: &str, hosts: &[&str]) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "{purpose}-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let lab = Self {
            name,
            dir: TempDir::new().unwrap(),
        };
        let mut words = vec!["up", lab.name.as_str()];
        words.extend(hosts);
        run(Command::new(script()).args(words)).expect(0);
        lab
    }

    /// A command of the lab script on this lab.
    pub fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(script());
        command.arg(words[0]).arg(&self.name).args(&words[1..]);
        command
    }

    /// Runs a command of the lab script on this lab.
    pub fn ctl(&self, words: &[&str]) -> Ran {
        run(&mut self.command(words))
    }

    /// Runs sh as root inside a host, without ssh.
    pub fn sh(&self, host: &str, script: &str) -> Ran {
        run(&mut self.command(&["in", host, "sh", "-c", script]))
    }

    /// The lab's folder.
    pub fn path(&self) -> PathBuf {
        PathBuf::from(self.ctl(&["path"]).expect(0).out.trim())
    }

    /// Writes a file beside the inventory.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// `upsctl` in the lab's network, with its ssh configuration and the inventory of this test.
    pub fn upsctl_command(&self, words: &[&str]) -> Command {
        let binary = env!("CARGO_BIN_EXE_upsctl");
        let config = self.path().join("ssh_config");
        let mut command = self.command(&["exec", binary, "--ssh-config", config.to_str().unwrap()]);
        command
            .args(["-i", self.dir.path().join("site.toml").to_str().unwrap()])
            .args(words)
            .env("PVE_PASSWORD", "pvecanary1")
            .env("NAS_PASSWORD", "nascanary2")
            .env("NO_COLOR", "1")
            .stdin(Stdio::null());
        command
    }

    /// Runs `upsctl` to its end.
    pub fn upsctl(&self, words: &[&str]) -> Ran {
        let ran = run(&mut self.upsctl_command(words));
        for canary in ["pvecanary1", "nascanary2"] {
            let seen = ran.out.contains(canary) || ran.err.contains(canary);
            assert!(
                !seen || words.contains(&"--reveal"),
                "a password was printed:\n{}{}",
                ran.out,
                ran.err
            );
        }
        ran
    }

    /// Gives a host a UPS made of a file.
    pub fn dummy_ups(&self, host: &str) {
        self.sh(
            host,
            "umask 022; printf 'ups.status: OL\\nbattery.charge: 100\\nbattery.runtime: 1800\\nups.mfr: Lab\\nups.model: Dummy\\n' >/etc/nut/ups.dev",
        )
        .expect(0);
    }

    /// Changes what the UPS says.
    pub fn ups_status(&self, host: &str, status: &str) {
        let script = format!(
            "sed 's/^ups.status:.*/ups.status: {status}/' /etc/nut/ups.dev >/etc/nut/ups.new && chmod 644 /etc/nut/ups.new && mv /etc/nut/ups.new /etc/nut/ups.dev"
        );
        self.sh(host, &script).expect(0);
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::env::var_os("KEEP_LAB").is_none() {
            let _ = self.command(&["down"]).output();
        }
    }
}

fn run(command: &mut Command) -> Ran {
    Ran::of(&command.output().expect("the command can be started"))
}

/// Waits until something holds.
#[track_caller]
pub fn wait_for(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < until, "waited {seconds} s in vain: {what}");
        std::thread::sleep(Duration::from_millis(200));
    }
}
