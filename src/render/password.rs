//! Passwords in templates: a value that shows itself as a reference, and the way back from a
//! rendered text to references.
//!
//! No password is ever known here. A reference is its user's name between private-use characters,
//! and once more in private-use characters only: what a filter does to letters is seen by comparing
//! the two, and whose it was can still be told.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use minijinja::value::{Object, ObjectRepr, Value};

use crate::model::text::{Segment, Text};

const OPEN: char = '\u{f8ff}';
const MIDDLE: char = '\u{f8fd}';
const CLOSE: char = '\u{f8fe}';

/// Where the bytes of a name go, one private-use character for each.
const BYTES: u32 = 0xe000;

/// What filters for words, letters and markup do not leave as it is.
const CANARY: &str = "aB cD&";

/// The password of a user, as templates see it: no text, so that most filters refuse it.
#[derive(Debug)]
pub(super) struct Password(pub(super) String);

impl Object for Password {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&reference(&self.0))
    }
}

impl Password {
    /// The value for a template.
    pub(super) fn value(user: &str) -> Value {
        Value::from_object(Self(user.into()))
    }
}

/// The reference to a user's password.
pub(super) fn reference(user: &str) -> String {
    let hidden: String = user.bytes().map(hide).collect();
    format!("{OPEN}{user}{MIDDLE}{hidden}{CANARY}{CLOSE}")
}

fn hide(byte: u8) -> char {
    char::from_u32(BYTES + u32::from(byte)).expect("U+E000 to U+E0FF are characters")
}

fn shown(hidden: &str) -> String {
    let bytes = hidden
        .chars()
        .filter_map(|c| u8::try_from(u32::from(c).checked_sub(BYTES)?).ok());
    String::from_utf8_lossy(&bytes.collect::<Vec<_>>()).into_owned()
}

/// Whether a text holds a reference or a piece of one.
pub(super) fn is_in(text: &str) -> bool {
    text.contains(is_ours)
}

fn is_ours(c: char) -> bool {
    matches!(c, OPEN | MIDDLE | CLOSE) || (BYTES..BYTES + 0x100).contains(&u32::from(c))
}

/// What a template did to a password.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Broken {
    /// Whose it was, as far as can be told.
    pub(super) user: Option<String>,
    pub(super) what: &'static str,
    /// The line of the rendered text, from 1.
    pub(super) line: usize,
}

/// Cuts a rendered text at its references.
///
/// # Errors
/// When a reference is not as it was handed out, or stands where its quotes would not be read.
pub(super) fn cut(text: &str, users: &BTreeSet<&str>) -> Result<Text, Broken> {
    let mut segments = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find(OPEN) {
        let at = text.len() - rest.len() + open;
        let broken = |user: Option<&str>, what| Broken {
            user: user.map(str::to_string),
            what,
            line: 1 + text[..at].matches('\n').count(),
        };
        let before = &rest[..open];
        plain(text, before, &mut segments)?;
        let inner = &rest[open + OPEN.len_utf8()..];
        let altered = "changes it; print it as it is";
        let (inner, after) = inner
            .split_once(CLOSE)
            .ok_or_else(|| broken(None, altered))?;
        let (name, hidden) = inner
            .split_once(MIDDLE)
            .ok_or_else(|| broken(None, altered))?;
        let user = shown(hidden);
        if name != user
            || !users.contains(name)
            || reference(name) != format!("{OPEN}{inner}{CLOSE}")
        {
            return Err(broken(Some(&user), altered));
        }
        if !stands_alone(before, after) {
            let what = "puts it beside other characters; write it alone, upsctl puts it in quotes \
                        where needed";
            return Err(broken(Some(&user), what));
        }
        segments.push(Segment::Password(user));
        rest = after;
    }
    plain(text, rest, &mut segments)?;
    Ok(Text(segments))
}

/// Whether a word between these is read as a word of its own.
fn stands_alone(before: &str, after: &str) -> bool {
    let before = before.chars().next_back();
    let after = after.chars().next();
    before.is_none_or(|c| matches!(c, ' ' | '\n' | '=')) && after.is_none_or(|c| " \n".contains(c))
}

fn plain(whole: &str, piece: &str, segments: &mut Vec<Segment>) -> Result<(), Broken> {
    if let Some(at) = piece.find(is_ours) {
        let start = piece.as_ptr() as usize - whole.as_ptr() as usize;
        let hidden: String = piece.chars().filter(|c| is_ours(*c)).collect();
        return Err(Broken {
            user: Some(shown(&hidden)).filter(|user| !user.is_empty()),
            what: "takes it to pieces; print it as it is",
            line: 1 + whole[..start + at].matches('\n').count(),
        });
    }
    if !piece.is_empty() {
        segments.push(Segment::Plain(piece.into()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut_for(text: &str, users: &[&str]) -> Result<Text, Broken> {
        cut(text, &users.iter().copied().collect())
    }

    #[test]
    fn a_reference_becomes_a_password() {
        let text = format!("password = {}\n", reference("pve"));
        let cut = cut_for(&text, &["pve"]).expect("whole reference");
        assert_eq!(cut.masked(), "password = <password of pve>\n");
        assert_eq!(cut.users().collect::<Vec<_>>(), ["pve"]);
    }

    #[test]
    fn a_reference_in_other_letters_is_refused_with_its_user() {
        let text = reference("pve").to_uppercase();
        let broken = cut_for(&text, &["pve", "PVE"]).expect_err("altered");
        assert_eq!(broken.user.as_deref(), Some("pve"));
    }

    #[test]
    fn pieces_of_a_reference_are_refused() {
        let whole = reference("pve");
        for end in 1..whole.chars().count() {
            let piece: String = whole.chars().take(end).collect();
            assert!(cut_for(&piece, &["pve"]).is_err(), "{end}");
        }
        let backwards: String = whole.chars().rev().collect();
        assert!(cut_for(&backwards, &["pve"]).is_err());
    }

    #[test]
    fn a_reference_to_nobody_is_refused() {
        assert!(cut_for(&reference("other"), &["pve"]).is_err());
    }

    #[test]
    fn a_reference_in_quotes_is_refused() {
        let text = format!("x\npassword = \"{}\"\n", reference("pve"));
        let broken = cut_for(&text, &["pve"]).expect_err("quoted");
        assert_eq!((broken.user.as_deref(), broken.line), (Some("pve"), 2));
    }
}
