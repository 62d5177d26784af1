//! A host in a folder: the real programs of upsctl run under the real `sh`, while `systemctl`, `upsc`
//! and the like are shims that behave like a small Debian host and can be made to fail at any call.

pub mod redirects;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use upsctl::apply::history::RollbackTarget;
use upsctl::apply::{self, Answer, Proof, Settings};
use upsctl::model::history::History;
use upsctl::model::name::HostName;
use upsctl::model::observed::ObservedHost;
use upsctl::model::plan::{Before, FileChange, FileStep, HostPlan, UnitAction, UnitStep};
use upsctl::model::secret::SecretStore;
use upsctl::model::text::Text;
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::observe::{self, PROBE, Probe, Settle};

const SHIMS: [&str; 19] = [
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
    "touch",
];

pub struct FakeHost {
    /// Where file systems are mounted, innermost last.
    mounts: Vec<PathBuf>,
    dir: TempDir,
}

/// Which parts of the host have a small file system of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Disks {
    /// None: all of it is in a folder of this machine.
    Plain,
    Etc,
    Var,
    /// One for each.
    Both,
    /// The same one for both.
    One,
}

impl Drop for FakeHost {
    fn drop(&mut self) {
        for mount in self.mounts.iter().rev() {
            let _ = Command::new("umount").arg("-l").arg(mount).status();
        }
    }
}

/// Whether file systems can be mounted here. Where not, the test says so and passes, except under CI.
pub fn can_mount() -> bool {
    let probe = Command::new("unshare")
        .args(["--mount", "true"])
        .stderr(Stdio::null())
        .status();
    let can = probe.is_ok_and(|status| status.success()) && Path::new("/dev/loop-control").exists();
    assert!(
        can || std::env::var("CI").as_deref() != Ok("true"),
        "no mounts in CI"
    );
    if !can {
        println!("SKIPPED, this machine may not mount file systems");
    }
    can
}

/// A new ext4 of 1 MiB and few inodes, as a file.
fn image(path: &Path) {
    fs::File::create(path).unwrap().set_len(1 << 20).unwrap();
    let status = Command::new("mkfs.ext4")
        .args([
            "-q",
            "-b",
            "1024",
            "-N",
            "96",
            "-m",
            "0",
            "-O",
            "^has_journal",
        ])
        .arg(path)
        .env("PATH", "/usr/sbin:/sbin:/usr/bin:/bin")
        .status();
    assert!(status.unwrap().success());
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
        Self::on(Disks::Plain)
    }

    pub fn on(disks: Disks) -> Self {
        let mut host = Self {
            dir: TempDir::new().unwrap(),
            mounts: Vec::new(),
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
        if matches!(disks, Disks::Etc | Disks::Both) {
            host.mount_image("etc", "root/etc/nut");
        }
        if matches!(disks, Disks::Var | Disks::Both) {
            host.mount_image("var", "root/var/lib");
        }
        if disks == Disks::One {
            fs::create_dir(host.path("disk")).unwrap();
            host.mount_image("one", "disk");
            for (part, place) in [("disk/etc", "root/etc/nut"), ("disk/var", "root/var/lib")] {
                fs::create_dir(host.path(part)).unwrap();
                host.mount(&["--bind"], &host.path(part), place);
            }
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
        for (unit, file) in Self::RUNS {
            fs::copy(
                host.path("root/etc/nut").join(file),
                host.path(&format!("runs-{unit}")),
            )
            .unwrap();
        }
        host
    }

    /// Another host, that has been through the same.
    pub fn copy(&self) -> Self {
        let dir = TempDir::new().unwrap();
        let from = self.dir.path().join(".");
        let copied = Command::new("cp")
            .arg("-a")
            .arg(from)
            .arg(dir.path())
            .status();
        assert!(copied.unwrap().success());
        Self {
            dir,
            mounts: Vec::new(),
        }
    }

    fn mount_image(&mut self, name: &str, place: &str) {
        let file = self.path(&format!("{name}.img"));
        image(&file);
        self.mount(&["-o", "loop"], &file, place);
        let _ = fs::remove_dir(self.path(place).join("lost+found"));
    }

    fn mount(&mut self, how: &[&str], what: &Path, place: &str) {
        let place = self.path(place);
        let status = Command::new("mount")
            .args(how)
            .arg(what)
            .arg(&place)
            .status();
        assert!(status.unwrap().success());
        self.mounts.push(place);
    }

    /// Takes away what a fault did to the file systems.
    pub fn mend_disks(&self) {
        for mount in &self.mounts {
            let _ = Command::new("mount")
                .args(["-o", "remount,rw,bind"])
                .arg(mount)
                .status();
            let _ = fs::remove_dir_all(mount.join("filler"));
        }
    }

    /// What each unit has read when it runs.
    pub const RUNS: [(&str, &str); 3] = [
        ("nut-driver@ups", "ups.conf"),
        ("nut-server", "ups.conf"),
        ("nut-monitor", "upsmon.conf"),
    ];

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

    /// Files of /etc/nut with their content; the folders of transactions are not among them.
    pub fn files(&self) -> BTreeMap<String, String> {
        self.names()
            .filter(|path| !path.is_dir())
            .map(|path| {
                let name = path.file_name().unwrap().to_string_lossy().into_owned();
                (name, fs::read_to_string(path).unwrap())
            })
            .collect()
    }

    /// Whether a transaction left something beside the files.
    pub fn has_leftovers(&self) -> bool {
        self.names()
            .any(|path| path.to_string_lossy().contains("/.upsctl-"))
    }

    fn names(&self) -> impl Iterator<Item = PathBuf> {
        fs::read_dir(self.path("root/etc/nut"))
            .unwrap()
            .map(|entry| entry.unwrap().path())
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

    /// How many redirections the shell of a deploy made, of those that are counted.
    pub fn redirects(&self) -> usize {
        let text = fs::read_to_string(self.path("redirects")).unwrap();
        text.trim().parse().unwrap()
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
        let there = self.files();
        let old: BTreeMap<File, &str> = there
            .iter()
            .filter_map(|(name, text)| Some((name.parse().ok()?, text.as_str())))
            .collect();
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
            settings: vec![],
            units: vec![
                unit("nut-driver@ups.service", UnitAction::Restart),
                unit("nut-server.service", UnitAction::Restart),
                unit("nut-monitor.service", UnitAction::Restart),
            ],
            unmanaged: Vec::new(),
            present: Vec::new(),
            warnings: Vec::new(),
            blocked: Vec::new(),
        }
    }

    pub fn settings(&self, id: &str) -> Settings {
        Settings {
            undoes: None,
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
        let mut program = apply::program(plan, proof, &SecretStore::default(), settings).unwrap();
        if fault.is_some_and(|(_, fault)| redirects::FAULTS.contains(&fault)) {
            fs::write(self.path("redirects"), "0\n").unwrap();
            program = redirects::counted(program);
        }
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
        self.until_all_have_ended();
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

    /// What the host remembers, and what a rollback to `target` would put back.
    pub fn history(&self, target: RollbackTarget<'_>) -> History {
        let program = apply::history::program("n", target, &self.settings("").root);
        let output = self.sh(&program, None).output().unwrap();
        apply::history::parse("n", &output.stdout).unwrap()
    }

    /// What a reading command sees.
    pub fn look(&self) -> ObservedHost {
        let probe = Probe {
            drivers: vec!["ups".into()],
            root: self.settings("").root,
            ..Probe::default()
        };
        let output = self.sh(&probe.program("n"), None).output().unwrap();
        observe::parse(&HostName::new("pve").unwrap(), "n", &output.stdout).unwrap()
    }

    /// A command of a killed deploy outlives it by a moment, and with it the lock.
    fn until_all_have_ended(&self) {
        let lock = self.path("root/var/lib/upsctl/lock");
        if lock.exists() {
            let mut free = Command::new("flock");
            free.args(["-w", "20"]).arg(lock).arg("true");
            assert!(free.status().unwrap().success(), "the lock is never freed");
        }
    }

    /// What the next upsctl does about leftovers.
    pub fn tidy(&self) {
        let program = apply::tidy_program(&self.settings("").root);
        self.sh(&program, None).status().unwrap();
    }

    /// From now on this is another boot than that of the deploy.
    pub fn reboot(&self, id: &str) {
        let boot = self.path("root/var/lib/upsctl/txn").join(id).join("boot");
        fs::write(boot, "another\n").unwrap();
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
