use crate::model::bundle::JournalLine;
use crate::model::observed::{ObservedHost, Seen};
use crate::nut::directive::File;

/// What a daemon writes when it reads its files anew: a reload by hand leaves no trace in systemd,
/// but one in the journal.
const RELOADED: [&str; 3] = [
    "SIGHUP",
    "Reloading configuration",
    "reloading configuration",
];

/// The first of `files` that was changed after an active unit read it last: the unit owes a restart
/// or a reload. `journal` is the unit's, where it is known. Without the host's clock the times of
/// its units mean nothing.
pub fn restart_owed(
    observed: &ObservedHost,
    unit: &str,
    files: &[File],
    journal: Option<&Seen<Vec<JournalLine>>>,
) -> Option<File> {
    let unit = observed
        .units
        .get(unit)
        .filter(|unit| unit.active == "active" && observed.system.booted != 0)?;
    let lines = journal.and_then(Seen::is).into_iter().flatten();
    let reloaded = lines
        .filter(|entry| RELOADED.iter().any(|word| entry.text.contains(word)))
        .map(|entry| entry.time)
        .max();
    let read = unit.loaded.max(unit.since).max(reloaded.unwrap_or(0));
    files.iter().copied().find(|file| {
        let have = observed.files.get(file).and_then(Seen::is);
        // One second of grace: both times are rounded.
        have.is_some_and(|have| have.meta.modified > read + 1)
    })
}
