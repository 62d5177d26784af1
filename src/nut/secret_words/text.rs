//! Secrets of comments, broken lines and values: text that NUT does not split.

use std::ops::Range;

use super::key::is_secret;
use super::{Finder, SecretOwner};
use crate::nut::conf::{Line, Word, parse};
use crate::nut::files::Role;

impl Finder<'_> {
    /// A physical line or a comment: as a directive that is switched off, and as text.
    pub(super) fn text(&mut self, span: Range<usize>) {
        let text = &self.source[span.clone()];
        let decoration =
            |byte: &u8| byte.is_ascii_whitespace() || b"#;*->\"'\xef\xbb\xbf".contains(byte);
        let start = span.start + text.iter().take_while(|byte| decoration(byte)).count();
        self.switched_off(start..span.end);
        self.scan(span);
    }

    /// The text as a line of its own.
    fn switched_off(&mut self, span: Range<usize>) -> bool {
        let conf = parse(&self.source[span.clone()]);
        let Some(line) = conf.lines.first() else {
            return false;
        };
        if is_prose(line) {
            return false;
        }
        let problems = conf.lines.iter().flat_map(|line| &line.problems);
        let clean = conf.lines.len() == 1
            && !problems
                .into_iter()
                .any(|problem| problem.kind.loses_text());
        let end = self.physical_end(span.start);
        self.directive(line, span.start, clean, end)
    }

    /// Names of secrets anywhere in the text, with what follows them.
    pub(super) fn scan(&mut self, span: Range<usize>) {
        self.urls(span.clone());
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let mut at = span.start;
        while at < span.end {
            let length = self.source[at..span.end]
                .iter()
                .take_while(|byte| is_name(**byte))
                .count();
            if length > 0 {
                self.name(span.clone(), at..at + length);
            }
            at += length.max(1);
        }
    }

    fn name(&mut self, text: Range<usize>, name: Range<usize>) {
        let word = String::from_utf8_lossy(&self.source[name.clone()]).into_owned();
        let directive = ["MONITOR", "CERTIDENT"]
            .iter()
            .any(|d| word.eq_ignore_ascii_case(d));
        if directive && name.start > text.start {
            self.switched_off(name.start..text.end);
        }
        if is_secret(self.file, &word) {
            if let Some(value) = self.value(text, name) {
                let end = self.physical_end(value.start).max(value.end);
                let owner = self.key_owner(&word.to_ascii_lowercase());
                self.add(value.start..end, owner);
            }
        }
    }

    /// What follows a name: behind `=` or `:`, or behind an option such as `--password`.
    fn value(&self, text: Range<usize>, name: Range<usize>) -> Option<Range<usize>> {
        let rest = &self.source[name.end..text.end];
        let glue = |byte: &u8| byte.is_ascii_whitespace() || b"\"'\\".contains(byte);
        let skipped = rest.iter().take_while(|byte| glue(byte)).count();
        let sign = rest.get(skipped).is_some_and(|byte| b"=:".contains(byte));
        let option = self.source[text.start..name.start].ends_with(b"-");
        match (sign, option) {
            (true, _) => Some(name.end + skipped + 1..text.end),
            (false, true) => Some(name.end..text.end),
            (false, false) => None,
        }
    }

    /// `scheme://user:password@host`.
    fn urls(&mut self, span: Range<usize>) {
        let mut at = span.start;
        while let Some(found) = find(&self.source[at..span.end], b"://") {
            let start = at + found + 3;
            let rest = &self.source[start..span.end];
            let length = rest
                .iter()
                .take_while(|byte| !byte.is_ascii_whitespace())
                .count();
            if let Some(user_info) = rest[..length].iter().rposition(|byte| *byte == b'@') {
                self.add(start..start + user_info, SecretOwner::Url);
            }
            // Another one in the same word ends at the same `@`.
            at = start + length;
        }
    }
}

/// `monitor` in a sentence: neither spelt as the directive nor with anything of its words.
fn is_prose(line: &Line) -> bool {
    let words = || line.words.iter().chain(&line.dropped);
    let Some(first) = words().next() else {
        return false;
    };
    let telling = |word: &Word| {
        let number = word.value.bytes().all(|byte| byte.is_ascii_digit());
        number || word.value.contains('@') || Role::of_word(&word.value).is_some()
    };
    first.value != "MONITOR" && first.value.eq_ignore_ascii_case("monitor") && !words().any(telling)
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len())
        .position(|window| window == wanted)
}
