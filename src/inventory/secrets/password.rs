//! Whether a value can be a password for NUT at all.

use super::Failure;
use crate::model::inventory::SecretSource;
use crate::model::secret::Secret;
use crate::nut::conf::{self, QuoteError};

/// upsmon and upscmd build `PASSWORD …` with its line end in 512 bytes (SMALLBUF, include/common.h)
/// and cut the rest off, the line end included.
const LONGEST: usize = 501;

/// Why NUT cannot use a password; nothing when it can. Never shows the password.
///
/// upsmon sends it as it is (do_upsd_auth, clients/upsmon.c), and upsd takes the line apart by the
/// grammar of the configuration files: quotes in the files do not help a password that is more
/// than one plain word there.
pub fn unusable(password: &str) -> Option<String> {
    if password.is_empty() {
        return Some("it is empty".into());
    }
    match conf::check(password) {
        Err(QuoteError::NonAscii(_, at)) => {
            return Some(format!(
                "character {at} is not ASCII, and NUT would drop it"
            ));
        }
        Err(QuoteError::Control(_, at)) => {
            return Some(format!(
                "character {at} is a control character, and NUT would drop it"
            ));
        }
        Err(QuoteError::TooLong(_)) | Ok(()) if password.len() > LONGEST => {
            return Some(format!(
                "it has more than {LONGEST} characters, and NUT would cut it"
            ));
        }
        Err(QuoteError::TooLong(_)) | Ok(()) => {}
    }
    (!conf::is_one_word(password)).then(|| {
        "it has a blank, `#`, `=`, `\\` or a `\"` in front: upsmon sends it unquoted, upsd would \
         read another one and refuse the login"
            .into()
    })
}

/// Why a value cannot be a token or password in an HTTP header; nothing when it can.
pub fn unusable_word(word: &str) -> Option<String> {
    match word.chars().position(char::is_control) {
        _ if word.is_empty() => Some("it is empty".into()),
        Some(at) => Some(format!("character {} is a control character", at + 1)),
        None => None,
    }
}

/// The password in what a source gave.
pub(super) fn check(
    source: &SecretSource,
    bytes: Vec<u8>,
    unusable: super::Unusable,
) -> Result<Secret, Failure> {
    let text = String::from_utf8(bytes).map_err(|_| Failure::new("it is not UTF-8 text"))?;
    let text = match source {
        SecretSource::File(_) | SecretSource::Command(_) => without_line_end(&text),
        SecretSource::Env(_) | SecretSource::Literal(_) => &text,
    };
    let lines = text.split('\n').count();
    match source {
        SecretSource::Command(_) if text.is_empty() => Err(Failure::new("it printed nothing")),
        SecretSource::Command(_) if lines > 1 => Err(Failure::new(format!(
            "it printed {lines} lines instead of one"
        ))
        .help("add `| head -n 1` to the command if the password is on the first line")),
        SecretSource::File(_) if lines > 1 => Err(Failure::new(format!(
            "the file has {lines} lines instead of one"
        ))),
        _ => match unusable(text) {
            None => Ok(Secret::new(text)),
            Some(why) => {
                Err(Failure::new(why).help("use letters and digits; length makes it strong"))
            }
        },
    }
}

fn without_line_end(text: &str) -> &str {
    let text = text.strip_suffix('\n').unwrap_or(text);
    text.strip_suffix('\r').unwrap_or(text)
}
