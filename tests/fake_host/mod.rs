//! A host in a folder: the real programs of upsctl run under the real `sh`, while `systemctl`, `upsc`
//! and the like are shims that behave like a small Debian host and can be made to fail at any call.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use upsctl::apply::{self, Answer, Proof, Settings};
use upsctl::model::name::HostName;
use upsctl::model::plan::{Before, FileChange, FileStep, HostPlan, UnitAction, UnitStep};
use upsctl::model::secret::SecretStore;
use upsctl::model::text::Text;
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::observe::{self, PROBE, Probe, Settle};

const SHIMS: [&str; 18] = [
    "systemctl",
    "systemd-run",
    "upsc",
    "ss",
    "ip",
    "lsusb",
    "journalctl",
    "dpkg-query",
    "apt-cache",
    "mv",
    "cp",
    "rm",
    "mkdir",
    "sync",
    "chown",
    "chmod",
    "ln",
    "head",
];

pub struct FakeHost {
    dir: TempDir,
}

/// What the deploy says when it has looked at itself.
#[derive(Debug, Clone, Copy)]
pub enum Verdict {
    Confirm,
    Undo,
    /// Nothing: the connection is lost.
    Silence,
}

impl FakeHost {
    /// A host that serves one UPS with its old files.
    pub fn new() -> Self {
        let host = Self {
            dir: TempDir::new().unwrap(),
        };
        for folder in [
            "root/etc/nut",
            "root/etc/systemd/system",
            "root/run/systemd/system",
            "root/var/lib",
            "units",
            "bin",
        ] {
            fs::create_dir_all(host.path(folder)).unwrap();
        }
        fs::write(
            host.path("root/etc/os-release"),
            "ID=debian\nPRETTY_NAME=\"Fake\"\n",
        )
        .unwrap();
        for (file, text) in Self::old_files() {
            host.write(file, text);
        }
        let shim = host.path("bin/shim");
        fs::copy(
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake_host/shim.sh"),
            &shim,
        )
        .unwrap();
        fs::set_permissions(&shim, fs::Permissions::from_mode(0o755)).unwrap();
        for name in SHIMS {
            std::os::unix::fs::symlink("shim", host.path("bin").join(name)).unwrap();
        }
        for unit in [
            "nut-server",
            "nut-monitor",
            "nut-driver@ups",
            "nut-driver-enumerator.path",
        ] {
            fs::write(host.path("units").join(unit), "active\n").unwrap();
        }
        fs::copy(host.path("root/etc/nut/ups.conf"), host.path("serving")).unwrap();
        host
    }

    pub fn old_files() -> [(File, &'static str); 3] {
        [
            (File::Nut, "MODE=standalone\n"),
            (File::Ups, "[ups]\ndriver = dummy-ups\nport = old.dev\n"),
            (File::Upsmon, "MONITOR ups@127.0.0.1 1 pve old primary\n"),
        ]
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn write(&self, file: File, text: &str) {
        let path = self.path("root/etc/nut").join(file.name());
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    }

    /// Files of /etc/nut with their content, leftovers included.
    pub fn files(&self) -> BTreeMap<String, String> {
        fs::read_dir(self.path("root/etc/nut"))
            .unwrap()
            .map(|entry| {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    pub fn is_open(&self) -> bool {
        self.path("root/var/lib/upsctl/open").exists()
    }

    pub fn unit(&self, name: &str) -> String {
        fs::read_to_string(self.path("units").join(name))
            .unwrap_or_default()
            .trim()
            .to_string()
    }

    pub fn calls(&self) -> usize {
        fs::read_to_string(self.path("calls")).map_or(0, |text| text.trim().parse().unwrap())
    }

    fn meta() -> String {
        let id = |flag: &str| {
            let out = Command::new("id").arg(flag).output().unwrap();
            String::from_utf8(out.stdout).unwrap().trim().to_string()
        };
        format!("{}:{}/640", id("-un"), id("-gn"))
    }

    /// A plan from the old files to `new`; a file that is not there yet is created.
    pub fn plan(&self, new: &[(File, &str)]) -> HostPlan {
        let meta = Self::meta();
        let old: BTreeMap<File, &str> = Self::old_files().into();
        let files = new
            .iter()
            .map(|&(file, text)| FileStep {
                file,
                path: format!("/etc/nut/{file}"),
                change: if old.contains_key(&file) {
                    FileChange::Content
                } else {
                    FileChange::Create
                },
                before: old.get(&file).map_or(Before::Absent, |text| Before::File {
                    digest: observe::digest(text.as_bytes()),
                    meta: meta.clone(),
                }),
                content: Text::plain(text),
                old: String::new(),
                new: String::new(),
                old_meta: None,
                new_meta: meta.clone(),
                passwords: Vec::new(),
            })
            .collect();
        let unit = |unit: &str, action| UnitStep {
            unit: unit.into(),
            action,
            because: Vec::new(),
        };
        HostPlan {
            host: HostName::new("pve").unwrap(),
            install: Vec::new(),
            files,
            units: vec![
                unit("nut-driver@ups.service", UnitAction::Restart),
                unit("nut-server.service", UnitAction::Restart),
                unit("nut-monitor.service", UnitAction::Restart),
            ],
            unmanaged: Vec::new(),
            present: Vec::new(),
            blocked: Vec::new(),
        }
    }

    pub fn settings(&self, id: &str) -> Settings {
        Settings {
            id: id.into(),
            holder: "tester@here".into(),
            undo_after: 60,
            confirm: 5,
            keep: 10,
            even_on_battery: false,
            gate: vec!["ups@127.0.0.1".into()],
            nut: NutVersion::V2_8_1,
            root: self.path("root").display().to_string(),
        }
    }

    /// Runs a plan to its end, or until a fault kills it.
    pub fn deploy(
        &self,
        plan: &HostPlan,
        verdict: Verdict,
        fault: Option<(usize, &str)>,
    ) -> Option<Answer> {
        self.deploy_as(&self.settings("20260101T000000Z-a"), plan, verdict, fault)
    }

    pub fn deploy_as(
        &self,
        settings: &Settings,
        plan: &HostPlan,
        verdict: Verdict,
        fault: Option<(usize, &str)>,
    ) -> Option<Answer> {
        let probe = Probe {
            systems: vec!["ups@127.0.0.1".into()],
            clients_of: vec!["ups@127.0.0.1".into()],
            drivers: vec!["ups".into()],
            settle: Some(Settle {
                seconds: 1,
                units: vec!["nut-server".into()],
                ups: vec!["ups@127.0.0.1".into()],
            }),
            root: settings.root.clone(),
            ..Probe::default()
        };
        let proof = Proof {
            settings: &probe.settings("n"),
            functions: PROBE,
        };
        let program = apply::program(plan, proof, &SecretStore::default(), settings).unwrap();
        let mut child = self
            .sh(&program.text, fault)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut stdin = child.stdin.take();
        // A fault may end the program before it has read everything.
        let _ = stdin
            .as_mut()
            .unwrap()
            .write_all(program.input.expose().as_bytes());
        let mut answer = None;
        for line in BufReader::new(child.stdout.take().unwrap()).split(b'\n') {
            let line = String::from_utf8_lossy(&line.unwrap()).into_owned();
            match apply::answer("n", &line) {
                Some(Answer::Await) => match verdict {
                    Verdict::Confirm => {
                        let _ = stdin.as_mut().unwrap().write_all(b"confirm\n");
                    }
                    Verdict::Undo => {
                        let _ = stdin.as_mut().unwrap().write_all(b"not proven\n");
                    }
                    Verdict::Silence => stdin = None,
                },
                Some(other) => answer = Some(other),
                None => {}
            }
        }
        child.wait().unwrap();
        answer
    }

    /// What the next upsctl does with a transaction that was left open.
    pub fn heal(&self, id: &str) {
        let program = apply::heal_program(id, &self.settings(id).root);
        let status = self
            .sh(&program, None)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status();
        status.unwrap();
    }

    /// What the undo timer or the boot unit does.
    pub fn undo_as(&self, id: &str, occasion: &str) {
        let script = self
            .path("root/var/lib/upsctl/txn")
            .join(id)
            .join("undo.sh");
        let program = format!("sh '{}' {occasion}", script.display());
        self.sh(&program, None).status().unwrap();
    }

    fn sh(&self, program: &str, fault: Option<(usize, &str)>) -> Command {
        let real = std::env::var("PATH").unwrap() + ":/usr/sbin:/sbin";
        let mut command = Command::new("sh");
        command
            .args([
                "-c",
                "DEPLOY_PID=$$; export DEPLOY_PID; exec sh -c \"$PROGRAM\"",
            ])
            .env("PROGRAM", program)
            .env("PATH", format!("{}:{real}", self.path("bin").display()))
            .env("REAL_PATH", real)
            .env("FAKE", self.dir.path())
            .env("ROOT_DIR", self.path("root"));
        if let Some((at, fault)) = fault {
            command.env("FAULT_AT", at.to_string()).env("FAULT", fault);
        }
        command
    }
}
