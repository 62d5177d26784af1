//! How a host is reached: one method, several kinds. A [`Command`] is a POSIX `sh` program that
//! runs as root; its program text goes through a tiny bootstrap so that nothing but a length is
//! ever in argv, and its input (which may hold passwords) follows on stdin.

pub mod shell;

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

/// A way to run programs on one host. It holds at most one connection, opened by the first run.
pub trait Transport: Send {
    /// Runs a program to its end. A dialogue that does not talk gets stdin closed after the input.
    ///
    /// # Errors
    /// A [`HostError`] when the program could not be run to its end; a program that ends with a
    /// status other than 0 is no error.
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError>;
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
