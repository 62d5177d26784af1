//! Lines of NUT's journals.

use crate::model::bundle::JournalLine;
use crate::model::observed::Seen;

/// The last journal lines that say something, for showing.
pub(super) fn tail(lines: &Seen<Vec<JournalLine>>, count: usize) -> Vec<String> {
    let Some(lines) = lines.is() else {
        return Vec::new();
    };
    let telling: Vec<&JournalLine> = lines
        .iter()
        .filter(|entry| !is_noise(&entry.text))
        .collect();
    telling
        .iter()
        .rev()
        .take(count)
        .rev()
        .map(|entry| entry.text.clone())
        .collect()
}

/// Lines that healthy hosts write too.
pub(super) fn is_noise(text: &str) -> bool {
    const NOISE: [&str; 12] = [
        ".pid either: No such file",
        "fopen /run/nut/",
        "Could not find PID file",
        "Running as foreground process",
        "mainloop: Interrupted system call",
        "upsnotify: failed to notify",
        "Init SSL without certificate",
        "send_to_all",
        "Network UPS Tools",
        "Consumed ",
        "Using power down flag",
        "systemd[1]: Stopped",
    ];
    NOISE.iter().any(|noise| text.contains(noise))
}
