//! The journals of a host: one question, and the pure function that reads the answer.

use std::time::Duration;

use serde_json::Value;

use crate::host::sections::{AnswerSection, split};
use crate::host::{Question, shell};
use crate::model::journal::{DeployRecord, HostJournal, JournalEntry};

const PROGRAM: &str = include_str!("journal.sh");
/// Lines of one host, at most.
pub const MOST_LINES: usize = 5000;

/// journald began to write (systemd's message catalogue).
pub const JOURNAL_STARTED: &str = "f77379a8490b408bbe5f6940505a777b";
/// journald was stopped: in a shutdown the last line of all.
pub const JOURNAL_STOPPED: &str = "d93fb3c9c24d451a97cea615ce59c00b";

/// What is asked of a journal.
#[derive(Debug, Clone, Default)]
pub struct JournalQuestion {
    /// How far back, in seconds of the host's clock.
    pub span_s: u64,
    /// Only what came after this entry.
    pub cursor: Option<String>,
    /// Instances of `nut-driver@`, by UPS name.
    pub drivers: Vec<String>,
}

impl JournalQuestion {
    /// The program, bounded in time and lines.
    pub fn question(&self, nonce: &str) -> Question {
        let settings = shell::assignments(&[
            ("NONCE", nonce.to_string()),
            ("ROOT", String::new()),
            ("SPAN", self.span_s.to_string()),
            ("CURSOR", self.cursor.clone().unwrap_or_default()),
            ("MOST", MOST_LINES.to_string()),
            ("MATCHES", self.matches()),
        ]);
        Question::new(settings + PROGRAM, Duration::from_secs(60))
    }

    /// Lines of upsmon and upsd; of systemd about them, the drivers and the way down; of journald
    /// about itself. By unit, as the identifier differs between versions of NUT.
    fn matches(&self) -> String {
        let mut units = vec![
            "nut-monitor.service".to_string(),
            "nut-server.service".into(),
        ];
        let from: Vec<String> = units
            .iter()
            .map(|unit| format!("_SYSTEMD_UNIT={unit}"))
            .collect();
        units.push("nut-driver.service".into());
        units.extend(
            self.drivers
                .iter()
                .map(|ups| format!("nut-driver@{ups}.service")),
        );
        units.extend(["poweroff.target", "reboot.target", "halt.target"].map(String::from));
        let about: Vec<String> = units.iter().map(|unit| format!("UNIT={unit}")).collect();
        format!(
            "{} + _PID=1 {} + _SYSTEMD_UNIT=systemd-journald.service MESSAGE_ID={JOURNAL_STARTED} MESSAGE_ID={JOURNAL_STOPPED}",
            from.join(" "),
            about.join(" ")
        )
    }
}

/// Asks for the time and nothing else: Unix seconds with a fraction.
pub fn clock_question(deadline: Duration) -> Question {
    Question::new("date +%s.%N\n".into(), deadline)
}

/// Reads the answer.
///
/// # Errors
/// When it was cut off, or the journal could not be read.
pub fn read_journal(nonce: &str, answer: &[u8]) -> Result<HostJournal, String> {
    let sections = split(nonce, answer)?;
    let text = |name: &str| {
        sections
            .get(name)
            .map(AnswerSection::text)
            .unwrap_or_default()
    };
    let number = |name: &str| text(name).trim().parse::<f64>().ok();
    let (Some(from), Some(to)) = (number("clock"), number("clock-again")) else {
        return Err("it does not tell its time".into());
    };
    let mut journal = HostJournal {
        clock: (from, to),
        boot: text("boot").trim().replace('-', ""),
        kept: text("kept").trim() == "yes",
        begins: text("begins")
            .split(' ')
            .next()
            .and_then(|time| time.parse().ok()),
        boots: text("boots").lines().filter_map(boot).collect(),
        upsmon: text("upsmon"),
        ..HostJournal::default()
    };
    lines(&text("lines"), &mut journal)?;
    for (name, section) in &sections {
        if let Some(id) = name.strip_prefix("deploy ") {
            journal.deploys.push(deploy(id, &section.text()));
        }
    }
    Ok(journal)
}

fn lines(text: &str, journal: &mut HostJournal) -> Result<(), String> {
    let mut complaint = String::new();
    for line in text.lines() {
        if let Some(status) = line.strip_prefix("status ") {
            // 124: what came in time is there.
            match status {
                "0" => {}
                "124" => journal.cut = true,
                _ => {
                    return Err(format!(
                        "journalctl: {} (exit status {status})",
                        complaint.trim()
                    ));
                }
            }
        } else if line.starts_with('{') {
            journal.entries.extend(
                serde_json::from_str(line)
                    .ok()
                    .and_then(|line| entry(&line)),
            );
        } else {
            complaint = line.to_string();
        }
    }
    if journal.entries.len() > MOST_LINES {
        let more = journal.entries.len() - MOST_LINES;
        journal.entries.drain(..more);
        journal.cut = true;
    }
    Ok(())
}

fn entry(line: &Value) -> Option<JournalEntry> {
    let text = |key: &str| match &line[key] {
        Value::String(text) => text.clone(),
        // Bytes that are not UTF-8 come as numbers; what is too long as null.
        Value::Array(bytes) => {
            let bytes: Vec<u8> = bytes
                .iter()
                .filter_map(|byte| byte.as_u64()?.try_into().ok())
                .collect();
            String::from_utf8_lossy(&bytes).into_owned()
        }
        _ => String::new(),
    };
    Some(JournalEntry {
        realtime: text("__REALTIME_TIMESTAMP").parse().ok()?,
        monotonic: text("__MONOTONIC_TIMESTAMP").parse().ok()?,
        boot: text("_BOOT_ID"),
        cursor: text("__CURSOR"),
        from: text("_SYSTEMD_UNIT"),
        about: text("UNIT"),
        id: text("MESSAGE_ID"),
        message: text("MESSAGE"),
    })
}

/// A line of `--list-boots`: number, boot, then two times in UTC, parted by a dash up to systemd 247
/// and by a blank later. Its heading is none.
fn boot(line: &str) -> Option<(String, (f64, f64))> {
    let line = line.replace('—', " ");
    let words: Vec<&str> = line.split_whitespace().collect();
    let id = words.get(1).filter(|id| id.len() == 32)?;
    let day = |word: &&str| word.len() == 10 && word.as_bytes()[4] == b'-';
    let at: Vec<usize> = words
        .iter()
        .enumerate()
        .filter(|(_, word)| day(word))
        .map(|(at, _)| at)
        .collect();
    let [first, last] = at.as_slice() else {
        return None;
    };
    let time = |at: usize| {
        let text = format!("{}T{}Z", words[at], words.get(at + 1)?);
        let time: jiff::Timestamp = text.parse().ok()?;
        Some(time.as_second() as f64)
    };
    Some(((*id).to_string(), (time(*first)?, time(*last)?)))
}

fn deploy(id: &str, text: &str) -> DeployRecord {
    let field = |name: &str| {
        let found = text
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        found.unwrap_or_default().to_string()
    };
    DeployRecord {
        id: id.into(),
        state: field("state"),
        holder: field("holder"),
        ended: field("ended").parse().unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boots_are_read_in_the_form_of_each_systemd() {
        let id = "f2f0ccc45a0945359d5f26399395b495";
        for line in [
            format!(" -1 {id} Tue 2026-11-24 06:50:00 UTC Tue 2026-11-24 06:51:45 UTC"),
            format!("-1 {id} Tue 2026-11-24 06:50:00 UTC—Tue 2026-11-24 06:51:45 UTC"),
        ] {
            assert_eq!(
                boot(&line),
                Some((id.into(), (1_795_503_000.0, 1_795_503_105.0))),
                "{line}"
            );
        }
        assert_eq!(boot("IDX BOOT ID FIRST ENTRY LAST ENTRY"), None);
    }

    #[test]
    fn a_message_of_bytes_is_text_and_a_missing_one_empty() {
        let line = |message: &str| {
            let text = format!(
                "{{\"__REALTIME_TIMESTAMP\":\"5\",\"__MONOTONIC_TIMESTAMP\":\"1\",\"_BOOT_ID\":\"b\",\"MESSAGE\":{message}}}"
            );
            entry(&serde_json::from_str(&text).unwrap())
                .unwrap()
                .message
        };
        assert_eq!(line("[85,80,83,255]"), "UPS\u{fffd}");
        assert_eq!(line("null"), "");
    }

    #[test]
    fn a_journal_that_cannot_be_read_is_an_error_and_a_long_one_is_cut() {
        let answer = |lines: &str| {
            format!(
                "\n--n clock\n10.5\n\n--n boot\na-b\n\n--n lines\n{lines}\n--n clock-again\n10.6\n\n--n end\n"
            )
        };
        let failed = read_journal(
            "n",
            answer("No journal files were opened\nstatus 1\n").as_bytes(),
        );
        assert_eq!(
            failed.unwrap_err(),
            "journalctl: No journal files were opened (exit status 1)"
        );
        let line = "{\"__REALTIME_TIMESTAMP\":\"5\",\"__MONOTONIC_TIMESTAMP\":\"1\"}\n";
        let many = answer(&format!("{}status 0\n", line.repeat(MOST_LINES + 1)));
        let journal = read_journal("n", many.as_bytes()).unwrap();
        assert_eq!((journal.entries.len(), journal.cut), (MOST_LINES, true));
        assert_eq!(journal.boot, "ab");
    }
}
