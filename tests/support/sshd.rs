//! A private sshd on loopback: its own port, host key, users' keys and known_hosts. It shares
//! nothing with the machine's own ssh but the programs.
#![allow(dead_code, clippy::print_stderr)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use upsctl::host::{Ssh, Target};

use super::processes;

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
        let port = free_port();
        write_config(folder.path(), port, own_lines);
        let child = Command::new(sshd)
            .args(["-D", "-f"])
            .arg(folder.path().join("sshd_config"))
            .arg("-E")
            .arg(folder.path().join("sshd.log"))
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        let sshd = Self {
            folder,
            child,
            port,
        };
        sshd.know("host_key");
        sshd.wait_until_it_listens();
        Some(sshd)
    }

    /// The way to it, as the user who runs the tests.
    pub fn target(&self) -> Target {
        Target {
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
    pub fn target_behind_itself(&self) -> Target {
        Target {
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

    /// Breaks every connection, as a host that dies does.
    pub fn cut(&self) {
        for process in processes::all()
            .iter()
            .filter(|process| process.parent == self.child.id())
        {
            processes::signal("KILL", process.pid);
        }
    }

    /// The ssh processes of transports to it.
    pub fn clients(&self) -> Vec<processes::Process> {
        processes::with(self.path("ssh_config").to_str().unwrap())
    }

    fn wait_until_it_listens(&self) {
        let until = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            let log = fs::read_to_string(self.path("sshd.log")).unwrap_or_default();
            assert!(Instant::now() < until, "sshd does not listen: {log}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port of loopback where nobody listens.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
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
