//! Typed views of NUT's files: what NUT makes of the words, and what it ignores or misreads.

mod nut_conf;
mod role;
mod setting;
mod shell;
#[cfg(test)]
mod tests;
mod trap;
mod ups_conf;
mod upsd_conf;
mod upsd_users;
mod upsmon_conf;

pub use nut_conf::{Assignment, NutConf};
pub use role::Role;
pub use setting::Setting;
pub use trap::{Trap, TrapKind};
pub use ups_conf::{Entry, Section, UpsConf};
pub use upsd_conf::{Listen, UpsdConf};
pub use upsd_users::{UpsdUsers, User};
pub use upsmon_conf::{Monitor, UpsmonConf};

use super::conf::Line;

/// The name in `[name]`, if the first word of the line is a section header for NUT.
fn section_name(line: &Line) -> Option<&str> {
    let word = line.value(0)?;
    word.strip_prefix('[')?.strip_suffix(']')
}

/// What is wrong with a line that begins like a section header but is none.
fn broken_section(line: &Line) -> Option<TrapKind> {
    let first = line.value(0)?;
    if !first.starts_with('[') || first.ends_with(']') {
        return None;
    }
    let closes = line
        .words
        .iter()
        .skip(1)
        .any(|word| word.value.ends_with(']'));
    Some(if closes {
        TrapKind::BlankInSection
    } else {
        TrapKind::BrokenSection
    })
}

/// A trap from the second of some words to the last one.
fn trap_words(kind: TrapKind, words: &[super::conf::Word]) -> Option<Trap> {
    let mut place = words.first()?.place();
    place.span.end = words.last()?.span.end;
    Some(Trap { kind, place })
}
