//! Tells a listener of every command and how long it took.

use std::time::{Duration, Instant};

use super::{Command, Dialogue, Effect, Output, Transport};
use crate::model::outcome::HostError;

/// One command that was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// Which command of this transport it was, from 1.
    pub number: usize,
    pub effect: Effect,
    /// Connecting included, when it was the first.
    pub took: Duration,
    /// The exit status, or why there is none.
    pub result: Result<i32, HostError>,
}

/// Counts and times the commands of a transport.
pub struct Trace<T, F> {
    inner: T,
    tell: F,
    count: usize,
}

impl<T: Transport, F: FnMut(&Ran) + Send> Trace<T, F> {
    /// Calls `tell` after each command.
    pub fn new(inner: T, tell: F) -> Self {
        Self {
            inner,
            tell,
            count: 0,
        }
    }
}

impl<T: Transport, F: FnMut(&Ran) + Send> Transport for Trace<T, F> {
    fn run(&mut self, command: &Command, dialogue: &mut dyn Dialogue) -> Result<Output, HostError> {
        let begun = Instant::now();
        let result = self.inner.run(command, dialogue);
        self.count += 1;
        (self.tell)(&Ran {
            number: self.count,
            effect: command.effect,
            took: begun.elapsed(),
            result: result
                .as_ref()
                .map(|output| output.status)
                .map_err(Clone::clone),
        });
        result
    }
}
