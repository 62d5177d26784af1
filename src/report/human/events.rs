//! What happened: the outages first, then every event under its day.

use super::super::clock;
use super::super::paint::{BAD, FAINT, GOOD, HOST, NOTE, PLAIN, WARNING, clean, paint};
use super::Page;
use crate::model::event::{
    Event, EventKind, History, HostCourse, HostLog, Outage, OutageEnd, Proposal,
};

/// The whole history.
pub fn happened(history: &History, page: &Page) -> String {
    let mut blocks: Vec<String> = history.outages.iter().map(outage).collect();
    let proposals: String = history.proposals.iter().map(proposal).collect();
    if !proposals.is_empty() {
        blocks.push(proposals);
    }
    if !page.quiet() {
        let all = history.events.iter();
        // upsmon says in two lines that it goes down.
        let shown = all.filter(|event| page.verbose() || event.kind != EventKind::ShutdownNotice);
        blocks.push(days(&shown.collect::<Vec<_>>()));
    }
    let notes: String = history.hosts.iter().flat_map(notes).collect();
    if !notes.is_empty() {
        blocks.push(notes);
    }
    blocks.join("\n")
}

fn outage(outage: &Outage) -> String {
    let start = outage.started_unix_seconds;
    let end = match (outage.end, outage.ended_unix_seconds) {
        (OutageEnd::Seen, Some(end)) => format!(" to {} ({})", time(end), span(end - start)),
        (OutageEnd::AtTheLatest, Some(end)) => {
            format!(" to {} at the latest ({})", time(end), span(end - start))
        }
        _ => ", its end is in no journal".into(),
    };
    let mut depth = Vec::new();
    if outage.low_battery {
        depth.push("battery low");
    }
    if outage.forced_shutdown {
        depth.push("forced shutdown");
    }
    let depth = if depth.is_empty() {
        "the battery did not run low".into()
    } else {
        depth.join(", ")
    };
    let title = format!("outage of {}: {}{end}", outage.ups, stamp(start));
    let mut out = format!(
        "{}\n    {depth}; how far it was discharged is in no journal\n",
        paint(HOST, &clean(&title))
    );
    for course in &outage.hosts {
        out.push_str(&format!("    {}\n", clean(&went(course))));
    }
    let (style, word) = match outage.in_order {
        Some(true) => (GOOD, "in order"),
        Some(false) => (BAD, "NOT in order"),
        None if outage.hosts.is_empty() => (PLAIN, "nobody went down"),
        None => (WARNING, "whether in order cannot be told"),
    };
    let why = if outage.order.is_empty() {
        String::new()
    } else {
        format!(": {}", outage.order.join("; "))
    };
    out.push_str(&format!("    {}{}\n", paint(style, word), clean(&why)));
    out
}

fn went(course: &HostCourse) -> String {
    let mut words = vec![format!(
        "{} went down at {}",
        course.host,
        time(course.goes_down_unix_seconds)
    )];
    if let Some(left) = course.left_nut_unix_seconds {
        words.push(format!("left NUT at {}", time(left)));
    }
    if let Some(down) = course.down_unix_seconds {
        let took = course
            .took_seconds
            .map(|took| format!(" after {took:.1} s"))
            .unwrap_or_default();
        words.push(format!("off at {}{took}", time(down)));
    }
    match course.clean {
        Some(true) => words.push("clean".into()),
        Some(false) => words.push("NOT clean: power was cut, or it crashed".into()),
        None => words.push("its end is in no journal".into()),
    }
    if let Some(back) = course.back_unix_seconds {
        words.push(format!("back at {}", time(back)));
    }
    if course.times > 1 {
        words.push(format!(
            "{} times: it booted into a low battery",
            course.times
        ));
    }
    words.join(", ")
}

fn proposal(proposal: &Proposal) -> String {
    let now = match &proposal.now {
        Some(now) if *now == proposal.shutdown_takes => {
            return format!(
                "{} took at most {:.1} s to go down; shutdown_takes = \"{now}\" leaves it that\n",
                proposal.host, proposal.measured_seconds
            );
        }
        Some(now) => format!("now \"{now}\""),
        None => "not set now".into(),
    };
    format!(
        "{} took at most {:.1} s to go down; in the inventory ({now}):\n    [hosts.{}]\n    shutdown_takes = \"{}\"\n",
        proposal.host, proposal.measured_seconds, proposal.host, proposal.shutdown_takes
    )
}

fn days(events: &[&Event]) -> String {
    if events.is_empty() {
        return "No events.\n".into();
    }
    let mut out = String::new();
    let mut day = String::new();
    for event in events {
        let today = clock::day(event.at_unix_seconds as u64);
        if today != day {
            out.push_str(&format!("{}\n", paint(HOST, &today)));
            day = today;
        }
        out.push_str(&line(event, &time(event.at_unix_seconds)));
    }
    out
}

/// One event on a line of its own, with its day.
pub fn event(event: &Event) -> String {
    line(event, &stamp(event.at_unix_seconds))
}

fn line(event: &Event, time: &str) -> String {
    let off = if event.plus_minus_seconds >= 1.0 {
        format!(" ±{:.0} s", event.plus_minus_seconds)
    } else {
        String::new()
    };
    format!(
        "{}  {}  {}\n",
        paint(FAINT, &format!("{time}{off}")),
        event.host,
        paint(style(event.kind), &clean(&says(event)))
    )
}

fn style(kind: EventKind) -> anstyle::Style {
    use EventKind as K;
    match kind {
        K::OnBattery
        | K::LowBattery
        | K::ForcedShutdown
        | K::ForcedShutdownSet
        | K::GoesDown
        | K::HostSyncExpired
        | K::ForcedShutdownRefused
        | K::UpsmonBroken
        | K::BrokeOff
        | K::LoginRefused
        | K::UnitFailed => BAD,
        K::CommunicationLost
        | K::Unavailable
        | K::ReplaceBattery
        | K::DataStale
        | K::DriverLost
        | K::GaveUpOnPrimary
        | K::TooFewSupplies
        | K::DeployUndone
        | K::DeployOpen => WARNING,
        K::OnMains => GOOD,
        K::Deployed | K::Booted | K::WentDown => NOTE,
        _ => PLAIN,
    }
}

/// In plain words; the UPS with its server where it is another host's.
fn says(event: &Event) -> String {
    use EventKind as K;
    let ups = match (&event.ups, &event.server) {
        (Some(ups), Some(server)) if *server != event.host => format!("{ups} of {server}"),
        (Some(ups), _) => ups.clone(),
        (None, _) => "a UPS".into(),
    };
    let who = event.who.as_deref().unwrap_or("someone");
    match event.kind {
        K::OnBattery => format!("{ups} is on battery"),
        K::OnMains => format!("{ups} is on mains again"),
        K::LowBattery => format!("the battery of {ups} is low"),
        K::ForcedShutdown => format!("sees the forced shutdown of {ups}"),
        K::ForcedShutdownSet => format!("{who} sets the forced shutdown of {ups}"),
        K::ForcedShutdownRefused => {
            format!("may not set the forced shutdown of {ups}: the others never hear of it")
        }
        K::ForcedShutdownRequested => {
            "someone asked for a forced shutdown (`upsmon -c fsd`)".into()
        }
        K::GoesDown => "goes down".into(),
        K::HostSyncExpired => {
            "waits no longer for those that are still logged in (HOSTSYNC)".into()
        }
        K::GaveUpOnPrimary => format!("goes down without word from the host of {ups}"),
        K::CommunicationLost => format!("lost contact with {ups}"),
        K::CommunicationBack => format!("has contact with {ups} again"),
        K::Unavailable => format!("cannot reach {ups}"),
        K::ReplaceBattery => format!("the battery of {ups} must be replaced"),
        K::LoggedIn => format!("{who} logged in to {ups}"),
        K::LoggedOut => format!("{who} logged out from {ups}"),
        K::LoginRefused => format!("its login to {ups} was refused: {}", event.text),
        K::DataStale => format!("the driver of {ups} says nothing any more"),
        K::DataFresh => format!("the driver of {ups} speaks again"),
        K::DriverLost => format!("the driver of {ups} is gone"),
        K::DriverFound => format!("the driver of {ups} is there"),
        K::UnitStarted => format!("{who} started"),
        K::UnitStopped => format!("{who} stopped"),
        K::UnitFailed => format!("{who} failed"),
        K::Booted => "booted".into(),
        K::WentDown => "is down".into(),
        K::BrokeOff => "its journal breaks off: power was cut, or it crashed".into(),
        K::Deployed => format!("{} by {who}", event.text),
        K::DeployUndone | K::DeployOpen => format!("{} (by {who})", event.text),
        K::ShutdownNotice | K::TooFewSupplies | K::UpsmonBroken | K::Notified => event.text.clone(),
    }
}

fn notes(log: &HostLog) -> Vec<String> {
    let mut out = Vec::new();
    let mut say = |style, text: String| {
        out.push(format!(
            "{}  {}\n",
            paint(HOST, &log.name),
            paint(style, &clean(&text))
        ))
    };
    if let Some(problem) = &log.problem {
        let hint = log.hint.as_deref().unwrap_or_default();
        say(WARNING, format!("{problem}; {hint}"));
    }
    if log.earlier_boots_kept == Some(false) {
        say(
            WARNING,
            "keeps no journal of earlier boots (no /var/log/journal): only this boot is known"
                .into(),
        );
    }
    if let Some(begins) = log.journal_begins_unix_seconds {
        say(PLAIN, format!("its journal begins at {}", stamp(begins)));
    }
    if log.cut {
        say(WARNING, "there is more than 5,000 lines: the older ones were left out; a shorter --since shows less".into());
    }
    for event in &log.not_recorded {
        say(WARNING, format!("not recorded there (NOTIFYFLAG {event})"));
    }
    if let (Some(ahead), Some(error)) = (log.clock_ahead_seconds, log.clock_plus_minus_seconds) {
        if ahead.abs() > error.max(0.5) {
            let way = if ahead > 0.0 { "ahead" } else { "behind" };
            say(
                WARNING,
                format!(
                    "its clock is {:.1} s {way} (±{error:.2} s); times of this boot are corrected, those of earlier boots are not",
                    ahead.abs()
                ),
            );
        }
    }
    out
}

fn time(at: f64) -> String {
    clock::exact(at)
}

fn stamp(at: f64) -> String {
    format!("{} {}", clock::day(at as u64), clock::exact(at))
}

fn span(seconds: f64) -> String {
    clock::span(seconds.max(0.0) as u64)
}
