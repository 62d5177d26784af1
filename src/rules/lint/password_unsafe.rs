use super::password;
use super::site::Site;
use crate::model::finding::{Finding, Severity};
use crate::rules::Rule;

pub(super) static RULE: Rule = Rule {
    id: "password-unsafe",
    severity: Severity::Error,
    text: include_str!("password_unsafe.md"),
};

pub(super) fn check(site: &Site<'_>) -> Vec<Finding> {
    password::known(site)
        .into_iter()
        .filter(|known| !known.value.bytes().all(is_safe))
        .map(|known| {
            known.finding(
                &RULE,
                format!(
                    "the password of `{}` has a character that NUT's protocol does not carry",
                    known.user
                ),
            )
        })
        .collect()
}

fn is_safe(byte: u8) -> bool {
    byte.is_ascii_graphic() && !matches!(byte, b'#' | b'=' | b'"' | b'\\')
}
