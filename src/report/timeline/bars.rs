//! What is drawn of a chain, in seconds; the terminal and the page differ only in how.

use crate::model::inventory::Platform;
use crate::time::line::{at, of_source};
use crate::time::{Chain, HostLine, Kind, Moment, Source, UpsLine};

/// What a stretch of a bar stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// A host runs; a UPS has power on its outlets.
    Runs,
    /// A host knows that it goes down, and waits: for others, or its FINALDELAY.
    Waits,
    GoesDown,
    /// At worst it still does.
    Perhaps,
}

/// A stretch of a bar, in seconds after low battery.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stretch {
    pub(super) phase: Phase,
    pub(super) from: f64,
    pub(super) to: f64,
}

/// One row of a chart.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bar {
    pub(super) name: String,
    /// What it is: `usbhid-ups on pve`, `truenas`.
    pub(super) kind: String,
    pub(super) is_ups: bool,
    /// It has been seen to happen so.
    pub(super) is_measured: bool,
    pub(super) stretches: Vec<Stretch>,
}

/// The rows of a chain: its UPSes, then its hosts by when they go down, what was measured of each
/// below it.
pub(super) fn bars(chain: &Chain) -> Vec<Bar> {
    let mut bars: Vec<Bar> = chain.ups.iter().map(of_ups).collect();
    for host in &chain.hosts {
        bars.push(of_host(host, Source::Predicted));
        if host
            .moments
            .iter()
            .any(|moment| moment.source == Source::Measured)
        {
            bars.push(of_host(host, Source::Measured));
        }
    }
    bars
}

/// Where a chart ends: when the last is over in the worst case, and a little more.
pub(super) fn end(chain: &Chain) -> f64 {
    let moments = chain.hosts.iter().flat_map(|host| &host.moments);
    let all = moments.chain(chain.ups.iter().flat_map(|ups| &ups.moments));
    let last = all
        .filter(|moment| moment.kind != Kind::Empty)
        .map(|moment| moment.at.latest_s)
        .filter(|time| time.is_finite())
        .fold(10.0, f64::max);
    last * 1.04
}

fn of_ups(ups: &UpsLine) -> Bar {
    let off = at(&ups.moments, Kind::OutletsOff).or_else(|| at(&ups.moments, Kind::Empty));
    let mut stretches = Vec::new();
    match off {
        Some(off) => {
            let sure = off.typical_s;
            stretches.push(stretch(Phase::Runs, f64::NEG_INFINITY, sure));
            stretches.push(stretch(Phase::Perhaps, sure, off.latest_s));
        }
        None => stretches.push(stretch(Phase::Runs, f64::NEG_INFINITY, f64::INFINITY)),
    }
    Bar {
        name: ups.name.to_string(),
        kind: format!("{} on {}", ups.driver, ups.server),
        is_ups: true,
        is_measured: false,
        stretches,
    }
}

fn of_host(host: &HostLine, source: Source) -> Bar {
    let time = |kind| of_source(&host.moments, kind, source).map(|span| span.typical_s);
    let never = f64::INFINITY;
    let called = time(Kind::Called).or(time(Kind::Shutdown)).unwrap_or(never);
    let shutdown = time(Kind::Shutdown).unwrap_or(never);
    let down = time(Kind::Down).unwrap_or(shutdown);
    let latest = of_source(&host.moments, Kind::Down, source).map_or(down, |span| span.latest_s);
    let mut stretches = vec![
        stretch(Phase::Runs, f64::NEG_INFINITY, called),
        stretch(Phase::Waits, called, shutdown),
        stretch(Phase::GoesDown, shutdown, down),
        stretch(Phase::Perhaps, down, latest),
    ];
    stretches.retain(|stretch| stretch.from < stretch.to);
    Bar {
        name: host.name.to_string(),
        kind: kind(host),
        is_ups: false,
        is_measured: source == Source::Measured,
        stretches,
    }
}

fn kind(host: &HostLine) -> String {
    let role = if host.primary_of.is_empty() {
        "secondary"
    } else {
        "primary"
    };
    match host.platform {
        Platform::Debian => format!("NUT {}, {role}", host.nut_version),
        platform => format!("{}, {role}", platform.as_str()),
    }
}

fn stretch(phase: Phase, from: f64, to: f64) -> Stretch {
    Stretch { phase, from, to }
}

/// Where marks stand on an axis of some seconds, `most` of them at the most.
pub(super) fn ticks(end: f64, most: usize) -> Vec<f64> {
    const STEPS: [f64; 14] = [
        1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0, 3600.0, 7200.0,
    ];
    let fits = |step: &&f64| end / **step <= most.max(1) as f64;
    let step = STEPS.iter().find(fits).copied().unwrap_or(end.max(1.0));
    let count = (end / step).floor() as usize;
    (0..=count).map(|at| at as f64 * step).collect()
}

/// A moment of a kind, whichever way it is known.
pub(super) fn moment(moments: &[Moment], kind: Kind) -> Option<crate::time::Span> {
    at(moments, kind)
}
