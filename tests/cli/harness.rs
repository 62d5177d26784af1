//! Runs the program in a folder and an environment of its own, and compares what it printed.

use std::fs;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// Every password of these tests begins with it, so that one look finds them all.
pub const CANARY: &str = "canary";

/// A folder with an inventory, and the environment of someone who works in it.
pub struct Desk {
    folder: TempDir,
    environment: Vec<(String, String)>,
}

/// What a run printed and how it ended.
pub struct Ran {
    words: String,
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    /// A desk with nothing on it.
    pub fn empty() -> Self {
        let environment = [
            ("PATH", "/usr/bin:/bin"),
            ("LANG", "C.UTF-8"),
            ("COLUMNS", "100"),
        ];
        Self {
            folder: TempDir::new().expect("a folder"),
            environment: environment
                .map(|(key, value)| (key.into(), value.into()))
                .into(),
        }
    }

    /// A desk with this inventory, and the passwords of its hosts in the environment
    /// variables `PW_NAME`.
    pub fn with(inventory: &str) -> Self {
        let mut desk = Self::empty();
        for user in ["pve", "nas", "truenas"] {
            let entry = (format!("PW_{user}"), format!("{CANARY}-{user}"));
            desk.environment.push(entry);
        }
        desk.write("inventory/site.toml", inventory);
        desk
    }

    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.push((key.into(), value.into()));
        self
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(assert_cmd::cargo::cargo_bin!("upsctl"));
        command
            .args(words)
            .current_dir(&self.folder)
            .env_clear()
            .env("HOME", self.folder.path())
            .envs(self.environment.iter().map(|(key, value)| (key, value)))
            .stdin(Stdio::null());
        command
    }

    /// Runs the program, without a terminal. A password is printed only where that was asked for.
    #[track_caller]
    pub fn upsctl(&self, words: &[&str]) -> Ran {
        let output = self.command(words).output().expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        let ran = Ran {
            words: words.join(" "),
            code: output.status.code().expect("no signal ends it"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        };
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        let revealed = words.contains(&"--reveal");
        assert!(
            revealed || !printed.contains(CANARY),
            "a password in:\n{printed}"
        );
        assert!(!printed.contains("panicked"), "{printed}");
        ran
    }

    /// Runs the program, presses Ctrl-C once `ready` returns, and gives its exit code as a
    /// shell has it.
    pub fn upsctl_interrupted(&self, words: &[&str], ready: impl FnOnce()) -> i32 {
        let mut child = self
            .command(words)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program runs");
        ready();
        let pid = child.id().to_string();
        let sent = Command::new("kill").args(["-INT", &pid]).status();
        assert!(sent.expect("kill runs").success());
        let ended = child.wait().expect("it ends");
        let by_signal = || 128 + ended.signal().expect("a code or a signal");
        ended.code().unwrap_or_else(by_signal)
    }

    /// Runs the program with a stdout that nobody reads any more; gives its exit code and stderr.
    pub fn upsctl_unread(&self, words: &[&str]) -> (Option<i32>, String) {
        let (gone, stdout) = UnixStream::pair().expect("a pair");
        drop(gone);
        let output = self
            .command(words)
            .stdout(OwnedFd::from(stdout))
            .stderr(Stdio::piped())
            .spawn()
            .and_then(std::process::Child::wait_with_output)
            .expect("the program runs");
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code(), stderr)
    }
}

impl Ran {
    /// The same, once it is seen to have ended with this code and to have said exactly what stands in
    /// `tests/cli/NAME.txt`. `UPDATE=1` writes that file.
    #[track_caller]
    pub fn is(self, name: &str, code: i32) -> Self {
        self.matches(name, code, &[])
    }

    /// The same, where some words differ from run to run.
    #[track_caller]
    pub fn matches(self, name: &str, code: i32, differing: &[(&str, &str)]) -> Self {
        let mut text = format!(
            "$ upsctl {}\n--- stdout\n{}--- stderr\n{}--- exit code {}\n",
            self.words, self.stdout, self.stderr, self.code
        );
        for (word, name) in differing {
            text = text.replace(word, name);
        }
        let path = Path::new("tests/cli").join(name).with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            fs::write(&path, &text).expect("the text can be written");
        }
        let want = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            want == text,
            "{}; got:\n{text}\nwant:\n{want}",
            path.display()
        );
        assert_eq!(self.code, code, "{text}");
        self
    }

    /// The one JSON document on stdout.
    #[track_caller]
    pub fn document(&self) -> serde_json::Value {
        let document: serde_json::Value =
            serde_json::from_str(&self.stdout).expect("stdout is one document");
        assert_eq!(document["schema"], 1);
        assert_eq!(document["exit_code"], self.code);
        let command = self.words.split(' ').next().expect("a command");
        assert_eq!(document["command"], command);
        document
    }
}
