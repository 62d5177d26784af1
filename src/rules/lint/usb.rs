use crate::nut::driver::{self, Media};
use crate::nut::files::Section;

/// The keys by which a driver chooses its device (drivers/usb-common.c).
const KEYS: [&str; 8] = [
    "serial",
    "vendorid",
    "productid",
    "vendor",
    "product",
    "bus",
    "device",
    "busport",
];

/// Whether the section's driver talks over USB. nutdrv_qx does when its port is `auto` or it has a
/// key that only makes sense there.
pub(super) fn is(section: &Section) -> bool {
    let Some(name) = section.driver() else {
        return false;
    };
    match driver::media(name) {
        Some(Media::Usb) => true,
        Some(Media::SerialOrUsb) => {
            let more = ["subdriver", "langid_fix"];
            let has = |key: &&str| value(section, key).is_some();
            section.port() == Some("auto") || KEYS.iter().chain(&more).any(has)
        }
        _ => false,
    }
}

fn value<'a>(section: &'a Section, key: &str) -> Option<&'a str> {
    let entry = section
        .entries
        .iter()
        .rev()
        .find(|entry| entry.key.value.eq_ignore_ascii_case(key))?;
    entry.value.as_ref().map(|word| word.value.as_str())
}

/// Whether nothing keeps two sections from taking the same device.
pub(super) fn confusable(one: &Section, other: &Section) -> bool {
    let has_any = |section| KEYS.iter().any(|key| value(section, key).is_some());
    let differ = |key: &&str| match (value(one, key), value(other, key)) {
        (Some(one), Some(other)) => !one.eq_ignore_ascii_case(other),
        // Both have keys, of different kinds: whoever wrote them knows why.
        (Some(_), None) => has_any(other),
        (None, Some(_)) => has_any(one),
        (None, None) => false,
    };
    one.driver() == other.driver() && !KEYS.iter().any(differ)
}

/// Whether every bracket of a pattern is closed.
pub(super) fn balanced(pattern: &str) -> bool {
    let mut round = 0i32;
    let mut chars = pattern.chars();
    while let Some(char) = chars.next() {
        match char {
            '\\' => {
                chars.next();
            }
            '[' if !chars.by_ref().skip(1).any(|char| char == ']') => return false,
            '(' => round += 1,
            ')' => round -= 1,
            _ => {}
        }
        if round < 0 {
            return false;
        }
    }
    round == 0
}
