//! What NUT ignores or misreads, as findings of the rules about its language.

use std::ops::Range;

use super::host::Host;
use super::place;
use super::view::View;
use crate::model::finding::{Finding, Place};
use crate::nut::conf;
use crate::nut::directive::File;
use crate::nut::files::{Trap, TrapKind};
use crate::nut::secret_words::secrets;
use crate::rules::Rule;

/// Every trap of a host's files.
pub(super) fn all(host: &Host) -> impl Iterator<Item = (File, &Trap)> {
    let nut = host
        .nut
        .iter()
        .flat_map(|file| &file.traps)
        .map(|trap| (File::Nut, trap));
    let ups = host
        .ups
        .iter()
        .flat_map(|file| &file.traps)
        .map(|trap| (File::Ups, trap));
    let upsd = host
        .upsd
        .iter()
        .flat_map(|file| &file.traps)
        .map(|trap| (File::Upsd, trap));
    let users = host
        .users
        .iter()
        .flat_map(|file| &file.traps)
        .map(|trap| (File::UpsdUsers, trap));
    let upsmon = host
        .upsmon
        .iter()
        .flat_map(|file| &file.traps)
        .map(|trap| (File::Upsmon, trap));
    nut.chain(ups).chain(upsd).chain(users).chain(upsmon)
}

/// A finding for every trap that is wanted.
pub(super) fn findings(
    view: &View<'_>,
    rule: &Rule,
    wanted: fn(&TrapKind) -> bool,
) -> Vec<Finding> {
    let traps = all(view.host).filter(|(_, trap)| wanted(&trap.kind));
    traps
        .map(|(file, trap)| {
            // These name a character of the word.
            let of_word = matches!(trap.kind, TrapKind::Words(_));
            let text = match of_word && in_secret(view.host, file, &trap.place.span) {
                true => "NUT does not read this password as it stands here".to_string(),
                false => trap.to_string(),
            };
            let values = [("file", file.name())];
            view.finding(
                rule,
                format!("{file}: {text}"),
                place(view, file, trap),
                &values,
            )
        })
        .collect()
}

/// Where a trap stands.
pub(super) fn place(view: &View<'_>, file: File, trap: &Trap) -> Place {
    place::of_line(view, file, &trap.place)
}

/// The word at a trap, unless it may be a password.
pub(super) fn first_word(host: &Host, file: File, trap: &Trap) -> String {
    let span = &trap.place.span;
    if in_secret(host, file, &(span.start..span.start + 1)) {
        return "<password>".into();
    }
    let parsed = conf::parse(host.bytes(file).get(span.clone()).unwrap_or_default());
    let first = parsed
        .lines
        .iter()
        .flat_map(|line| line.words.iter().chain(&line.dropped))
        .next();
    let word = first.map_or("", |word| word.value.as_str());
    word.split('=').next().unwrap_or_default().to_string()
}

fn in_secret(host: &Host, file: File, span: &Range<usize>) -> bool {
    let found = secrets(file, host.bytes(file));
    found
        .iter()
        .any(|secret| secret.span.start <= span.start && span.start < secret.span.end)
}
