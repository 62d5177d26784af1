//! Ctrl-C. While hosts are looked at it ends upsctl at once; while they are changed it lets each
//! come to a whole state, and a second one ends upsctl: the hosts then undo themselves.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag::{register, register_conditional_shutdown};

/// The exit code of an interrupted run, as shells have it.
const INTERRUPTED: i32 = 130;

/// Whether the user has interrupted.
#[derive(Debug, Clone, Default)]
pub struct Interrupt {
    heard: Arc<AtomicBool>,
    /// Whether a signal ends the process where it stands.
    at_once: Arc<AtomicBool>,
}

impl Interrupt {
    /// Listens from now on.
    ///
    /// # Errors
    /// When the signals cannot be caught.
    pub fn listen(&self) -> Result<()> {
        self.at_once.store(true, Ordering::Relaxed);
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal is heard, and makes the next one end the process.
            register_conditional_shutdown(signal, INTERRUPTED, self.at_once.clone())
                .and_then(|_| register(signal, self.at_once.clone()))
                .and_then(|_| register(signal, self.heard.clone()))
                .context("could not catch Ctrl-C")?;
        }
        Ok(())
    }

    /// From now on the first interrupt is only heard; what is under way ends by itself.
    pub fn hold(&self) {
        self.at_once.store(self.heard(), Ordering::Relaxed);
    }

    /// Whether one was heard.
    pub fn heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_signal_is_heard_and_the_process_goes_on() {
        let interrupt = Interrupt::default();
        interrupt.listen().unwrap();
        interrupt.hold();
        assert!(!interrupt.heard());
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert!(interrupt.heard());
    }
}
