//! A real Prometheus and a real node_exporter, from Debian's packages, unpacked and not installed.
#![allow(clippy::print_stderr)]

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// Where the programs are; nothing, and loudly, where they cannot be had. Under CI they must be.
pub fn programs() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND
        .get_or_init(|| match unpacked() {
            Ok(folder) => Some(folder),
            Err(why) => {
                assert!(
                    std::env::var("CI").as_deref() != Ok("true"),
                    "no Prometheus in CI: {why}"
                );
                eprintln!("SKIPPED, no Prometheus: {why}");
                None
            }
        })
        .as_deref()
}

fn unpacked() -> Result<PathBuf, String> {
    let cache = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus");
    let done = cache.join("usr/bin");
    if cache.join("whole").exists() {
        return Ok(done);
    }
    let fresh = TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).map_err(|error| error.to_string())?;
    run(Command::new("apt-get")
        .args(["download", "-qq", "prometheus", "prometheus-node-exporter"])
        .current_dir(fresh.path()))?;
    let packages = fs::read_dir(fresh.path()).map_err(|error| error.to_string())?;
    let packages: Vec<PathBuf> = packages.flatten().map(|entry| entry.path()).collect();
    for package in packages
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "deb"))
    {
        run(Command::new("dpkg")
            .arg("-x")
            .arg(package)
            .arg(fresh.path()))?;
    }
    fs::write(fresh.path().join("whole"), "").map_err(|error| error.to_string())?;
    // Somebody else may have been faster; then theirs is as good.
    let _ = fs::rename(fresh.path(), &cache);
    match cache.join("whole").exists() {
        true => Ok(done),
        false => Err("the packages could not be kept".into()),
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let output = command
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(format!(
            "{command:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        )),
    }
}

pub fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

/// A program that ends with the test.
pub struct Running {
    child: Child,
    pub port: u16,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(mut command: Command, port: u16) -> Self {
        let command = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let running = Self {
            child: command.spawn().expect("it starts"),
            port,
        };
        wait("a port that listens", 20, || {
            TcpStream::connect(("127.0.0.1", port)).is_ok()
        });
        running
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

/// Prometheus with these scrape jobs (YAML of `scrape_configs`) and rules, all every second.
pub fn prometheus(folder: &Path, jobs: &str, rules: &str, words: &[&str]) -> Running {
    let config = format!(
        "global: {{scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s}}\n\
         rule_files: [rules.yml]\nscrape_configs:\n{jobs}"
    );
    fs::write(folder.join("prometheus.yml"), config).expect("written");
    fs::write(folder.join("rules.yml"), rules).expect("written");
    let port = free_port();
    let mut command = Command::new(programs().expect("looked before").join("prometheus"));
    command
        .arg(format!(
            "--config.file={}",
            folder.join("prometheus.yml").display()
        ))
        .arg(format!(
            "--storage.tsdb.path={}",
            folder.join("data").display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .args(words);
    Running::start(command, port)
}

/// node_exporter with nothing but the text files of a folder.
pub fn node_exporter(folder: &Path) -> Running {
    let port = free_port();
    let mut command = Command::new(
        programs()
            .expect("looked before")
            .join("prometheus-node-exporter"),
    );
    command
        .args(["--collector.disable-defaults", "--collector.textfile"])
        .arg(format!(
            "--collector.textfile.directory={}",
            folder.display()
        ))
        .arg(format!("--web.listen-address=127.0.0.1:{port}"));
    Running::start(command, port)
}

/// Waits until something holds.
#[track_caller]
pub fn wait(what: &str, seconds: u64, mut holds: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(seconds);
    while !holds() {
        assert!(Instant::now() < until, "waited {seconds} s in vain: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}
