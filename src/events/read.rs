//! One host's journal to events.

use std::collections::BTreeMap;

use super::Source;
use crate::model::event::{Event, EventKind};
use crate::model::journal::JournalEntry;
use crate::nut::files::UpsmonConf;
use crate::nut::log::{self, Said, Texts};

const STARTED: &str = "39f53479d3a045ac8e11786248231fbf";
const STOPPED: &str = "9d1aaa27d60140bd96365438aad20286";
const ENDED_BY_ITSELF: &str = "7ad2d189f7e94e70a38c781354912448";
const FAILED: &str = "be02cf6855d2428ba40df7e9d022f03d";
const JOURNAL_STARTED: &str = "f77379a8490b408bbe5f6940505a777b";
const JOURNAL_STOPPED: &str = "d93fb3c9c24d451a97cea615ce59c00b";
/// Units that start so soon after a boot do so because of it.
const BOOTING_S: f64 = 30.0;
/// Units that stop so soon before an end do so because of it.
const LEAVING_S: f64 = 90.0;
/// Debian's upsd writes each line twice, to syslog and to stdout.
const TWICE_S: f64 = 0.5;

/// The events of one host, oldest first, and those that leave no line there.
pub fn read(source: &Source<'_>) -> (Vec<Event>, Vec<String>) {
    let conf = UpsmonConf::parse(source.journal.upsmon.as_bytes());
    let texts = Texts::of(&conf);
    let boots = boots(source);
    let mut events: Vec<Event> = Vec::new();
    for entry in &source.journal.entries {
        let boot = &boots[entry.boot.as_str()];
        let Some(event) = boot.event(source, entry, &texts) else {
            continue;
        };
        let twin = |other: &Event| {
            let same =
                |text: bool| text || other.who == event.who && told_in_several_words(event.kind);
            other.kind == event.kind
                && same(other.text == event.text)
                && (event.at_unix_seconds - other.at_unix_seconds).abs() < TWICE_S
        };
        if !events.iter().rev().take(8).any(twin) {
            events.push(event);
        }
    }
    for boot in boots.values() {
        events.extend(boot.ends(source));
    }
    events.extend(deploys(source));
    events.sort_by(|a, b| a.at_unix_seconds.total_cmp(&b.at_unix_seconds));
    let unrecorded = texts.unrecorded().iter();
    (
        events,
        unrecorded
            .map(|(event, flags)| format!("{event} {flags}"))
            .collect(),
    )
}

/// What upsmon or systemd say in two lines at once.
fn told_in_several_words(kind: EventKind) -> bool {
    matches!(kind, EventKind::CommunicationLost | EventKind::UnitStopped)
}

/// One boot of the host.
struct Boot<'a> {
    id: &'a str,
    /// Unix microseconds of monotonic 0, by the clock at its latest entry: that is the one that had
    /// the most time to be set.
    zero: i64,
    /// The correction to this machine's clock, seconds, and what it may be wrong by.
    ahead: f64,
    plus_minus: f64,
    current: bool,
    first: Option<f64>,
    /// Its end, and whether the way down was gone to it.
    last: Option<(f64, bool)>,
}

fn boots<'a>(source: &Source<'a>) -> BTreeMap<&'a str, Boot<'a>> {
    let mut by_boot: BTreeMap<&str, Vec<&JournalEntry>> = BTreeMap::new();
    for entry in &source.journal.entries {
        by_boot.entry(&entry.boot).or_default().push(entry);
    }
    for id in source.journal.boots.keys() {
        by_boot.entry(id).or_default();
    }
    by_boot
        .into_iter()
        .map(|(id, entries)| (id, boot(source, id, &entries)))
        .collect()
}

fn boot<'a>(source: &Source<'a>, id: &'a str, entries: &[&JournalEntry]) -> Boot<'a> {
    let current = id == source.journal.boot;
    // Of earlier boots nobody measured the clock.
    let (ahead, plus_minus) = source.clock;
    let ahead = if current && ahead.abs() > plus_minus {
        ahead
    } else {
        0.0
    };
    let latest = entries.iter().max_by_key(|entry| entry.monotonic);
    let mut boot = Boot {
        id,
        zero: latest.map_or(0, |entry| entry.realtime - entry.monotonic),
        ahead,
        plus_minus: if current {
            plus_minus
        } else {
            plus_minus.max(source.clock.0.abs())
        },
        current,
        first: None,
        last: None,
    };
    let mut journald = entries
        .iter()
        .filter(|entry| entry.id == JOURNAL_STARTED || entry.id == JOURNAL_STOPPED);
    let known = source.journal.boots.get(id).copied();
    let started = journald.clone().find(|entry| entry.id == JOURNAL_STARTED);
    // A boot from before the span has no beginning in it.
    let begun_in_sight = source
        .journal
        .entries
        .first()
        .map(|entry| entry.boot.as_str())
        != Some(id);
    boot.first = match started {
        Some(entry) => Some(boot.time(entry)),
        None => known
            .filter(|_| begun_in_sight && !entries.is_empty())
            .map(|(first, _)| first - boot.ahead),
    };
    let stopped = journald
        .next_back()
        .filter(|entry| entry.id == JOURNAL_STOPPED);
    boot.last = match stopped {
        _ if current || entries.is_empty() => None,
        Some(entry) => Some((boot.time(entry), true)),
        None => known.map(|(_, last)| (last, false)),
    };
    boot
}

impl Boot<'_> {
    fn time(&self, entry: &JournalEntry) -> f64 {
        (self.zero + entry.monotonic) as f64 / 1e6 - self.ahead
    }

    fn event(&self, source: &Source<'_>, entry: &JournalEntry, texts: &Texts) -> Option<Event> {
        let at = self.time(entry);
        let blank = Event {
            at_unix_seconds: at,
            plus_minus_seconds: self.plus_minus,
            host: source.desired.name.to_string(),
            kind: EventKind::Notified,
            ups: None,
            server: None,
            who: None,
            text: entry.message.clone(),
            this_boot: self.current,
        };
        if !entry.about.is_empty() {
            let kind = self.unit(source, entry, at)?;
            let who = entry.about.strip_suffix(".service").unwrap_or(&entry.about);
            return Some(Event {
                kind,
                who: Some(who.into()),
                ..blank
            });
        }
        let said = log::read(&entry.message, texts)?;
        Some(said_event(source, blank, said))
    }

    /// What systemd says of a unit that the host needs; what belongs to a boot or a way down is no
    /// news of its own.
    fn unit(&self, source: &Source<'_>, entry: &JournalEntry, at: f64) -> Option<EventKind> {
        let needed = entry.about == "nut-monitor.service"
            || source.desired.role.is_server() && entry.about.starts_with("nut-");
        let booting = self.first.is_some_and(|first| at - first < BOOTING_S);
        let leaving = self.last.is_some_and(|(last, _)| last - at < LEAVING_S);
        match entry.id.as_str() {
            STARTED if needed && !booting => Some(EventKind::UnitStarted),
            STOPPED if needed && !leaving => Some(EventKind::UnitStopped),
            // The end of upsmon, also by itself, is when its server counts it as logged out.
            STOPPED | ENDED_BY_ITSELF if entry.about == "nut-monitor.service" && !booting => {
                Some(EventKind::UnitStopped)
            }
            FAILED if needed && !booting => Some(EventKind::UnitFailed),
            _ => None,
        }
    }

    fn ends(&self, source: &Source<'_>) -> Vec<Event> {
        let event = |at: f64, kind, text: &str| Event {
            at_unix_seconds: at,
            plus_minus_seconds: self.plus_minus,
            host: source.desired.name.to_string(),
            kind,
            ups: None,
            server: None,
            who: None,
            text: format!("{text} (boot {})", self.id.get(..8).unwrap_or(self.id)),
            this_boot: self.current,
        };
        let booted = self
            .first
            .map(|at| event(at, EventKind::Booted, "the journal begins"));
        let ended = self.last.map(|(at, clean)| match clean {
            true => event(at, EventKind::WentDown, "the journal was closed"),
            false => event(
                at,
                EventKind::BrokeOff,
                "the journal breaks off: power cut or crash",
            ),
        });
        booted.into_iter().chain(ended).collect()
    }
}

fn said_event(source: &Source<'_>, blank: Event, said: Said) -> Event {
    let own = source.desired.name.to_string();
    let on = |kind, (ups, server)| Event {
        kind,
        ups,
        server,
        ..blank.clone()
    };
    let by = |kind, user: &str, address: &str, ups| Event {
        who: Some(source.client(user, address)),
        ..on(kind, (Some(ups), Some(own.clone())))
    };
    let system = |system: &str| source.system(system);
    match said {
        Said::Notified {
            event,
            system: named,
            ..
        } => {
            let of = named.map_or_else(|| source.only(), |named| system(&named));
            on(notified(event), of)
        }
        Said::Executing => on(EventKind::GoesDown, source.only()),
        Said::HostSyncExpired => on(EventKind::HostSyncExpired, source.only()),
        Said::FsdRequested => on(EventKind::ForcedShutdownRequested, source.only()),
        Said::TooFewSupplies => on(EventKind::TooFewSupplies, (None, None)),
        Said::GaveUpOnPrimary { system: named } => on(EventKind::GaveUpOnPrimary, system(&named)),
        Said::FsdRefused { system: named } => on(EventKind::ForcedShutdownRefused, system(&named)),
        Said::LoginRefused { system: named, .. } | Said::NotPrimary { system: named } => Event {
            who: Some(own.clone()),
            ..on(EventKind::LoginRefused, system(&named))
        },
        Said::ConnectFailed { system: named, .. } => {
            on(EventKind::CommunicationLost, system(&named))
        }
        Said::LoggedIn { user, address, ups } => by(EventKind::LoggedIn, &user, &address, ups),
        Said::LoggedOut { user, address, ups } => by(EventKind::LoggedOut, &user, &address, ups),
        Said::FsdSet { user, address, ups } => {
            by(EventKind::ForcedShutdownSet, &user, &address, ups)
        }
        Said::DataStale { ups } => on(EventKind::DataStale, (Some(ups), Some(own.clone()))),
        Said::DataFresh { ups } => on(EventKind::DataFresh, (Some(ups), Some(own.clone()))),
        Said::DriverLost { ups } => on(EventKind::DriverLost, (Some(ups), Some(own.clone()))),
        Said::DriverFound { ups } => on(EventKind::DriverFound, (Some(ups), Some(own.clone()))),
    }
}

fn notified(event: &str) -> EventKind {
    match event {
        "ONBATT" => EventKind::OnBattery,
        "ONLINE" => EventKind::OnMains,
        "LOWBATT" => EventKind::LowBattery,
        "FSD" => EventKind::ForcedShutdown,
        "SHUTDOWN" | "SHUTDOWN_HOSTSYNC" => EventKind::ShutdownNotice,
        "COMMOK" => EventKind::CommunicationBack,
        "COMMBAD" => EventKind::CommunicationLost,
        "NOCOMM" => EventKind::Unavailable,
        "REPLBATT" => EventKind::ReplaceBattery,
        "NOPARENT" => EventKind::UpsmonBroken,
        _ => EventKind::Notified,
    }
}

fn deploys(source: &Source<'_>) -> Vec<Event> {
    let (ahead, plus_minus) = source.clock;
    let from = source
        .journal
        .entries
        .first()
        .map_or(0, |entry| entry.realtime / 1_000_000);
    let deploys = source.journal.deploys.iter();
    let recent =
        deploys.filter(|deploy| i64::try_from(deploy.ended).is_ok_and(|ended| ended >= from));
    let event = |deploy: &crate::model::journal::DeployRecord| Event {
        at_unix_seconds: deploy.ended as f64 - if ahead.abs() > plus_minus { ahead } else { 0.0 },
        plus_minus_seconds: plus_minus.max(1.0),
        host: source.desired.name.to_string(),
        kind: match deploy.state.as_str() {
            "confirmed" => EventKind::Deployed,
            "undone" => EventKind::DeployUndone,
            _ => EventKind::DeployOpen,
        },
        ups: None,
        server: None,
        who: Some(deploy.holder.clone()),
        text: format!("upsctl deploy {}: {}", deploy.id, deploy.state),
        this_boot: false,
    };
    recent.map(event).collect()
}
