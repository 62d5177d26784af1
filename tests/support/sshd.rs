//! A private sshd on loopback: its own port, host key, users' keys and known_hosts. It shares
//! nothing with the machine's own ssh but the programs.
#![allow(dead_code, clippy::print_stderr)]

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use upsctl::host::{Ssh, SshTarget};

use super::processes;

/// A port of loopback where nobody ever listens.
pub const CLOSED_PORT: u16 = 1;

/// A running sshd; it ends with this value.
pub struct Sshd {
    folder: TempDir,
    child: Child,
    port: u16,
}

impl Sshd {
    /// Starts one, with lines of its own for sshd_config. Without sshd on this machine it says so
    /// and gives `None`, but for CI, where a test that cannot run is a failure.
    pub fn start(own_lines: &str) -> Option<Self> {
        let Some(sshd) = find_sshd() else {
            assert!(
                std::env::var("CI").as_deref() != Ok("true"),
                "no sshd: install openssh-server"
            );
            eprintln!("SKIPPED, NOTHING WAS TESTED: no sshd; install openssh-server");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("sshd-").tempdir().unwrap();
        for key in ["host_key", "user_key", "other_key"] {
            make_key(&folder.path().join(key));
        }
        fs::copy(
            folder.path().join("user_key.pub"),
            folder.path().join("authorized_keys"),
        )
        .unwrap();
        // Wanted by an sshd of root's, and made by the service only.
        let _ = fs::create_dir_all("/run/sshd");
        // Another test may take the port between the choice and sshd's bind.
        for _ in 0..20 {
            let port = free_port();
            write_config(folder.path(), port, own_lines);
            let mut child = spawn(&sshd, folder.path());
            if listens(&mut child, &folder.path().join("sshd.log")) {
                let sshd = Self {
                    folder,
                    child,
                    port,
                };
                sshd.know("host_key");
                return Some(sshd);
            }
        }
        let log = fs::read_to_string(folder.path().join("sshd.log")).unwrap_or_default();
        panic!("sshd does not start: {log}");
    }

    /// The way to it, as the user who runs the tests.
    pub fn target(&self) -> SshTarget {
        SshTarget {
            address: "127.0.0.1".into(),
            user: None,
            port: Some(self.port),
            identity_file: Some(self.path("user_key")),
            jump: None,
            config: Some(self.path("ssh_config")),
            timeout: Duration::from_secs(10),
        }
    }

    /// The way to it through itself as the jump host.
    pub fn target_behind_itself(&self) -> SshTarget {
        SshTarget {
            jump: Some("jump".into()),
            ..self.target()
        }
    }

    /// A transport to it.
    pub fn transport(&self) -> Ssh {
        Ssh::to(self.target())
    }

    /// A file of its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Its name in known_hosts.
    pub fn known_as(&self) -> String {
        format!("[127.0.0.1]:{}", self.port)
    }

    /// Makes this key the one that known_hosts has.
    pub fn know(&self, key: &str) {
        let public = fs::read_to_string(self.path(&format!("{key}.pub"))).unwrap();
        fs::write(
            self.path("known_hosts"),
            format!("{} {public}", self.known_as()),
        )
        .unwrap();
    }

    /// How often someone logged in.
    pub fn logins(&self) -> usize {
        fs::read_to_string(self.path("sshd.log"))
            .unwrap()
            .matches("Accepted publickey")
            .count()
    }

    /// Breaks every connection, as a host that dies does: all below the listener, top first.
    pub fn cut(&self) {
        let all = processes::all();
        let mut doomed = vec![self.child.id()];
        for next in 0.. {
            let Some(&parent) = doomed.get(next) else {
                break;
            };
            let children = all.iter().filter(|process| process.parent == parent);
            doomed.extend(children.map(|process| process.pid));
        }
        for pid in &doomed[1..] {
            processes::signal("KILL", *pid);
        }
    }

    /// The ssh processes of transports to it.
    pub fn clients(&self) -> Vec<processes::Process> {
        processes::with(self.path("ssh_config").to_str().unwrap())
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback where nobody listens, until someone does.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn spawn(sshd: &Path, folder: &Path) -> Child {
    Command::new(sshd)
        .args(["-D", "-f"])
        .arg(folder.join("sshd_config"))
        .arg("-E")
        .arg(folder.join("sshd.log"))
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Waits until this very sshd listens; `false` when it ended instead.
fn listens(child: &mut Child, log: &Path) -> bool {
    let until = Instant::now() + Duration::from_secs(10);
    loop {
        let said = fs::read_to_string(log).unwrap_or_default();
        if said.contains("Server listening on") {
            return true;
        }
        if child.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(Instant::now() < until, "sshd does not listen: {said}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn find_sshd() -> Option<PathBuf> {
    let folders = ["/usr/sbin", "/usr/local/sbin", "/sbin", "/usr/bin"];
    folders
        .iter()
        .map(|folder| Path::new(folder).join("sshd"))
        .find(|path| path.exists())
}

fn make_key(path: &Path) {
    let status = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status();
    assert!(status.unwrap().success());
}

fn write_config(folder: &Path, port: u16, own_lines: &str) {
    let place = folder.display();
    fs::write(
        folder.join("sshd_config"),
        format!(
            "{own_lines}\nPort {port}\nListenAddress 127.0.0.1\nHostKey {place}/host_key\n\
             AuthorizedKeysFile {place}/authorized_keys\nPidFile none\nStrictModes no\nUsePAM no\n\
             PasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\nLogLevel INFO\n"
        ),
    )
    .unwrap();
    fs::write(
        folder.join("ssh_config"),
        format!(
            "Host jump\n  HostName 127.0.0.1\n  Port {port}\nHost *\n  UserKnownHostsFile {place}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  \
             IdentityAgent none\n  IdentitiesOnly yes\n  IdentityFile {place}/user_key\n"
        ),
    )
    .unwrap();
}
