//! A transport for commands that only look: a bug in `diff` cannot write.

use super::{Command, Dialogue, Effect, Output, Transport};
use crate::model::outcome::HostError;

/// Refuses every command that may change the host.
pub struct ReadOnly<T>(pub T);

impl<T: Transport> Transport for ReadOnly<T> {
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError> {
        match command.effect {
            Effect::Read => self.0.run(command, dialogue),
            Effect::Write => Err(HostError::ReadOnly),
        }
    }
}
