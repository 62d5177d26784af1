//! This machine as a host: `address = "local"`. Programs run as over ssh, in a process group of
//! their own, so that the terminal's Ctrl-C does not end them half way.

use std::ffi::OsString;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command as Process, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::bootstrap::{Bootstrap, judge};
use super::conversation::{Deadline, Pipes, converse};
use super::{Command, Dialogue, Output, Transport};
use crate::model::outcome::HostError;

/// How long a program that is given up has to tidy up.
const GRACE: Duration = Duration::from_secs(2);

/// Runs programs on this machine.
#[derive(Debug, Clone, Default)]
pub struct Local {
    environment: Vec<(OsString, OsString)>,
}

impl Local {
    /// This machine, with variables set over those of this process.
    pub fn with_environment(environment: Vec<(OsString, OsString)>) -> Self {
        Self { environment }
    }

    fn spawn(&self, argv: &[String]) -> Result<Child, HostError> {
        Process::new(&argv[0])
            .args(&argv[1..])
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| HostError::Local {
                detail: format!("cannot run {}: {error}", argv[0]),
            })
    }
}

impl Transport for Local {
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError> {
        let boot = Bootstrap::new(&command.program, None);
        let deadline = Deadline::of(command);
        let mut child = self.spawn(boot.argv())?;
        let taken = "the child was started with pipes";
        let pipes = Pipes {
            stdin: child.stdin.take().expect(taken),
            stdout: child.stdout.take().expect(taken),
            stderr: child.stderr.take().expect(taken),
        };
        let heard = converse(pipes, boot.stdin(command), boot.ready(), dialogue, deadline)
            .inspect_err(|_| give_up(&mut child))?;
        let Some(status) = ended_within(&mut child, deadline.left())? else {
            give_up(&mut child);
            return Err(deadline.missed());
        };
        match status.code() {
            Some(code) => judge(code, heard.stdout, heard.stderr, &user()),
            None => Err(HostError::Lost {
                detail: format!(
                    "the program was killed by signal {}",
                    status.signal().unwrap_or(0)
                ),
            }),
        }
    }
}

/// Who we are, for people.
fn user() -> String {
    ["USER", "LOGNAME"]
        .into_iter()
        .find_map(|name| std::env::var(name).ok())
        .unwrap_or_default()
}

/// Waits for the end of a child. Its streams are closed by then, so it is a matter of moments.
fn ended_within(child: &mut Child, time: Duration) -> Result<Option<ExitStatus>, HostError> {
    let until = Instant::now() + time;
    let mut pause = Duration::from_micros(200);
    loop {
        match child.try_wait() {
            Ok(Some(status)) => return Ok(Some(status)),
            Ok(None) if Instant::now() >= until => return Ok(None),
            Ok(None) => thread::sleep(pause),
            Err(error) => {
                return Err(HostError::Local {
                    detail: format!("cannot wait for sh: {error}"),
                });
            }
        }
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// Ends the child and all that it started. What sudo runs is root's and may not be ours to end;
/// it finds its pipes closed, as over ssh.
fn give_up(child: &mut Child) {
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    for signal in [Signal::TERM, Signal::KILL] {
        if let Some(group) = group {
            let _ = kill_process_group(group, signal);
        }
        if matches!(ended_within(child, GRACE), Ok(Some(_)) | Err(_)) {
            break;
        }
    }
    // Its leader is gone; what ignored the first signal is not.
    if let Some(group) = group {
        let _ = kill_process_group(group, Signal::KILL);
    }
}
