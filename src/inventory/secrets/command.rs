//! Password commands. They run without a terminal and not for ever; their output is the password,
//! so none of it is ever shown, and of their errors only the last line.

use std::io::{Read, Write};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use super::Failure;
use crate::model::secret::Secret;

/// More than this of a command's output is not kept.
const KEPT: u64 = 64 * 1024;

/// How often the end of the command is looked for.
const POLL: Duration = Duration::from_millis(5);

/// How long a pipe may stay open after the command ended, held by what it left running (such as
/// the master of an ssh connection).
const GRACE: Duration = Duration::from_millis(300);

/// Runs a command with `sh -c` in a folder, with `input` on its stdin, and gives back what it printed.
pub(super) fn run(
    text: &str,
    folder: &Path,
    deadline: Duration,
    input: Option<&Secret>,
) -> Result<Vec<u8>, Failure> {
    let end = Instant::now() + deadline;
    let mut child = Command::new("sh")
        .args(["-c", text])
        .current_dir(folder)
        .stdin(input.map_or_else(Stdio::null, |_| Stdio::piped()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .map_err(|error| {
            Failure::new(format!(
                "cannot run `sh` in `{}`: {error}",
                folder.display()
            ))
        })?;
    if let (Some(mut stdin), Some(input)) = (child.stdin.take(), input) {
        let line = format!("{}\n", input.expose());
        // Who does not read it is told by what the source says afterwards.
        thread::spawn(move || drop(stdin.write_all(line.as_bytes())));
    }
    let stdout = child.stdout.take().map(Pipe::read);
    let stderr = child.stderr.take().map(Pipe::read);
    let Some(status) = wait(&mut child, end)? else {
        kill_group(&mut child);
        let mut failure = Failure::new(format!("no answer after {} s", deadline.as_secs()))
            .help("it has no terminal to ask on: unlock what it needs first, and try it by hand");
        failure.hung = true;
        return Err(failure);
    };
    let printed = stdout.map(Pipe::finish).unwrap_or_default();
    if status.success() {
        return Ok(printed);
    }
    let said = stderr.map(Pipe::finish).unwrap_or_default();
    Err(failed(status, &said))
}

/// How the command ended; nothing when it did not.
fn wait(child: &mut Child, end: Instant) -> Result<Option<ExitStatus>, Failure> {
    loop {
        let status = child.try_wait();
        let status =
            status.map_err(|error| Failure::new(format!("cannot wait for it: {error}")))?;
        if status.is_some() || Instant::now() >= end {
            return Ok(status);
        }
        thread::sleep(POLL);
    }
}

/// Ends the command and all it started. The standard library knows no signal to a group.
fn kill_group(child: &mut Child) {
    let group = format!("-{}", child.id());
    let kill = Command::new("sh")
        .args(["-c", "kill -s KILL -- \"$0\"", &group])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    // Whatever became of the group, the shell itself must be gone before it is waited for.
    drop(kill);
    drop(child.kill());
    drop(child.wait());
}

fn failed(status: ExitStatus, stderr: &[u8]) -> Failure {
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("it failed with status {code}"),
        (None, Some(signal)) => format!("signal {signal} ended it"),
        (None, None) => "it failed".into(),
    };
    let stderr = String::from_utf8_lossy(stderr);
    match stderr.lines().map(str::trim).rfind(|line| !line.is_empty()) {
        Some(line) => {
            let line: String = line.chars().filter(|c| !c.is_control()).take(300).collect();
            Failure::new(format!("{how}: {line}"))
        }
        None => Failure::new(how),
    }
}

/// The reading end of a pipe, read in a thread so that no side waits for the other.
struct Pipe(Receiver<Vec<u8>>);

impl Pipe {
    fn read(mut from: impl Read + Send + 'static) -> Self {
        let (sender, receiver) = channel();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            let mut kept = 0;
            while let Ok(count @ 1..) = from.read(&mut buffer) {
                if kept < KEPT && sender.send(buffer[..count].to_vec()).is_err() {
                    break;
                }
                kept += count as u64;
            }
        });
        Self(receiver)
    }

    /// What came through, once the command has ended.
    fn finish(self) -> Vec<u8> {
        let end = Instant::now() + GRACE;
        let mut bytes = Vec::new();
        loop {
            match self
                .0
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(more) => bytes.extend(more),
                Err(RecvTimeoutError::Disconnected | RecvTimeoutError::Timeout) => return bytes,
            }
        }
    }
}
