//! How a host is reached: one method, several kinds. A [`Command`] is a POSIX `sh` program that
//! runs as root; its program text goes through a tiny bootstrap so that nothing but a length is
//! ever in argv, and its input (which may hold passwords) follows on stdin.

mod bootstrap;
mod connect;
mod conversation;
mod local;
mod read_only;
pub mod sections;
pub mod shell;
mod ssh;
mod ssh_error;
mod target;
mod trace;

pub use connect::Connector;
pub use local::Local;
pub use read_only::ReadOnly;
pub use ssh::Ssh;
pub use target::SshTarget;
pub use trace::{Ran, Trace};

use std::time::Duration;

use crate::model::outcome::HostError;
use crate::model::secret::Secret;

/// Whether a command may change the host.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    Read,
    Write,
}

/// A program for a host.
#[derive(Debug, Clone)]
pub struct Command {
    pub effect: Effect,
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

impl<T: Transport + ?Sized> Transport for Box<T> {
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError> {
        (**self).run(command, dialogue)
    }
}

/// Makes transports; the seam between the flow and the machines.
pub trait Connect: Sync {
    /// A transport to a host of the inventory. Opens nothing yet.
    fn connect(
        &self,
        name: &crate::model::name::HostName,
        host: &crate::model::inventory::Host,
    ) -> Box<dyn Transport>;
}
