//! One course of an outage through a chain, as upsmon takes it (clients/upsmon.c: `recalc`,
//! `is_ups_critical`, `forceshutdown`, `sync_secondaries`, `doshutdown`).

use super::delays::{ASKS_EVERY, HOSTSYNC_ROUNDS, gives_up, poll_low, seconds};
use super::input::Leaves;
use super::net::{Net, Watch};
use super::span::Case;
use crate::nut::timing::{Exit, SILENCE};

/// When what happens, by the numbers of hosts and UPSes; infinite is never.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Course {
    /// The host learns, or decides, that it goes down; a primary sets FSD.
    pub(super) called: Vec<f64>,
    /// A primary waits no longer.
    pub(super) wait_over: Vec<f64>,
    /// Whether it did not wait for everybody.
    pub(super) gave_up: Vec<bool>,
    pub(super) shutdown: Vec<f64>,
    pub(super) logged_out: Vec<f64>,
    pub(super) down: Vec<f64>,
    /// By UPS: the command to cut, and the cut.
    pub(super) cut_called: Vec<f64>,
    pub(super) off: Vec<f64>,
}

/// How long a script of an appliance takes to act on what upsmon tells it.
const SCRIPT: f64 = 2.0;

/// When a client that nobody here knows has logged out, as NUT's own delays have it.
const STRANGER: f64 = 5.0;

/// Runs an outage in which each host has its own luck.
pub(super) fn run(net: &Net<'_>, case: impl Fn(usize) -> Case) -> Course {
    let never = vec![f64::INFINITY; net.hosts.len()];
    let mut course = Course {
        called: never.clone(),
        wait_over: never.clone(),
        gave_up: vec![false; net.hosts.len()],
        shutdown: never.clone(),
        logged_out: never.clone(),
        down: never,
        cut_called: vec![f64::INFINITY; net.ups.len()],
        off: vec![f64::INFINITY; net.ups.len()],
    };
    // Everything only gets earlier from one round to the next, so that this ends.
    let mut fsd = vec![f64::INFINITY; net.ups.len()];
    loop {
        let before = course.clone();
        for host in 0..net.hosts.len() {
            step(net, host, case(host), &mut fsd, &mut course);
        }
        if course == before {
            break;
        }
    }
    for (ups, primary) in net.primary.iter().enumerate() {
        let cuts = primary.filter(|host| net.hosts[*host].cuts);
        if let (Some(host), Some(delay)) = (cuts, net.ups[ups].off_delay.as_ref()) {
            course.cut_called[ups] = course.down[host];
            course.off[ups] = course.down[host] + delay.seconds;
        }
    }
    course
}

fn step(net: &Net<'_>, host: usize, case: Case, fsd: &mut [f64], course: &mut Course) {
    let called = called(net, host, case, fsd);
    course.called[host] = called;
    if !called.is_finite() {
        return;
    }
    let delays = net.delays(host);
    let own = net.watches[host].iter().filter(|watch| watch.primary);
    let own: Vec<usize> = own.map(|watch| watch.ups).collect();
    let mut from = called;
    if !own.is_empty() {
        for ups in &own {
            fsd[*ups] = fsd[*ups].min(called);
        }
        let release = own
            .iter()
            .map(|ups| release(net, host, *ups, case, called, course))
            .fold(called, f64::max);
        let cap = called + seconds(delays.hostsync) + HOSTSYNC_ROUNDS * case.share();
        course.gave_up[host] = release > cap;
        course.wait_over[host] = release.min(cap);
        from = course.wait_over[host];
    }
    let shutdown = from + seconds(delays.finaldelay);
    course.shutdown[host] = shutdown;
    course.logged_out[host] = logged_out(net, host, case, shutdown, called);
    course.down[host] = shutdown + net.hosts[host].way_down.takes.in_case(case);
}

/// When fewer of a host's supplies are well than it needs, or when it leaves by itself.
fn called(net: &Net<'_>, host: usize, case: Case, fsd: &[f64]) -> f64 {
    let watches = &net.watches[host];
    let mut critical: Vec<(f64, u32)> = watches
        .iter()
        .map(|watch| (critical(net, host, watch, case, fsd), watch.power))
        .collect();
    critical.sort_by(|one, other| one.0.total_cmp(&other.0));
    let mut left: u32 = watches.iter().map(|watch| watch.power).sum();
    let least = net.hosts[host].min_supplies;
    let mut told = f64::INFINITY;
    if left >= least {
        for (time, power) in critical {
            left -= power;
            if left < least {
                told = time;
                break;
            }
        }
    }
    told.min(leaves(net, host, case))
}

/// When a host takes a UPS for lost.
fn critical(net: &Net<'_>, host: usize, watch: &Watch, case: Case, fsd: &[f64]) -> f64 {
    let delays = net.delays(host);
    let alert = seconds(delays.alert);
    let low = net.low[watch.ups];
    if watch.primary {
        let seen = low + case.share() * alert;
        let poll = poll_low(delays);
        let rounds = (seconds(delays.low_for) / poll.max(1.0)).ceil();
        return seen + rounds * poll;
    }
    let [soonest, last] = gives_up(delays);
    let gives_up = low + soonest + case.share() * (last - soonest);
    gives_up.min(fsd[watch.ups] + case.share() * alert)
}

fn leaves(net: &Net<'_>, host: usize, case: Case) -> f64 {
    let delays = net.delays(host);
    let low = net.watches[host]
        .iter()
        .map(|watch| net.low[watch.ups])
        .fold(f64::INFINITY, f64::min);
    match (net.leaves(host), net.mains_fail) {
        (Leaves::WhenTold, _) | (Leaves::AfterOnBattery(_), None) => f64::INFINITY,
        (Leaves::WhenLow, _) => low + case.share() * (seconds(delays.alert) + SCRIPT),
        (Leaves::AfterOnBattery(after), Some(fail)) => {
            fail + case.share() * (seconds(delays.poll) + SCRIPT) + after
        }
    }
}

/// When nobody else is logged in to a UPS any more.
fn release(
    net: &Net<'_>,
    primary: usize,
    ups: usize,
    case: Case,
    called: f64,
    course: &Course,
) -> f64 {
    let others = net.logged_in[ups]
        .iter()
        .filter(|other| **other != primary)
        .map(|other| course.logged_out[*other]);
    let known = others.fold(f64::NEG_INFINITY, f64::max);
    let last = match (net.ups[ups].strangers, case) {
        (0, _) => known,
        (_, Case::Latest) => f64::INFINITY,
        _ => known.max(called + STRANGER + case.share() * STRANGER),
    };
    if last == f64::NEG_INFINITY {
        return called;
    }
    last.max(called) + ASKS_EVERY * case.share()
}

/// When upsd counts a host as gone: upsmon ends, or has said nothing for too long.
fn logged_out(net: &Net<'_>, host: usize, case: Case, shutdown: f64, called: f64) -> f64 {
    let delays = net.delays(host);
    let exit = match delays.exit {
        Exit::Now => 0.0,
        // Where systemd runs, it stops upsmon as one of the first things of a shutdown, and upsmon
        // ends then whatever it was told to wait for.
        Exit::After(delay) => seconds(delay) * case.share(),
        Exit::WhenStopped => case.share() * net.hosts[host].way_down.takes.latest_s,
    };
    let silent = called + seconds(SILENCE);
    if delays.speaks_up && shutdown <= silent {
        return shutdown + exit;
    }
    (shutdown + exit).min(silent.max(called))
}
