//! Which parts of inventory lines may hold a password and must not be shown.
//!
//! Works on the text and not on the tree, because the lines of broken files are shown too. It
//! errs on the side of hiding.

use crate::nut::driver;

/// What of a line is hidden.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mask {
    Nothing,
    /// From this byte to the end of the line.
    From(usize),
}

/// What is shown instead.
const STARS: &str = "***";

impl Mask {
    pub(super) fn earlier(self, other: Option<usize>) -> Self {
        match (self, other) {
            (Self::From(own), Some(other)) => Self::From(own.min(other)),
            (Self::Nothing, Some(other)) => Self::From(other),
            (own, None) => own,
        }
    }

    pub(super) fn apply(self, line: &str) -> String {
        match self {
            Self::Nothing => line.to_string(),
            Self::From(at) => format!("{}{STARS}", line.get(..at).unwrap_or_default()),
        }
    }
}

/// The masks of all lines of a text.
pub(super) fn masks(text: &str) -> Vec<Mask> {
    let text = text.trim_start_matches('\u{feff}');
    let mut scan = Scan::default();
    let mut masks: Vec<Mask> = text.lines().map(|line| scan.line(line)).collect();
    masks.push(Mask::Nothing);
    masks
}

/// How far a value may have slipped from its key in a file that is no TOML.
const NEAR: usize = 3;

/// The mask of a line of a file that is no TOML: a quoted text near the name of a secret may be
/// that secret, whatever the line has lost.
pub(super) fn broken(text: &str, line: usize) -> Option<usize> {
    let text = text.trim_start_matches('\u{feff}');
    let lines = text.lines().skip(line.saturating_sub(NEAR));
    let mut words = lines
        .take(line.min(NEAR) + 1 + NEAR)
        .flat_map(|line| line.split(|c: char| !is_key(c)));
    let quote = text.lines().nth(line)?.find(['"', '\''])?;
    words
        .any(|word| !HARMLESS.contains(&word) && is_secretive(word))
        .then_some(quote)
}

#[derive(Default)]
struct Scan {
    /// What ends a value that began on an earlier line and is hidden.
    until: Option<&'static str>,
    /// Under a header, or inside braces, where every key but those of [`HARMLESS`] is hidden.
    source: bool,
    braces: bool,
}

/// Keys of a password source that say where it is and not what it is.
const HARMLESS: [&str; 3] = ["env", "file", "command"];

impl Scan {
    fn line(&mut self, line: &str) -> Mask {
        if let Some(end) = self.until {
            if line.contains(end) {
                self.until = None;
            }
            return Mask::From(0);
        }
        if line.trim_start().starts_with('[') {
            self.source = is_source_header(line.trim());
            self.braces = false;
            return Mask::Nothing;
        }
        let mask = self
            .assignments(line)
            .earlier(without_sign(line))
            .earlier(login_in_url(line));
        if self.braces && line.contains('}') {
            self.braces = false;
        }
        mask
    }

    fn assignments(&mut self, line: &str) -> Mask {
        for (at, _) in line.match_indices('=') {
            let key = key_before(&line[..at]);
            if HARMLESS.contains(&key) || !(self.source || self.braces || is_secretive(key)) {
                continue;
            }
            let value = line[at + 1..].trim_start();
            if value.starts_with('{') {
                self.braces = true;
                continue;
            }
            self.until = unclosed(value);
            return Mask::From(line.len() - value.len());
        }
        Mask::Nothing
    }
}

/// Where a login starts in a URL, `http://USER:PASSWORD@HOST`.
fn login_in_url(line: &str) -> Option<usize> {
    let start = line.find("://")? + 3;
    let end = line[start..]
        .find(['"', '\''])
        .map_or(line.len(), |end| start + end);
    line[start..end].contains('@').then_some(start)
}

/// Where a value starts behind a key whose `=` was forgotten.
fn without_sign(line: &str) -> Option<usize> {
    let bare = &line[..line.find(['"', '\'']).unwrap_or(line.len())];
    let mut end = 0;
    for word in bare.split_inclusive(|c: char| !is_key(c)) {
        let start = end;
        end += word.len();
        let key = word.trim_end_matches(|c: char| !is_key(c));
        let behind = line[start + key.len()..].trim_start();
        if !behind.is_empty() && !behind.starts_with(['=', '.', ']', '}', ',']) && is_secretive(key)
        {
            return Some(line.len() - behind.len());
        }
    }
    None
}

fn is_key(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '_')
}

/// What closes a value that goes on in the next line.
fn unclosed(value: &str) -> Option<&'static str> {
    let open = |start: &str, end: &str| {
        value
            .strip_prefix(start)
            .is_some_and(|rest| !rest.contains(end))
    };
    [("\"\"\"", "\"\"\""), ("'''", "'''"), ("[", "]")]
        .into_iter()
        .find(|(start, end)| open(start, end))
        .map(|(_, end)| end)
}

fn key_before(text: &str) -> &str {
    let text = text.trim_end().trim_end_matches(['"', '\'']);
    let start = text
        .char_indices()
        .rev()
        .take_while(|(_, c)| is_key(*c))
        .last();
    start.map_or("", |(at, _)| &text[at..])
}

/// `[secrets]`, `[secrets.password]`, `[users]` and `[users.admin.password]`: a value put there by
/// mistake is likely to be a password.
fn is_source_header(header: &str) -> bool {
    let name = header
        .trim_start_matches('[')
        .split(']')
        .next()
        .unwrap_or_default();
    let mut keys = name
        .split('.')
        .map(|key| key.trim().trim_matches(['"', '\'']));
    let first = keys.next().unwrap_or_default();
    match keys.next_back() {
        None => matches!(first, "secrets" | "users"),
        Some(last) => first == "secrets" || is_secretive(last),
    }
}

/// Whether a key says, or nearly says, that its value is a password.
fn is_secretive(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    let words = [
        "pass",
        "secret",
        "literal",
        "pwd",
        "token",
        "monitor",
        "certident",
    ];
    let near = |word: &str| strsim::damerau_levenshtein(&key, word) <= 2;
    words.iter().any(|word| key.contains(word))
        || key == "pw"
        || ["password", "literal"].into_iter().any(near)
        || driver::secret_keys().any(|secret| secret.eq_ignore_ascii_case(&key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let masks = masks(text);
        let shown = text.lines().zip(masks).map(|(line, mask)| mask.apply(line));
        shown.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn hides_whatever_may_be_a_password() {
        for text in [
            "password = \"hunter2\"",
            "url = \"https://me:hunter2@prom\"",
            "url = 'http://hunter2@prom/x'",
            "password = { literal = \"hunter2\" }",
            "password = { literl = \"hunter2\" }",
            "password = { value = \"hunter2\" }",
            "password.literal = 'hunter2'",
            "passwrd = \"hunter2\"",
            "password \"hunter2\"",
            "password: hunter2",
            "password = { literal \"hunter2\" }",
            "literal hunter2",
            "\"literal\" = \"hunter2\"",
            "# password = hunter2",
            "password = {\n  plain = \"hunter2\"\n}",
            "password = {\n  env = \"A\",\n  plain = \"hunter2\"\n}",
            "literal = \"\"\"\nhunter2\n\"\"\"",
            "literal = '''\nhunter2'''\n",
            "password = [\n  \"hunter2\",\n]",
            "[secrets]\nadmin = \"hunter2\"",
            "[users]\nadmin = \"hunter2\"",
            "[secrets.password]\nplain = \"hunter2\"",
            "[users.admin.password]\nplain = \"hunter2\"",
            "[hosts.nas.upsmon]\nMONITOR = \"ups@pve 1 nas hunter2 slave\"",
            "[hosts.nas.upsmon]\nMONITOR = [\n \"ups@pve 1 nas hunter2 slave\" ]",
            "authPassword = \"hunter2\"",
            "password = \"\\\"hunter2\"",
            "\u{feff}password = \"hunter2\"",
        ] {
            assert!(text.contains("hunter2"));
            assert!(
                !masked(text).contains("hunter2"),
                "{text}\n{}",
                masked(text)
            );
        }
    }

    #[test]
    fn a_literal_that_lost_its_key_is_hidden_in_a_broken_file() {
        for text in [
            "password =\n\"hunter2\"",
            "[users.admin.password]\nliteral\n= \"hunter2\"",
            "password = {\n\n= 'hunter2' }",
        ] {
            let line = text.lines().position(|line| line.contains("hunter2"));
            let line = line.expect("the secret");
            let from = broken(text, line).expect("a mask");
            let shown = text.lines().nth(line).map(|line| &line[..from]);
            assert!(!shown.expect("the line").contains("hunter2"), "{text}");
        }
        assert_eq!(broken("[hosts.pve]\naddress \"10.0.0.1\"", 1), None);
    }

    #[test]
    fn shows_where_passwords_come_from() {
        for text in [
            "password = { env = \"NUT\" }",
            "password = { command = \"pass show nut/{user}\" }",
            "[secrets.password]\nfile = \"secret.txt\"",
            "[users.admin]\nactions = [\"SET\"]",
            "driver = \"usbhid-ups\"",
            "url = \"http://prom:9090/x\" # not me@x",
            "shutdown_takes = \"90s\"",
            "[hosts.pve]\naddress = \"10.0.0.1\"",
            "password = { env = \"A\" }\nplain = \"shown\"",
            "[secrets]\npassword = { env = \"A\" }\n[hosts]\nx = 1",
        ] {
            assert_eq!(masked(text), text);
        }
    }
}
