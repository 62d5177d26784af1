//! Outages out of the time line: from when to when, who went down, and whether in order.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::event::{Event, EventKind, HostCourse, Outage, OutageEnd, Proposal};
use crate::model::inventory::Inventory;

/// Hosts look every 5 s (POLLFREQ), and clocks differ: within this, two lines are of one outage.
const LAG_S: f64 = 6.0;
/// A host that boots on battery says so within this.
const SAYS_S: f64 = 60.0;

/// Every outage of every UPS, by time.
pub(super) fn find(inventory: &Inventory, events: &[Event]) -> Vec<Outage> {
    let mut all: Vec<Outage> = inventory
        .ups
        .iter()
        .flat_map(|(name, ups)| of_ups(inventory, name.as_str(), ups.host.as_str(), events))
        .collect();
    all.sort_by(|a, b| a.started_unix_seconds.total_cmp(&b.started_unix_seconds));
    all
}

fn of_ups(inventory: &Inventory, ups: &str, server: &str, events: &[Event]) -> Vec<Outage> {
    let of = |event: &&Event| {
        event.ups.as_deref() == Some(ups) && event.server.as_deref() == Some(server)
    };
    let watchers: BTreeSet<&str> = events
        .iter()
        .filter(of)
        .map(|event| event.host.as_str())
        .collect();
    let mut outages: Vec<Outage> = Vec::new();
    for event in events {
        let at = event.at_unix_seconds;
        let this = of(&event);
        let open = outages
            .last_mut()
            .filter(|outage| outage.end == OutageEnd::NotSeen);
        match (event.kind, open) {
            (EventKind::OnBattery, None) if this => {
                let late = outages.last_mut().filter(|last| {
                    last.ended_unix_seconds.is_some_and(|end| {
                        at - end < LAG_S && at - last.started_unix_seconds < LAG_S
                    })
                });
                if late.is_none() {
                    outages.push(new(ups, server, at));
                }
            }
            (EventKind::LowBattery, Some(open)) if this => open.low_battery = true,
            (EventKind::ForcedShutdown | EventKind::ForcedShutdownSet, Some(open)) if this => {
                open.forced_shutdown = true;
            }
            (EventKind::OnMains, Some(open)) if this => end(open, at, OutageEnd::Seen),
            // Contact that comes back without a word of battery: mains were back by then.
            (EventKind::CommunicationBack, Some(open))
                if this && !says_battery(events, event, of) =>
            {
                end(open, at, OutageEnd::AtTheLatest);
            }
            (EventKind::Booted, Some(open))
                if watchers.contains(event.host.as_str()) && !says_battery(events, event, of) =>
            {
                end(open, at, OutageEnd::AtTheLatest);
            }
            _ => {}
        }
    }
    let starts: Vec<f64> = outages
        .iter()
        .map(|outage| outage.started_unix_seconds)
        .collect();
    for (at, outage) in outages.iter_mut().enumerate() {
        let until = starts.get(at + 1).copied().unwrap_or(f64::MAX);
        outage.hosts = courses(outage, until, &watchers, events);
        let expired = events.iter().any(|event| {
            event.kind == EventKind::HostSyncExpired
                && event.host == server
                && (outage.started_unix_seconds..until).contains(&event.at_unix_seconds)
        });
        judge(inventory, outage, expired);
    }
    outages
}

fn new(ups: &str, server: &str, at: f64) -> Outage {
    Outage {
        ups: ups.into(),
        server: server.into(),
        started_unix_seconds: at,
        ended_unix_seconds: None,
        end: OutageEnd::NotSeen,
        low_battery: false,
        forced_shutdown: false,
        hosts: Vec::new(),
        in_order: None,
        order: Vec::new(),
    }
}

fn end(outage: &mut Outage, at: f64, how: OutageEnd) {
    outage.ended_unix_seconds = Some(at);
    outage.end = how;
}

/// Whether the host says soon after an event that it is on battery.
fn says_battery(events: &[Event], after: &Event, of: impl Fn(&&Event) -> bool) -> bool {
    events.iter().filter(of).any(|event| {
        event.kind == EventKind::OnBattery
            && event.host == after.host
            && (0.0..SAYS_S).contains(&(event.at_unix_seconds - after.at_unix_seconds))
    })
}

fn courses(
    outage: &Outage,
    until: f64,
    watchers: &BTreeSet<&str>,
    events: &[Event],
) -> Vec<HostCourse> {
    let within = outage.started_unix_seconds - LAG_S..until;
    let mut courses: Vec<HostCourse> = Vec::new();
    for event in events {
        let ours =
            watchers.contains(event.host.as_str()) && within.contains(&event.at_unix_seconds);
        // A host with several UPSes does not say for which one it goes down.
        let other = event.ups.as_deref().is_some_and(|ups| ups != outage.ups);
        if event.kind != EventKind::GoesDown || !ours || other {
            continue;
        }
        if let Some(again) = courses.iter_mut().find(|course| course.host == event.host) {
            again.times += 1;
            continue;
        }
        courses.push(course(event, events));
    }
    courses.sort_by(|a, b| order_key(a).total_cmp(&order_key(b)));
    courses
}

fn order_key(course: &HostCourse) -> f64 {
    course
        .left_nut_unix_seconds
        .unwrap_or(course.goes_down_unix_seconds)
}

fn course(goes: &Event, events: &[Event]) -> HostCourse {
    let later = || {
        events.iter().filter(|event| {
            event.host == goes.host && event.at_unix_seconds >= goes.at_unix_seconds
        })
    };
    let first = |kinds: &[EventKind]| later().find(|event| kinds.contains(&event.kind));
    let down = first(&[EventKind::WentDown, EventKind::BrokeOff]);
    let down_at = down.map(|event| event.at_unix_seconds);
    let left = later().find(|event| {
        event.kind == EventKind::UnitStopped && event.who.as_deref() == Some("nut-monitor")
    });
    let left = left
        .map(|event| event.at_unix_seconds)
        .filter(|left| down_at.is_none_or(|down| *left <= down));
    let clean = down.map(|event| event.kind == EventKind::WentDown);
    HostCourse {
        host: goes.host.clone(),
        plus_minus_seconds: goes.plus_minus_seconds,
        goes_down_unix_seconds: goes.at_unix_seconds,
        left_nut_unix_seconds: left,
        down_unix_seconds: down_at,
        clean,
        took_seconds: down_at
            .zip(left)
            .filter(|_| clean == Some(true))
            .map(|(down, left)| down - left),
        back_unix_seconds: first(&[EventKind::Booted])
            .map(|event| event.at_unix_seconds)
            .filter(|back| down_at.is_some_and(|down| *back >= down)),
        times: 1,
    }
}

/// Each client that this UPS feeds must have left NUT, and be off, before the host with the cable.
fn judge(inventory: &Inventory, outage: &mut Outage, expired: bool) {
    if outage.hosts.is_empty() {
        return;
    }
    let courses: BTreeMap<&str, &HostCourse> = outage
        .hosts
        .iter()
        .map(|course| (course.host.as_str(), course))
        .collect();
    let fed = inventory.hosts.iter().filter(|(name, host)| {
        let powered = host.powered_by.as_ref();
        name.as_str() != outage.server
            && powered.is_some_and(|fed| fed.iter().any(|ups| ups.as_str() == outage.ups))
    });
    let server = outage.server.as_str();
    let Some(last) = courses.get(server) else {
        outage.order.push(format!(
            "{server}, which has the cable, did not go down, as far as its journal tells"
        ));
        return;
    };
    let (mut held, mut known, mut said) = (true, true, Vec::new());
    if expired {
        held = false;
        said.push(format!(
            "{server} waited as long as HOSTSYNC and went down without the rest"
        ));
    }
    for (name, _) in fed {
        let Some(course) = courses.get(name.as_str()) else {
            known = false;
            said.push(format!(
                "whether {name} went down is in no journal that was read"
            ));
            continue;
        };
        let left = course.left_nut_unix_seconds.zip(last.left_nut_unix_seconds);
        let down = course.down_unix_seconds.zip(last.down_unix_seconds);
        let (Some((left, last_left)), Some((down, last_down))) = (left, down) else {
            known = false;
            said.push(format!(
                "the journals of {name} and {server} do not tell when both were down"
            ));
            continue;
        };
        let off = course.plus_minus_seconds + last.plus_minus_seconds;
        if off > (last_left - left).abs().min((last_down - down).abs()) {
            known = false;
            said.push(format!(
                "the clocks of {name} and {server} may have differed by {off:.1} s then"
            ));
        } else if left <= last_left && down <= last_down {
            said.push(format!(
                "{name} left NUT {:.1} s and was off {:.1} s before {server}",
                last_left - left,
                last_down - down
            ));
        } else if left > last_left {
            held = false;
            said.push(format!(
                "{name} left NUT {:.1} s AFTER {server}",
                left - last_left
            ));
        } else {
            held = false;
            said.push(format!(
                "{name} was still going down when {server} was off, for {:.1} s",
                down - last_down
            ));
        }
    }
    outage.in_order = (known || !held).then_some(held);
    outage.order = said;
}

/// What each client's `shutdown_takes` should be: half as much again as was measured, in steps of 5 s.
pub(super) fn proposals(inventory: &Inventory, outages: &[Outage]) -> Vec<Proposal> {
    let mut most: BTreeMap<&str, f64> = BTreeMap::new();
    for outage in outages {
        for course in outage
            .hosts
            .iter()
            .filter(|course| course.host != outage.server)
        {
            if let Some(took) = course.took_seconds {
                let known = most.entry(&course.host).or_default();
                *known = known.max(took);
            }
        }
    }
    let hosts = inventory.hosts.iter();
    hosts
        .filter_map(|(name, host)| {
            let measured = *most.get(name.as_str())?;
            let wanted = ((measured * 1.5 / 5.0).ceil() as u64).max(1) * 5;
            let now = host.shutdown_takes.map(|takes| takes.as_secs());
            Some(Proposal {
                host: name.to_string(),
                measured_seconds: measured,
                now: now.map(|now| format!("{now}s")),
                shutdown_takes: format!("{wanted}s"),
            })
        })
        .collect()
}
