//! What a host's journal had, as it was read.

use std::collections::BTreeMap;

/// One host's answer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct HostJournal {
    /// The host's clock when it began to answer and when it had, Unix seconds.
    pub clock: (f64, f64),
    /// The boot that runs now.
    pub boot: String,
    /// Whether journals of earlier boots are kept.
    pub kept: bool,
    /// The time of the first entry that is left, Unix seconds.
    pub begins: Option<f64>,
    /// First and last entry of each boot, Unix seconds.
    pub boots: BTreeMap<String, (f64, f64)>,
    /// NOTIFYMSG, NOTIFYFLAG and FINALDELAY of its upsmon.conf.
    pub upsmon: String,
    /// Oldest first.
    pub entries: Vec<JournalEntry>,
    /// Whether there were more lines than were asked for.
    pub cut: bool,
    /// upsctl's deploys.
    pub deploys: Vec<DeployRecord>,
}

/// One line of a journal.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalEntry {
    /// Unix microseconds, by the clock of that time.
    pub realtime: i64,
    /// Microseconds since some moment before the boot: no clock that is set changes these.
    pub monotonic: i64,
    pub boot: String,
    pub cursor: String,
    /// The unit that wrote it.
    pub from: String,
    /// The unit that systemd wrote about.
    pub about: String,
    /// Which of systemd's messages it is.
    pub id: String,
    pub message: String,
}

/// One deploy of upsctl, as the host remembers it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DeployRecord {
    pub id: String,
    pub state: String,
    pub holder: String,
    /// Unix seconds.
    pub ended: u64,
}
