//! How hosts are reached. What the rest of upsctl holds is a [`Look`], which can only ask, or a
//! [`Change`], which can also write: which of the two a command was handed is the compiler's affair.
//! Behind both is a transport for each host: a program of POSIX `sh` runs there as root; its text
//! goes through a tiny bootstrap so that nothing but a length is ever in argv, and its input (which
//! may hold passwords) follows on stdin.

mod bootstrap;
mod connect;
mod conversation;
mod local;
pub mod sections;
pub mod shell;
mod ssh;
mod ssh_error;
pub mod state;
mod target;

pub use connect::{Connector, Ways};
pub use local::Local;
pub use ssh::Ssh;
pub use target::SshTarget;

use std::time::Duration;

use crate::model::name::HostName;
use crate::model::outcome::HostError;
use crate::model::secret::Secret;

/// A program that only reads. Made by `observe` and by `apply::history` and nowhere else, which
/// `tests/layers.rs` holds.
#[derive(Debug, Clone)]
pub struct Question {
    program: String,
    input: Secret,
    deadline: Duration,
}

impl Question {
    /// A question of this POSIX sh program text, given up after `deadline`.
    pub fn new(program: String, deadline: Duration) -> Self {
        Self {
            program,
            input: Secret::new(""),
            deadline,
        }
    }

    /// The same, with what its program reads on stdin.
    #[must_use]
    pub fn with_input(self, input: Secret) -> Self {
        Self { input, ..self }
    }
}

/// A program that may change its host.
#[derive(Debug, Clone)]
pub struct Command {
    /// POSIX sh program text. Holds no secret.
    pub program: String,
    /// What the program reads on stdin.
    pub input: Secret,
    /// After this long the command is given up, whatever the host does.
    pub deadline: Duration,
}

/// What a program gave back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Exit status of the program.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Output {
    /// What the program printed, read.
    ///
    /// # Errors
    /// That the answer is none, with what `parse` has against it.
    pub fn read<T>(&self, parse: impl FnOnce(&[u8]) -> Result<T, String>) -> Result<T, HostError> {
        parse(&self.stdout).map_err(|why| self.garbled(&why))
    }

    /// An answer that cannot be read, with the host's own last words.
    pub fn garbled(&self, why: &str) -> HostError {
        let stderr = String::from_utf8_lossy(&self.stderr);
        let mut lines = stderr.lines().rev();
        let last = lines.find(|line| !line.trim().is_empty());
        let last = last.map(|line| format!(": {line}")).unwrap_or_default();
        HostError::Garbled {
            detail: format!("{why} (exit status {}){last}", self.status),
        }
    }
}

/// The near end of a running program.
pub trait Dialogue {
    /// Called with each whole line the program prints (without line end, lossy UTF-8). What is
    /// returned is sent to the program's stdin at once.
    fn line(&mut self, line: &str) -> Option<String>;

    /// Whether stdin stays open after the input, for what [`Dialogue::line`] returns.
    fn talks(&self) -> bool {
        true
    }
}

/// Nothing to say: the program gets its input, then end of file.
pub struct Silent;

impl Dialogue for Silent {
    fn line(&mut self, _: &str) -> Option<String> {
        None
    }

    fn talks(&self) -> bool {
        false
    }
}

/// A way to run programs on one host. Every kind keeps the same promises:
///
/// - The program runs as root, by `sudo -n` when the login is another user's.
/// - What it prints is collected whole and shown line by line as it comes, without what login
///   shells print before it. Its streams count as open while anything it started holds them.
/// - A program that never began is an error, [`HostError::SudoRefused`] or
///   [`HostError::Garbled`]; one that ended without an exit status is [`HostError::Lost`].
/// - Past its deadline it is given up: its stdin is closed and nobody listens any more. Whether it
///   ends then is its own affair, as sshd ends nothing.
///
/// It holds at most one connection, opened by the first run.
pub trait Transport: Send {
    /// Runs a program to its end. A dialogue that does not talk gets stdin closed after the input.
    ///
    /// # Errors
    /// A [`HostError`] when the program could not be run to its end; a program that ends with a
    /// status other than 0 is no error.
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError>;
}

/// Looks at the hosts of an inventory. It cannot change one, and who holds it cannot either:
///
/// ```compile_fail,E0599
/// use upsctl::{host::{Command, Look, Silent}, model::name::HostName};
///
/// fn diff(hosts: &dyn Look, pve: &HostName, rm: &Command) {
///     let _ = hosts.change(pve, rm, &mut Silent);
/// }
/// ```
///
/// Nor can it ask a command for an answer, which would run it:
///
/// ```compile_fail,E0308
/// use upsctl::{host::{Command, Look}, model::name::HostName};
///
/// fn diff(hosts: &dyn Look, pve: &HostName, rm: &Command) {
///     let _ = hosts.look(pve, rm);
/// }
/// ```
///
/// A question is all that it takes:
///
/// ```
/// use upsctl::{host::{Look, Question}, model::name::HostName};
///
/// fn diff(hosts: &dyn Look, pve: &HostName, question: &Question) {
///     let _ = hosts.look(pve, question);
/// }
/// ```
pub trait Look: Sync {
    /// Asks a host, over the connection that is open to it or a new one.
    ///
    /// # Errors
    /// A [`HostError`] when the program could not be run to its end; a program that ends with a
    /// status other than 0 is no error.
    fn look(&self, host: &HostName, question: &Question) -> Result<Output, HostError>;
}

/// Changes hosts, too. Handed to `deploy`, `rollback`, `drill` and `doctor --fix` alone.
pub trait Change: Look {
    /// Runs a command on a host to its end, over the connection that is open to it or a new one.
    /// A dialogue that does not talk gets stdin closed after the input.
    ///
    /// # Errors
    /// As [`Look::look`].
    fn change(
        &self,
        host: &HostName,
        command: &Command,
        dialogue: &mut dyn Dialogue,
    ) -> Result<Output, HostError>;
}
