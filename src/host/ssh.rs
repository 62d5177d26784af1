//! ssh, by openssh's multiplexing: one master process a host, programs run through its socket.
//! The only file that knows openssh to be asynchronous.
//!
//! The master is started here and not by [`openssh::SessionBuilder`], for three things it cannot
//! do: a process group of its own, or the terminal's Ctrl-C kills the jump host's ssh and with it
//! a deploy under way; the stderr of that ssh, which alone says why a jump failed; and options.
//! What cannot be known: a program killed by a signal looks like a lost connection (ssh's
//! multiplexing protocol has no word for it).

use std::fs::{File, Permissions};
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio as ProcessStdio;
use std::time::Duration;

use openssh::{Child, Error, Session, Stdio};
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use super::bootstrap::{Bootstrap, judge};
use super::conversation::{Deadline, Pipes, converse};
use super::ssh_error::{Attempt, last_words, login_user};
use super::{Command, Dialogue, Output, SshTarget, Transport};
use crate::model::outcome::HostError;

/// A control socket's path must fit in 108 bytes, of which ssh adds some of its own.
const LONGEST_FOLDER: usize = 60;
/// The control socket's name in its folder, as openssh expects it.
const SOCKET: &str = "master";

/// Runs programs on a host over one ssh connection.
pub struct Ssh {
    target: SshTarget,
    connection: Option<Connection>,
}

/// An open connection. Fields drop in order: the session needs its runtime.
struct Connection {
    session: Session,
    runtime: Runtime,
    log: PathBuf,
    user: String,
    /// As long as this process has it open, the master stays; the kernel closes it for a killed one.
    _hold: UnixStream,
}

impl Ssh {
    /// A transport that connects when first used.
    pub fn to(target: SshTarget) -> Self {
        Self {
            target,
            connection: None,
        }
    }

    /// The connection, opened if there is none or the one there was is gone.
    fn connection(&mut self) -> Result<&Connection, HostError> {
        let alive = |open: &Connection| {
            open.wait(open.session.check())
                .is_some_and(|seen| seen.is_ok())
        };
        let open = match self.connection.take().filter(alive) {
            Some(open) => open,
            None => Connection::open(&self.target)?,
        };
        Ok(self.connection.insert(open))
    }
}

impl Transport for Ssh {
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError> {
        let boot = Bootstrap::new(&command.program, self.target.user.as_deref());
        let result = self.connection()?.run(&boot, command, dialogue);
        // After a silence it may be the link that is dead: whoever asks again does so over a new one.
        if matches!(
            result,
            Err(HostError::Lost { .. } | HostError::TimedOut { .. })
        ) {
            self.connection = None;
        }
        result
    }
}

impl Connection {
    fn open(target: &SshTarget) -> Result<Self, HostError> {
        let local = |act: &str| {
            let act = act.to_owned();
            move |error: std::io::Error| HostError::Local {
                detail: format!("cannot {act}: {error}"),
            }
        };
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(local("wait for ssh"))?;
        let folder = control_folder().map_err(local("make a folder for ssh's socket"))?;
        let log = folder.path().join("log");
        runtime.block_on(launch(target, folder.path(), &log))?;
        let hold = UnixStream::connect(folder.path().join(SOCKET)).map_err(local("hold ssh"))?;
        let user = login_user(&read(&log))
            .or_else(|| target.user.clone())
            .unwrap_or_default();
        Ok(Self {
            session: Session::new_native_mux(folder),
            runtime,
            log,
            user,
            _hold: hold,
        })
    }

    fn run(
        &self,
        boot: &Bootstrap,
        command: &Command,
        dialogue: &mut dyn Dialogue,
    ) -> Result<Output, HostError> {
        let deadline = Deadline::of(command);
        let spawned = self.within(deadline.left(), self.spawn(boot));
        let (child, pipes) = spawned
            .ok_or_else(|| deadline.missed())?
            .map_err(|error| self.broken(&error))?;
        let heard = converse(pipes, boot.stdin(command), boot.ready(), dialogue, deadline)?;
        let ended = self
            .within(deadline.left(), child.wait())
            .ok_or_else(|| deadline.missed())?;
        let status = match ended {
            Ok(status) => status.code().unwrap_or(255),
            // openssh takes the program's status 127 for a sign that sh is missing.
            Err(Error::Remote(_)) => 127,
            Err(error) => return Err(self.broken(&error)),
        };
        judge(status, heard.stdout, heard.stderr, &self.user)
    }

    async fn spawn<'a>(
        &'a self,
        boot: &Bootstrap,
    ) -> Result<(Child<&'a Session>, Pipes<File, File, File>), Error> {
        let mut child = self
            .session
            .raw_command(boot.command_line())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .await?;
        let taken = "the child was started with pipes";
        let stdin = child.stdin().take().expect(taken).into_owned_fd();
        let stdout = child.stdout().take().expect(taken).into_owned_fd();
        let stderr = child.stderr().take().expect(taken).into_owned_fd();
        let file = |fd: Result<_, _>| fd.map(File::from).map_err(Error::ChildIo);
        let pipes = Pipes {
            stdin: file(stdin)?,
            stdout: file(stdout)?,
            stderr: file(stderr)?,
        };
        Ok((child, pipes))
    }

    /// The error for a session that broke off, in ssh's own words where it has some.
    fn broken(&self, error: &Error) -> HostError {
        let alive = self
            .wait(self.session.check())
            .is_some_and(|seen| seen.is_ok());
        if !alive {
            let words = last_words(&read(&self.log));
            let detail = words.unwrap_or_else(|| "the host closed the connection".into());
            return HostError::Lost { detail };
        }
        match error {
            Error::RemoteProcessTerminated | Error::Disconnected => HostError::Lost {
                detail: "the program was killed on the host".into(),
            },
            Error::SshMux(why) => HostError::Garbled {
                detail: format!("no session: {why}"),
            },
            other => HostError::Local {
                detail: other.to_string(),
            },
        }
    }

    /// Waits for the master on this machine, which answers at once or never.
    fn wait<F: Future>(&self, what: F) -> Option<F::Output> {
        self.within(Duration::from_secs(5), what)
    }

    fn within<F: Future>(&self, time: Duration, what: F) -> Option<F::Output> {
        self.runtime
            .block_on(async { tokio::time::timeout(time, what).await.ok() })
    }
}

/// Starts the master and waits until it has logged in and gone to the background.
async fn launch(target: &SshTarget, folder: &Path, log: &Path) -> Result<(), HostError> {
    let stderr_path = folder.join("stderr");
    let local = |error: std::io::Error| HostError::Local {
        detail: match error.kind() {
            std::io::ErrorKind::NotFound => "ssh is not installed".into(),
            _ => format!("cannot run ssh: {error}"),
        },
    };
    let stderr = File::create(&stderr_path).map_err(local)?;
    let mut child = tokio::process::Command::new("ssh")
        .args(target.master_argv(&folder.join(SOCKET), log))
        // A jump host's ssh does not know BatchMode: its questions are answered with a no.
        .env("SSH_ASKPASS_REQUIRE", "force")
        .env("SSH_ASKPASS", "false")
        .process_group(0)
        .kill_on_drop(true)
        .stdin(ProcessStdio::null())
        .stdout(ProcessStdio::null())
        .stderr(stderr)
        .spawn()
        .map_err(local)?;
    // ssh's own time limit is for each address of the host and ends with the host's greeting;
    // ours is for all of it.
    let seconds = target.timeout.as_secs_f64().ceil() as u64;
    let attempt = |log: &str, stderr: &str| {
        let (target, jump) = (&target.to_type(), target.jump.as_deref());
        Attempt {
            target,
            jump,
            seconds,
            log,
            stderr,
        }
        .error()
    };
    match tokio::time::timeout(target.timeout, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => Err(attempt(&read(log), &read(&stderr_path))),
        Ok(Err(error)) => Err(local(error)),
        Err(_) => Err(HostError::ConnectTimeout {
            address: target.to_type(),
            seconds,
        }),
    }
}

/// A folder that only we can enter, with a name short enough for a socket in it.
fn control_folder() -> std::io::Result<TempDir> {
    let short = |path: &PathBuf| path.as_os_str().len() <= LONGEST_FOLDER && path.is_dir();
    let runtime = std::env::var_os("XDG_RUNTIME_DIR")
        .map(PathBuf::from)
        .filter(short);
    let usual = Some(std::env::temp_dir()).filter(short);
    let make = |folder: PathBuf| {
        tempfile::Builder::new()
            .prefix("upsctl-")
            .permissions(Permissions::from_mode(0o700))
            .tempdir_in(folder)
    };
    for folder in runtime.into_iter().chain(usual) {
        if let Ok(made) = make(folder) {
            return Ok(made);
        }
    }
    make("/tmp".into())
}

fn read(path: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).into_owned()
}
