//! What is going on, on stderr, while it goes on: a line per host at work.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::Verbosity;
use crate::model::name::HostName;

const TICK: Duration = Duration::from_millis(120);

/// Shows what each host is at. Nothing is drawn, and no thread started, before the first
/// [`Bars::begin`].
pub struct Bars(Mode);

enum Mode {
    Silent,
    Lines(Mutex<Box<dyn Write + Send>>),
    Spinners(Mutex<Option<Spinners>>),
}

/// The lines on the terminal, by host.
struct Spinners {
    all: MultiProgress,
    bars: BTreeMap<HostName, ProgressBar>,
}

impl Bars {
    /// Spinners on a terminal, plain lines elsewhere when asked to be verbose, nothing when quiet.
    pub fn new(verbosity: Verbosity) -> Self {
        match verbosity {
            Verbosity::Quiet => Self(Mode::Silent),
            _ if io::stderr().is_terminal() => Self(Mode::Spinners(Mutex::new(None))),
            Verbosity::Normal => Self(Mode::Silent),
            Verbosity::Verbose => Self::lines(Box::new(io::stderr())),
        }
    }

    /// Plain lines to `out`.
    pub fn lines(out: Box<dyn Write + Send>) -> Self {
        Self(Mode::Lines(Mutex::new(out)))
    }

    /// Something began on a host.
    pub fn begin(&self, host: &HostName, what: &str) {
        match &self.0 {
            Mode::Silent => {}
            Mode::Lines(out) => say(out, host, what),
            Mode::Spinners(spinners) => {
                let mut spinners = lock(spinners);
                let spinners = spinners.get_or_insert_with(Spinners::new);
                spinners.bar(host).set_message(what.to_string());
            }
        }
    }

    /// Nothing more will be done on a host.
    pub fn end(&self, host: &HostName, how: &str) {
        match &self.0 {
            Mode::Silent => {}
            Mode::Lines(out) => say(out, host, how),
            Mode::Spinners(spinners) => {
                let bar = lock(spinners)
                    .as_mut()
                    .and_then(|spinners| spinners.bars.remove(host));
                if let Some(bar) = bar {
                    bar.finish_and_clear();
                }
            }
        }
    }

    /// A line that must be read, between the lines of hosts.
    pub fn say(&self, what: &str) {
        if let Mode::Spinners(spinners) = &self.0 {
            if let Some(spinners) = lock(spinners).as_ref() {
                let _ = spinners.all.println(what);
                return;
            }
        }
        // A stderr that is closed must not stop a deploy.
        let _ = writeln!(io::stderr(), "{what}");
    }

    /// Takes every line off the terminal, before something else is written to it.
    pub fn clear(&self) {
        if let Mode::Spinners(spinners) = &self.0 {
            // Dropping them clears the lines.
            lock(spinners).take();
        }
    }
}

impl Drop for Spinners {
    fn drop(&mut self) {
        for bar in self.bars.values() {
            bar.finish_and_clear();
        }
    }
}

impl Spinners {
    fn new() -> Self {
        Self {
            all: MultiProgress::new(),
            bars: BTreeMap::new(),
        }
    }

    fn bar(&mut self, host: &HostName) -> &ProgressBar {
        self.bars.entry(host.clone()).or_insert_with(|| {
            let style = ProgressStyle::with_template("{spinner} {prefix}: {wide_msg} {elapsed}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let bar = self.all.add(ProgressBar::new_spinner());
            bar.set_style(style.tick_chars("|/-\\ "));
            bar.set_prefix(host.to_string());
            bar.enable_steady_tick(TICK);
            bar
        })
    }
}

fn say(out: &Mutex<Box<dyn Write + Send>>, host: &HostName, what: &str) {
    // Progress that cannot be written must not stop a deploy.
    let _ = writeln!(lock(out), "{host}: {what}");
}

/// A thread that panicked while it drew does not take the others' progress with it.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            lock(&self.0).write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    fn pve() -> HostName {
        HostName::new("pve").unwrap()
    }

    #[test]
    fn says_a_line_for_each_thing_that_begins() {
        let sink = Sink::default();
        let bars = Bars::lines(Box::new(sink.clone()));
        bars.begin(&pve(), "looking");
        bars.begin(&pve(), "applying");
        bars.end(&pve(), "done");
        let text = String::from_utf8(lock(&sink.0).clone()).unwrap();
        assert_eq!(text, "pve: looking\npve: applying\npve: done\n");
    }

    #[test]
    fn a_closed_stderr_does_not_stop_the_work() {
        let bars = Bars::lines(Box::new(Closed));
        bars.begin(&pve(), "applying");
        bars.end(&pve(), "done");
    }

    #[test]
    fn the_spinner_of_a_host_is_made_when_it_begins_and_gone_when_it_ends() {
        let bars = Bars(Mode::Spinners(Mutex::new(None)));
        let known = || match &bars.0 {
            Mode::Spinners(spinners) => lock(spinners).as_ref().map(|spinners| spinners.bars.len()),
            Mode::Silent | Mode::Lines(_) => None,
        };
        assert_eq!(known(), None);
        bars.begin(&pve(), "looking");
        bars.begin(&pve(), "applying");
        assert_eq!(known(), Some(1));
        bars.end(&pve(), "done");
        assert_eq!(known(), Some(0));
        bars.clear();
        assert_eq!(known(), None);
    }
}
