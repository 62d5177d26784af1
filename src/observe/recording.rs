//! Looks that can be kept in a file and read again: the host's answer as it came, so that a replay
//! goes through the same parser as the look itself.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{deep, parse};
use crate::host::sections::{AnswerSection, split};
use crate::model::bundle::{Bundle, Facts, HostLook, Wish};
use crate::model::name::HostName;
use crate::model::outcome::HostError;
use crate::nut::directive::File;
use crate::nut::secret_words;

/// Version of the file's shape.
const SCHEMA: u32 = 1;
/// Shorter values are everywhere; they are only masked where they stand as a secret.
const SHORTEST: usize = 4;

/// The looks of one run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recording {
    pub schema: u32,
    pub hosts: Vec<Recorded>,
}

/// One host's look.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Recorded {
    pub host: HostName,
    pub address: String,
    pub wish: Wish,
    /// Unix time on the machine that asked.
    pub looked_at: u64,
    pub came: Came,
}

/// What came back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Came {
    Answer {
        nonce: String,
        /// The answer, line by line.
        lines: Vec<String>,
    },
    Error(HostError),
    NotAsked,
}

impl Came {
    /// An answer as it came; bytes that are no text are replaced.
    pub fn answer(nonce: &str, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        Self::Answer {
            nonce: nonce.into(),
            lines: text.split('\n').map(str::to_string).collect(),
        }
    }
}

impl Recorded {
    /// The look, read.
    pub fn bundle(&self) -> Bundle {
        let garbled = |detail: String| Facts::Failed(HostError::Garbled { detail });
        let facts = match &self.came {
            Came::Error(error) => Facts::Failed(error.clone()),
            Came::NotAsked => Facts::NotAsked,
            Came::Answer { nonce, lines } => {
                let text = lines.join("\n");
                match (
                    parse(&self.host, nonce, text.as_bytes()),
                    deep(nonce, text.as_bytes()),
                ) {
                    (Ok(observed), Ok(deep)) => Facts::Seen(Box::new(HostLook { observed, deep })),
                    (Err(why), _) | (_, Err(why)) => garbled(why),
                }
            }
        };
        Bundle {
            host: self.host.clone(),
            address: self.address.clone(),
            wish: self.wish.clone(),
            looked_at: self.looked_at,
            facts,
        }
    }
}

impl Recording {
    /// A recording of these looks that can be shown in public: no password, no community string, no
    /// serial number. Equal ones stay equal, so that a replay finds the same.
    pub fn redacted(mut hosts: Vec<Recorded>) -> Self {
        let mut masks = Masks::default();
        for host in &hosts {
            masks.collect(host);
        }
        for host in &mut hosts {
            if let Came::Answer { nonce, lines } = &mut host.came {
                let text = masks.apply(nonce, &lines.join("\n"));
                *lines = text.split('\n').map(str::to_string).collect();
            }
        }
        Self {
            schema: SCHEMA,
            hosts,
        }
    }

    /// Reads a recording.
    ///
    /// # Errors
    /// When the text is no recording, or one of another version of upsctl.
    pub fn read(text: &str) -> Result<Self, String> {
        let recording: Self = serde_json::from_str(text)
            .map_err(|why| format!("this is no recording of `upsctl doctor --save`: {why}"))?;
        if recording.schema != SCHEMA {
            return Err(format!(
                "recording of schema {}, but this upsctl reads {SCHEMA}",
                recording.schema
            ));
        }
        Ok(recording)
    }

    /// The bundles of its hosts.
    pub fn bundles(&self) -> Vec<Bundle> {
        self.hosts.iter().map(Recorded::bundle).collect()
    }
}

/// What stands for each secret.
#[derive(Debug, Default)]
struct Masks {
    by_value: BTreeMap<String, String>,
}

impl Masks {
    fn token(&mut self, value: &str, kind: &str) -> String {
        let next = self.by_value.len() + 1;
        self.by_value
            .entry(value.to_string())
            .or_insert_with(|| format!("{kind}-{next}"))
            .clone()
    }

    /// Learns every secret of a host: those in its files, and the serial numbers of its devices.
    fn collect(&mut self, host: &Recorded) {
        let Came::Answer { nonce, lines } = &host.came else {
            return;
        };
        let Ok(sections) = split(nonce, lines.join("\n").as_bytes()) else {
            return;
        };
        for (file, section) in files(&sections) {
            for span in spans(file, &section.bytes) {
                let raw = String::from_utf8_lossy(&section.bytes[span]).into_owned();
                self.token(bare(&raw), "secret");
            }
        }
        for (name, section) in &sections {
            let serials = name.starts_with("upsc ")
                || name == "file ups.conf"
                || name.starts_with("deep journal");
            if serials {
                section.text().lines().filter_map(serial).for_each(|value| {
                    self.token(&value, "serial");
                });
            }
        }
    }

    fn apply(&self, nonce: &str, answer: &str) -> String {
        // First exactly where secrets stand in files, then known values wherever they turn up.
        let mut out = answer.to_string();
        if let Ok(sections) = split(nonce, answer.as_bytes()) {
            for (file, section) in files(&sections) {
                let masked = self.file(file, &section.bytes);
                out = out.replacen(&*section.text(), &masked, 1);
            }
        }
        let mut known: Vec<(&String, &String)> = self
            .by_value
            .iter()
            .filter(|(value, _)| value.len() >= SHORTEST)
            .collect();
        known.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        known.into_iter().fold(out, |text, (value, token)| {
            text.replace(value.as_str(), token)
        })
    }

    fn file(&self, file: File, bytes: &[u8]) -> String {
        let mut out = Vec::new();
        let mut done = 0;
        for span in spans(file, bytes) {
            out.extend_from_slice(&bytes[done..span.start]);
            let raw = String::from_utf8_lossy(&bytes[span.clone()]).into_owned();
            let token = self
                .by_value
                .get(bare(&raw))
                .map_or("secret", String::as_str);
            out.extend_from_slice(raw.replace(bare(&raw), token).as_bytes());
            done = span.end;
        }
        out.extend_from_slice(&bytes[done..]);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// What is not for the public in a file, in order: secrets, and what a program that tells people of an
/// outage is called with, which may be a login, a number to call or a secret address.
fn spans(file: File, bytes: &[u8]) -> Vec<Range<usize>> {
    let mut found: Vec<_> = secret_words::secrets(file, bytes)
        .into_iter()
        .map(|found| found.span)
        .collect();
    if file == File::Upsmon {
        found.extend(notify_arguments(bytes));
        found.sort_by_key(|span| span.start);
        let mut end = 0;
        found.retain_mut(|span| {
            span.start = span.start.max(end);
            end = end.max(span.end);
            span.start < span.end
        });
    }
    found
}

/// The arguments in `NOTIFYCMD "/bin/notify --to me"`, wherever that stands, to the end of the line.
fn notify_arguments(bytes: &[u8]) -> Vec<Range<usize>> {
    const NAME: &[u8] = b"NOTIFYCMD";
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(name) = bytes.get(at..).and_then(|rest| {
        rest.windows(NAME.len())
            .position(|window| window.eq_ignore_ascii_case(NAME))
    }) {
        let rest = |from: usize| bytes[from.min(bytes.len())..].iter();
        let count = |from: usize, what: fn(&u8) -> bool| rest(from).take_while(|b| what(b)).count();
        at += name + NAME.len();
        let value = at + count(at, |byte| b" \t\"'".contains(byte));
        let start = value + count(value, |byte| !byte.is_ascii_whitespace());
        let quoted = bytes[at..value].contains(&b'"');
        let quote = quoted
            .then(|| rest(start).position(|byte| *byte == b'"'))
            .flatten();
        at = start + quote.unwrap_or(0);
        // A line feed behind a backslash does not end it.
        loop {
            at += count(at, |byte| *byte != b'\n');
            if at >= bytes.len() || bytes[at - 1] != b'\\' {
                break;
            }
            at += 1;
        }
        let text = bytes[start..at].trim_ascii_end();
        let end = start + text.strip_suffix(b"\"").unwrap_or(text).len();
        let start = start + count(start, u8::is_ascii_whitespace);
        found.extend((start < end).then_some(start..end));
    }
    found
}

/// A word without the quotes around it, so that a quoted password and a bare one are the same.
fn bare(raw: &str) -> &str {
    raw.strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'))
        .unwrap_or(raw)
}

fn files(
    sections: &BTreeMap<String, AnswerSection>,
) -> impl Iterator<Item = (File, &AnswerSection)> {
    File::ALL
        .into_iter()
        .filter_map(|file| Some((file, sections.get(&format!("file {}", file.name()))?)))
}

/// The serial number that a line tells.
fn serial(line: &str) -> Option<String> {
    let lower = line.to_ascii_lowercase();
    let at = lower.find("serial")?;
    let rest = line.get(at + "serial".len()..)?;
    let rest = rest
        .trim_start_matches(|c: char| !matches!(c, ':' | '='))
        .get(1..)?;
    let word = rest
        .split_whitespace()
        .next()?
        .trim_matches(|c: char| !c.is_ascii_alphanumeric());
    (word.len() >= SHORTEST && word.chars().any(|c| c.is_ascii_digit())).then(|| word.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::desired::{Expect, HostRole};
    use crate::model::inventory::Platform;

    fn recorded(body: &str) -> Recorded {
        let text = format!("{body}\n--n end\n");
        Recorded {
            host: HostName::new("pve").unwrap(),
            address: "192.0.2.1".into(),
            wish: Wish {
                platform: Platform::Debian,
                role: HostRole::Client,
                expect: Expect::default(),
                drifted: Vec::new(),
            },
            looked_at: 0,
            came: Came::answer("n", text.as_bytes()),
        }
    }

    #[test]
    fn no_password_community_or_serial_number_is_saved() {
        let body = "\n--n file upsd.users\n[nas]\npassword = \"canary 7\"\n# old: canary 7\n\
                    \n--n file ups.conf\n[ups]\n driver = snmp-ups\n community = kanary9\n serial = 4711CANARY\n\
                    \n--n file upsmon.conf\nMONITOR ups@h 1 nas \"canary 7\" slave\n\
                    \n--n upsc ups@127.0.0.1\nups.serial: AS12CANARY\nups.status: OL\n\
                    \n--n deep journal driver\n1.0 x: device AS12CANARY said canary 7 and kanary9\n";
        let saved = serde_json::to_string(&Recording::redacted(vec![recorded(body)])).unwrap();
        for secret in ["canary 7", "kanary9", "4711CANARY", "AS12CANARY"] {
            assert!(!saved.contains(secret), "{secret} in {saved}");
        }
        assert!(saved.contains("ups.status: OL"));
    }

    #[test]
    fn what_a_notify_program_is_called_with_is_not_saved() {
        for line in [
            "NOTIFYCMD \"/bin/tell --user me:canary7\"",
            "notifycmd /bin/tell\\ canary7",
            "# NOTIFYCMD \"/bin/tell canary7\" # canary7",
            "NOTIFYCMD \"/bin/tell a\nb canary7\"",
            "NOTIFYCMD \"/bin/tell canary7",
            "NOTIFYCMD \"/bin/tell \\\n canary7\"",
            "MONITR ups@h 1 nas canary7 slave",
            "pasword = canary7",
        ] {
            let body = format!("\n--n file upsmon.conf\n{line}\n");
            let saved = Recording::redacted(vec![recorded(&body)]);
            let text = serde_json::to_string(&saved).unwrap();
            assert!(!text.contains("canary7"), "{line}: {text}");
            assert!(
                !line.contains("/bin") || text.contains("/bin/tell"),
                "{text}"
            );
        }
        let plain = "\n--n file upsmon.conf\nNOTIFYCMD /bin/tell\nMINSUPPLIES 1\n";
        let saved = Recording::redacted(vec![recorded(plain)]);
        let whole = serde_json::to_string(&recorded(plain)).unwrap();
        assert!(serde_json::to_string(&saved).unwrap().contains(&whole));
    }

    #[test]
    fn equal_passwords_stay_equal_and_others_stay_others() {
        let users = "\n--n file upsd.users\n[a]\npassword = one111\n[b]\npassword = \"one111\"\n[c]\npassword = two222\n";
        let saved = Recording::redacted(vec![recorded(users)]);
        let Came::Answer { lines, .. } = &saved.hosts[0].came else {
            panic!()
        };
        let words: Vec<String> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("password = "))
            .map(|word| bare(word).to_string())
            .collect();
        assert_eq!(words[0], words[1]);
        assert_ne!(words[0], words[2]);
    }
}
