//! Secrets of lines that NUT's lexer has split.

use super::key::{is_nearly, is_secret};
use super::{Finder, SecretOwner};
use crate::nut::conf::{Line, Word};
use crate::nut::directive::File;
use crate::nut::files::Role;

impl Finder<'_> {
    /// Looks at a line as a directive. `shift` is where its bytes start in the file, `end` where
    /// text may belong to it up to. Says whether it is one with a secret, or a section header.
    pub(super) fn directive(&mut self, line: &Line, shift: usize, clean: bool, end: usize) -> bool {
        let mut words: Vec<Word> = line.words.iter().chain(&line.dropped).cloned().collect();
        for word in &mut words {
            word.span = word.span.start + shift..word.span.end + shift;
        }
        let Some(first) = words.first() else {
            return false;
        };
        let exact = clean && !self.doubtful_comment(line, shift);
        let name = first
            .value
            .trim_start_matches(['"', '\''])
            .to_ascii_lowercase();
        match name.as_str() {
            name if name.starts_with('[') => return self.header(&words),
            "monitor" => self.monitor(&words, exact, end),
            "certident" => self.certident(&words, exact, end),
            // Misspelt it is no directive to NUT, and as secret.
            name if words.len() > 3 && is_nearly(name, "monitor") => {
                self.monitor(&words, exact, end);
            }
            name if is_nearly(name, "certident") => self.certident(&words, exact, end),
            name => return self.key(name, &words, exact, end),
        }
        true
    }

    /// `#x` right behind a value may be the rest of a password that was not quoted.
    fn doubtful_comment(&self, line: &Line, shift: usize) -> bool {
        let after = line
            .comment
            .as_ref()
            .and_then(|comment| self.source.get(comment.start + shift + 1));
        after.is_some_and(|byte| !byte.is_ascii_whitespace())
    }

    fn header(&mut self, words: &[Word]) -> bool {
        let texts: Vec<_> = words.iter().map(|word| word.value.as_str()).collect();
        let text = texts.join(" ");
        let inner = text.trim_start_matches('[');
        let closed = inner.split_once(']');
        self.section = Some(closed.map_or(inner, |(name, _)| name).to_string());
        // Only a bare header holds nothing else.
        closed.is_some_and(|(_, rest)| rest.is_empty())
    }

    /// `MONITOR system powervalue user password role`; anything but that is masked to the role.
    fn monitor(&mut self, words: &[Word], exact: bool, end: usize) {
        let text = |at: usize| words.get(at).map(|word| word.value.clone());
        let owner = SecretOwner::Monitor {
            user: text(3).filter(|_| words.len() >= 6),
            system: text(1),
        };
        let number = words
            .get(2)
            .is_some_and(|word| word.value.parse::<u32>().is_ok());
        let bare_equals = words.iter().any(|word| !word.quoted && word.value == "=");
        let exact = exact && !bare_equals;
        if let [_, _, _, _, password, role] = words
            && exact
            && number
            && Role::of_word(&role.value).is_some()
        {
            return self.add(password.span.clone(), owner);
        }
        let from = match words.len() {
            0..5 => 2,
            _ if !number => 2,
            len if len == 5 || !exact => 3,
            _ => 4,
        };
        if let Some(word) = words.get(from) {
            let end = self.without_role(word.span.start, end);
            self.add(word.span.start..end, owner);
        }
    }

    /// Leaves out the role at the end of a line.
    fn without_role(&self, start: usize, end: usize) -> usize {
        let text = self.source[start..end].trim_ascii_end();
        let last = text
            .rsplit(|byte| byte.is_ascii_whitespace())
            .next()
            .unwrap_or_default();
        let is_role = std::str::from_utf8(last).is_ok_and(|word| Role::of_word(word).is_some());
        if is_role {
            start + text.len() - last.len()
        } else {
            end
        }
    }

    /// `CERTIDENT name password`.
    fn certident(&mut self, words: &[Word], exact: bool, end: usize) {
        let owner = SecretOwner::CertIdent {
            name: words
                .get(1)
                .map(|word| word.value.clone())
                .filter(|_| words.len() > 2),
        };
        match words {
            [_, _, password] if exact => self.add(password.span.clone(), owner),
            [_, _, password, ..] => self.add(password.span.start..end, owner),
            [_, password] => self.add(password.span.start..end, owner),
            _ => {}
        }
    }

    /// `key = value` for a secret key.
    fn key(&mut self, name: &str, words: &[Word], exact: bool, end: usize) -> bool {
        let joined = name.split_once('=').map(|(key, _)| key.trim());
        let name = joined.unwrap_or(name).trim_end_matches(':');
        if !is_secret(self.file, name) {
            return false;
        }
        let owner = self.key_owner(name);
        let equals = |word: &Word| matches!(word.value.as_str(), "=" | ":");
        match words {
            [word, ..] if joined.is_some() => self.add(word.span.start..end, owner),
            [_, sign, value] if exact && equals(sign) => self.add(value.span.clone(), owner),
            [_, sign, ..] if equals(sign) => self.add(sign.span.end..end, owner),
            [_, value, ..] => self.add(value.span.start..end, owner),
            _ => return false,
        }
        true
    }

    pub(super) fn key_owner(&self, key: &str) -> SecretOwner {
        if self.file == File::UpsdUsers && key == "password" {
            return SecretOwner::User {
                name: self.section.clone(),
            };
        }
        SecretOwner::Key {
            section: self.section.clone(),
            key: key.to_string(),
        }
    }
}
