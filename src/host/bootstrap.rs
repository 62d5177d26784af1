//! What really runs on a host, whatever the kind: one short, constant argv. The program and its
//! input both come on stdin, so that nothing but a length is ever in a process list; the program
//! says first that it runs, so that "it never ran" is told from "it ran and failed", and so that
//! what a login shell prints before it is not taken for an answer.

use std::hash::{BuildHasher, RandomState};

use super::{Command, Output};
use crate::model::outcome::HostError;

/// Runs what follows as root. Asked on the host: only it knows who we are there. No character in
/// it is special between single quotes in any of sh, fish and csh.
const AS_ROOT: &str = r#"test "$(id -u)" = 0 && exec "$@"; export LC_ALL=C; exec sudo -n -- "$@""#;

/// Takes exactly `$1` bytes of stdin for the program and leaves the rest to it. `head -c` would
/// do in GNU's coreutils only: others read ahead and swallow the start of the input.
const TAKE_PROGRAM: &str = r#"eval "$(dd bs="$1" count=1 iflag=fullblock 2>/dev/null)""#;

/// The run of one command: what to start and what to send it.
pub(super) struct Bootstrap {
    argv: Vec<String>,
    program: String,
    ready: String,
}

impl Bootstrap {
    /// Wraps a program for a login as `user`; `None` is a user nobody told us.
    pub(super) fn new(program: &str, user: Option<&str>) -> Self {
        let ready = format!(
            "upsctl-ready {:016x}\n",
            RandomState::new().hash_one(program.len())
        );
        let word = ready.trim_end();
        // In braces, so that sh sees its end before it begins: when the link breaks while the
        // program is sent, no half of it runs.
        let program = format!("{{\necho '{word}'; echo '{word}' >&2\n{program}\n}}\n");
        let mut argv = Vec::new();
        if user != Some("root") {
            argv.extend(["sh", "-c", AS_ROOT, "upsctl"].map(String::from));
        }
        argv.extend(["sh", "-c", TAKE_PROGRAM, "upsctl"].map(String::from));
        argv.push(program.len().to_string());
        Self {
            argv,
            program,
            ready,
        }
    }

    /// The words to start.
    pub(super) fn argv(&self) -> &[String] {
        &self.argv
    }

    /// The words as one line that any login shell understands alike.
    pub(super) fn command_line(&self) -> String {
        let plain = |word: &str| {
            word.bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        };
        let quoted = |word: &String| {
            if plain(word) {
                word.clone()
            } else {
                format!("'{word}'")
            }
        };
        self.argv.iter().map(quoted).collect::<Vec<_>>().join(" ")
    }

    /// What to write first: the program, then its input.
    pub(super) fn stdin(&self, command: &Command) -> Vec<u8> {
        [self.program.as_bytes(), command.input.expose().as_bytes()].concat()
    }

    /// The line, with its end, after which the program itself speaks, on both streams.
    pub(super) fn ready(&self) -> &[u8] {
        self.ready.as_bytes()
    }
}

/// What came back on one stream.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Stream {
    /// What was printed before the program began, by login shells and sudo.
    pub(super) noise: Vec<u8>,
    /// What the program printed; `None` when it never began.
    pub(super) said: Option<Vec<u8>>,
}

impl Stream {
    /// Takes in a piece of the stream.
    pub(super) fn push(&mut self, piece: &[u8], ready: &[u8]) {
        if let Some(said) = &mut self.said {
            said.extend_from_slice(piece);
            return;
        }
        let from = self.noise.len().saturating_sub(ready.len());
        self.noise.extend_from_slice(piece);
        if let Some(at) = self.noise[from..]
            .windows(ready.len())
            .position(|part| part == ready)
        {
            self.said = Some(self.noise.split_off(from + at + ready.len()));
            self.noise.truncate(from + at);
        }
    }

    /// Bytes held.
    pub(super) fn len(&self) -> usize {
        self.noise.len() + self.said.as_ref().map_or(0, Vec::len)
    }
}

/// Judges a run that ended with an exit status, for a login as `user`.
pub(super) fn judge(
    status: i32,
    stdout: Stream,
    stderr: Stream,
    user: &str,
) -> Result<Output, HostError> {
    let Some(said) = stdout.said else {
        return Err(never_began(status, &stdout.noise, &stderr.noise, user));
    };
    Ok(Output {
        status,
        stdout: said,
        stderr: stderr.said.unwrap_or(stderr.noise),
    })
}

fn never_began(status: i32, stdout: &[u8], stderr: &[u8], user: &str) -> HostError {
    let stderr = String::from_utf8_lossy(stderr);
    let stdout = String::from_utf8_lossy(stdout);
    if let Some(line) = stderr.lines().find(|line| is_sudo_refusing(line)) {
        return HostError::SudoRefused {
            user: user.into(),
            detail: line.trim().into(),
        };
    }
    let last = |text: &str| {
        text.lines()
            .rev()
            .find(|line| !line.trim().is_empty())
            .map(String::from)
    };
    // Either stream may have the reason, and the other the noise of a start-up file.
    let words: Vec<String> = [last(&stdout), last(&stderr)]
        .into_iter()
        .flatten()
        .map(|line| line.trim().to_string())
        .collect();
    let words = if words.is_empty() {
        "no word why".into()
    } else {
        words.join("; ")
    };
    HostError::Garbled {
        detail: format!("our program never began (exit status {status}): {words}"),
    }
}

fn is_sudo_refusing(line: &str) -> bool {
    line.starts_with("sudo:")
        || line.contains("sudo: not found")
        || line.contains("sudo: command not found")
        || line.contains("is not in the sudoers file")
        || line.contains("may not run sudo")
        || (line.starts_with("Sorry, user") && line.contains("is not allowed to execute"))
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::process::{Command as Process, Stdio};
    use std::time::Duration;

    use super::*;
    use crate::model::secret::Secret;

    #[test]
    fn the_reason_is_told_beside_the_noise_of_a_start_up_file() {
        let error = never_began(1, b"This account is not available.\n", b"noise\n", "nut");
        let HostError::Garbled { detail } = error else {
            panic!("{error:?}")
        };
        assert!(
            detail.contains("This account is not available."),
            "{detail}"
        );
    }

    fn run_in(shell: &[&str], program: &str, input: &str) -> (Option<i32>, Stream) {
        let boot = Bootstrap::new(program, Some("root"));
        let command = Command {
            program: program.into(),
            input: Secret::new(input),
            deadline: Duration::from_secs(10),
        };
        let mut child = Process::new(shell[0])
            .args(&shell[1..])
            .arg(boot.command_line())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect(shell[0]);
        let mut stdin = child.stdin.take().unwrap();
        let bytes = boot.stdin(&command);
        let writer = std::thread::spawn(move || stdin.write_all(&bytes));
        let mut heard = Vec::new();
        child
            .stdout
            .take()
            .unwrap()
            .read_to_end(&mut heard)
            .unwrap();
        writer.join().unwrap().unwrap();
        let mut stream = Stream::default();
        stream.push(&heard, boot.ready());
        (child.wait().unwrap().code(), stream)
    }

    fn has(program: &str) -> bool {
        std::env::split_paths(&std::env::var_os("PATH").unwrap())
            .any(|folder| folder.join(program).exists())
    }

    #[test]
    fn every_login_shell_passes_program_and_input_on_unharmed() {
        let program = "IFS= read -r line\nprintf '[%s] %s' \"$line\" \"it's !\\$\\\\\"\nexit 3";
        let shells: [&[&str]; 7] = [
            &["sh", "-c"],
            &["dash", "-c"],
            &["bash", "-c"],
            &["zsh", "-c"],
            &["fish", "-c"],
            &["tcsh", "-c"],
            &["busybox", "sh", "-c"],
        ];
        for shell in shells.into_iter().filter(|shell| has(shell[0])) {
            let (status, stream) = run_in(shell, program, "grüß \\ '\"!$x\n");
            let said = String::from_utf8(stream.said.expect(shell[0])).unwrap();
            assert_eq!(said, "[grüß \\ '\"!$x] it's !$\\", "{shell:?}");
            assert_eq!(status, Some(3), "{shell:?}");
        }
    }

    #[test]
    fn a_program_of_300_kb_takes_nothing_of_the_input() {
        let mut program = String::new();
        while program.len() < 300_000 {
            program.push_str(": a line that does nothing but be long\n");
        }
        program.push_str("cat");
        let input = "0123456789abcdef".repeat(10_000);
        let (status, stream) = run_in(&["sh", "-c"], &program, &input);
        assert_eq!(status, Some(0));
        assert!(stream.said.unwrap() == input.as_bytes());
    }

    #[test]
    fn half_a_program_does_not_run() {
        let boot = Bootstrap::new("echo begun\n: the rest\n: of it", Some("root"));
        let text = boot.program.trim_end();
        for end in 1..text.len() {
            let mut child = Process::new(&boot.argv()[0])
                .args(&boot.argv()[1..])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            child
                .stdin
                .take()
                .unwrap()
                .write_all(&text.as_bytes()[..end])
                .unwrap();
            let output = child.wait_with_output().unwrap();
            assert_eq!(String::from_utf8_lossy(&output.stdout), "", "cut at {end}");
        }
    }

    #[test]
    fn only_a_user_who_is_not_root_is_asked_about() {
        assert_eq!(Bootstrap::new("true", Some("root")).argv()[2], TAKE_PROGRAM);
        assert_eq!(Bootstrap::new("true", Some("admin")).argv()[2], AS_ROOT);
        assert_eq!(Bootstrap::new("true", None).argv()[2], AS_ROOT);
    }

    #[test]
    fn what_is_printed_before_the_program_is_dropped_wherever_the_pieces_break() {
        let whole = b"Welcome!\nno line end upsctl-ready 1\nfirst\nupsctl-ready 1\nlast";
        for at in 0..whole.len() {
            let mut stream = Stream::default();
            stream.push(&whole[..at], b"upsctl-ready 1\n");
            stream.push(&whole[at..], b"upsctl-ready 1\n");
            assert_eq!(stream.noise, b"Welcome!\nno line end ", "split at {at}");
            assert_eq!(
                stream.said.unwrap(),
                b"first\nupsctl-ready 1\nlast",
                "split at {at}"
            );
        }
    }

    #[test]
    fn knows_sudo_s_refusals() {
        for line in [
            "sudo: a password is required",
            "sudo: Ein Passwort ist notwendig",
            "sudo: a terminal is required to read the password",
            "upsctl: 1: exec: sudo: not found",
            "upsctl: line 1: exec: sudo: command not found",
            "nut is not in the sudoers file.  This incident will be reported.",
            "Sorry, user nut is not allowed to execute '/bin/sh -c x' as root on pve.",
        ] {
            let stderr = Stream {
                noise: format!("motd\n{line}\n").into(),
                said: None,
            };
            let refused = HostError::SudoRefused {
                user: "nut".into(),
                detail: line.into(),
            };
            assert_eq!(judge(1, Stream::default(), stderr, "nut"), Err(refused));
        }
    }

    #[test]
    fn a_shell_that_refuses_is_no_sudo_refusal() {
        let stdout = Stream {
            noise: b"This account is currently not available.\n".into(),
            said: None,
        };
        let Err(HostError::Garbled { detail }) = judge(1, stdout, Stream::default(), "nut") else {
            panic!("expected an answer that is none");
        };
        assert!(
            detail.contains("status 1") && detail.contains("not available"),
            "{detail}"
        );
    }

    #[test]
    fn a_program_that_itself_speaks_of_sudo_has_begun() {
        let stdout = Stream {
            noise: Vec::new(),
            said: Some(Vec::new()),
        };
        let stderr = Stream {
            noise: Vec::new(),
            said: Some(b"sudo: x\n".into()),
        };
        assert_eq!(
            judge(1, stdout, stderr, "nut").map(|output| output.status),
            Ok(1)
        );
    }
}
