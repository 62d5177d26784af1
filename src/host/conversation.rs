//! Talks to a running program over three pipes: writes and reads at the same time, hands whole
//! lines to the dialogue, and ends in bounded time and memory whatever the program does.

use std::io::{Read, Write};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::{Duration, Instant};

use super::bootstrap::Stream;
use super::{Command, Dialogue};
use crate::model::outcome::HostError;

/// More than any answer of ours; a host that sends more is not answering.
const MOST_OUTPUT: usize = 8 << 20;

/// The near ends of a program's pipes.
pub(super) struct Pipes<I, O, E> {
    pub(super) stdin: I,
    pub(super) stdout: O,
    pub(super) stderr: E,
}

/// What a program printed until it closed its streams.
#[derive(Debug)]
pub(super) struct Heard {
    pub(super) stdout: Stream,
    pub(super) stderr: Stream,
}

#[derive(Clone, Copy)]
enum Source {
    Stdout,
    Stderr,
}

/// A piece of a stream; an empty one is its end.
type Piece = (Source, Vec<u8>);

/// When a command is given up.
#[derive(Clone, Copy)]
pub(super) struct Deadline {
    until: Instant,
    seconds: u64,
}

impl Deadline {
    /// Counts from now.
    pub(super) fn of(command: &Command) -> Self {
        let seconds = command.deadline.as_secs_f64().ceil() as u64;
        Self {
            until: Instant::now() + command.deadline,
            seconds,
        }
    }

    /// What is left of it.
    pub(super) fn left(self) -> Duration {
        self.until.saturating_duration_since(Instant::now())
    }

    /// The error for having missed it.
    pub(super) fn missed(self) -> HostError {
        HostError::TimedOut {
            seconds: self.seconds,
        }
    }
}

/// Sends `first`, lets the dialogue talk, and collects both streams to their ends.
///
/// # Errors
/// [`HostError::TimedOut`] past the deadline, [`HostError::Garbled`] when the program prints
/// without end. Pipes that break are no error here: how the program ended says more.
pub(super) fn converse<I, O, E>(
    pipes: Pipes<I, O, E>,
    first: Vec<u8>,
    ready: &[u8],
    dialogue: &mut dyn Dialogue,
    deadline: Deadline,
) -> Result<Heard, HostError>
where
    I: Write + Send + 'static,
    O: Read + Send + 'static,
    E: Read + Send + 'static,
{
    // The threads are not joined: each ends when its pipe does, and a pipe that something on this
    // machine holds open must not hold up the caller.
    let (pieces, heard) = mpsc::sync_channel(16);
    let stderr_pieces = pieces.clone();
    thread::spawn(move || read(pipes.stdout, Source::Stdout, &pieces));
    thread::spawn(move || read(pipes.stderr, Source::Stderr, &stderr_pieces));
    let (answers, to_say) = mpsc::channel();
    let talks = dialogue.talks();
    thread::spawn(move || write(pipes.stdin, &first, talks, &to_say));
    listen(&heard, ready, dialogue, &answers, deadline)
}

fn listen(
    pieces: &Receiver<Piece>,
    ready: &[u8],
    dialogue: &mut dyn Dialogue,
    answers: &Sender<String>,
    deadline: Deadline,
) -> Result<Heard, HostError> {
    let mut heard = Heard {
        stdout: Stream::default(),
        stderr: Stream::default(),
    };
    let mut shown = 0;
    let mut open = 2;
    while open > 0 {
        let (source, piece) = match pieces.recv_timeout(deadline.left()) {
            Ok(piece) => piece,
            Err(RecvTimeoutError::Timeout) => return Err(deadline.missed()),
            Err(RecvTimeoutError::Disconnected) => break,
        };
        open -= usize::from(piece.is_empty());
        match source {
            Source::Stderr => heard.stderr.push(&piece, ready),
            Source::Stdout => {
                heard.stdout.push(&piece, ready);
                show(&heard.stdout, &mut shown, dialogue, answers);
            }
        }
        if heard.stdout.len() + heard.stderr.len() > MOST_OUTPUT {
            let detail = format!("it printed more than {} MiB", MOST_OUTPUT >> 20);
            return Err(HostError::Garbled { detail });
        }
        if deadline.left().is_zero() && open > 0 {
            return Err(deadline.missed());
        }
    }
    Ok(heard)
}

/// Hands the lines that became whole to the dialogue and its answers to the writer.
fn show(stream: &Stream, shown: &mut usize, dialogue: &mut dyn Dialogue, answers: &Sender<String>) {
    let Some(said) = &stream.said else { return };
    while let Some(length) = said[*shown..].iter().position(|byte| *byte == b'\n') {
        let line = &said[*shown..*shown + length];
        *shown += length + 1;
        if let Some(answer) = dialogue.line(&String::from_utf8_lossy(line)) {
            // A writer that is gone had its pipe closed by the program.
            let _ = answers.send(answer);
        }
    }
}

fn read(mut pipe: impl Read, source: Source, pieces: &SyncSender<Piece>) {
    let mut buffer = vec![0; 64 << 10];
    loop {
        let length = match pipe.read(&mut buffer) {
            Ok(length) => length,
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => continue,
            Err(_) => 0,
        };
        if pieces.send((source, buffer[..length].to_vec())).is_err() || length == 0 {
            return;
        }
    }
}

fn write(mut pipe: impl Write, first: &[u8], talks: bool, answers: &Receiver<String>) {
    // A program need not read what it is sent: a broken pipe ends the writing, nothing else.
    if pipe.write_all(first).and_then(|()| pipe.flush()).is_err() || !talks {
        return;
    }
    while let Ok(answer) = answers.recv() {
        if pipe
            .write_all(answer.as_bytes())
            .and_then(|()| pipe.flush())
            .is_err()
        {
            return;
        }
    }
}
