//! Asking before something is changed.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::model::name::HostName;

pub use super::screen::can_ask;

/// More than any answer; a stream without end is no answer.
const LONGEST: u64 = 1024;

/// The question, for stderr: the cursor stays behind it.
pub fn question(hosts: &[HostName]) -> String {
    let names: Vec<&str> = hosts.iter().map(HostName::as_str).collect();
    format!(
        "Apply these changes to {}? Only 'yes' is accepted: ",
        names.join(", ")
    )
}

/// How often an interrupt is looked for.
const TICK: Duration = Duration::from_millis(50);

/// Whether the next line on stdin says `yes`; nothing when `interrupted` came first.
///
/// # Errors
/// When stdin cannot be read.
pub fn answer(interrupted: &dyn Fn() -> bool) -> io::Result<Option<bool>> {
    // A signal does not end a read that is under way: it waits in a thread of its own, which ends
    // with the process.
    let (said, answer) = mpsc::channel();
    thread::spawn(move || said.send(is_yes(&mut io::stdin().lock())));
    loop {
        match answer.recv_timeout(TICK) {
            Ok(answer) => return answer.map(Some),
            Err(RecvTimeoutError::Disconnected) => return Ok(Some(false)),
            Err(RecvTimeoutError::Timeout) if interrupted() => return Ok(None),
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

/// Whether the next line says `yes`; the end of the input does not.
///
/// # Errors
/// When the input cannot be read.
fn is_yes(input: &mut dyn BufRead) -> io::Result<bool> {
    let mut answer = Vec::new();
    input.take(LONGEST).read_until(b'\n', &mut answer)?;
    Ok(answer.trim_ascii() == b"yes")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_hosts_it_asks_about() {
        let hosts = ["pve", "nas"].map(|name| HostName::new(name).unwrap());
        assert_eq!(
            question(&hosts),
            "Apply these changes to pve, nas? Only 'yes' is accepted: "
        );
    }

    #[test]
    fn only_yes_is_yes() {
        for (input, expected) in [
            ("yes\n", true),
            (" yes \r\n", true),
            ("yes", true),
            ("y\n", false),
            ("YES\n", false),
            ("yes please\n", false),
            ("no\nyes\n", false),
            ("\n", false),
            ("", false),
        ] {
            assert_eq!(
                is_yes(&mut input.as_bytes()).unwrap(),
                expected,
                "{input:?}"
            );
        }
    }

    #[test]
    fn an_answer_without_end_is_no() {
        let mut endless = io::BufReader::new(io::repeat(b'y'));
        assert!(!is_yes(&mut endless).unwrap());
    }
}
