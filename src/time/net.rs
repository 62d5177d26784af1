//! The hosts and UPSes of one chain by number, so that a course can be run many times.

use super::input::{Host, Leaves, Outage, Ups};
use crate::nut::timing::Timing;

/// One chain, everything looked up once.
pub(super) struct Net<'a> {
    pub(super) ups: Vec<&'a Ups>,
    pub(super) hosts: Vec<&'a Host>,
    /// By host: the UPSes it watches.
    pub(super) watches: Vec<Vec<Watch>>,
    /// By UPS: the hosts that are counted as logged in.
    pub(super) logged_in: Vec<Vec<usize>>,
    /// By UPS: the host that commands it.
    pub(super) primary: Vec<Option<usize>>,
    /// By host: the UPSes that feed it.
    pub(super) fed_by: Vec<Vec<usize>>,
    /// By UPS: when its battery is low.
    pub(super) low: Vec<f64>,
    pub(super) mains_fail: Option<f64>,
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Watch {
    pub(super) ups: usize,
    pub(super) primary: bool,
    pub(super) power: u32,
}

impl<'a> Net<'a> {
    pub(super) fn new(ups: Vec<&'a Ups>, hosts: Vec<&'a Host>) -> Self {
        let number = |name| ups.iter().position(|ups| &ups.name == name);
        let watches: Vec<Vec<Watch>> = hosts
            .iter()
            .map(|host| {
                let known = host.watches.iter().filter_map(|watch| {
                    Some(Watch {
                        ups: number(&watch.ups)?,
                        primary: watch.primary,
                        power: watch.power,
                    })
                });
                known.collect()
            })
            .collect();
        let who = |ups: usize, wanted: fn(&Host, &Watch) -> bool| -> Vec<usize> {
            let all = hosts.iter().zip(&watches).enumerate();
            all.filter(|(_, (host, watches))| {
                watches
                    .iter()
                    .any(|watch| watch.ups == ups && wanted(host, watch))
            })
            .map(|(at, _)| at)
            .collect()
        };
        let (low, mains_fail) = lows(&ups);
        Self {
            logged_in: (0..ups.len())
                .map(|at| who(at, |host, _| host.logged_in != Some(false)))
                .collect(),
            primary: (0..ups.len())
                .map(|at| who(at, |_, watch| watch.primary).first().copied())
                .collect(),
            fed_by: hosts
                .iter()
                .map(|host| host.fed_by.iter().filter_map(number).collect())
                .collect(),
            watches,
            ups,
            hosts,
            low,
            mains_fail,
        }
    }

    pub(super) fn delays(&self, host: usize) -> &Timing {
        &self.hosts[host].delays
    }

    pub(super) fn leaves(&self, host: usize) -> Leaves {
        self.hosts[host].leaves
    }
}

/// When each battery is low, the first of them at 0, and when mains fail. Where one of them does not
/// say, all are taken to be low at once.
fn lows(ups: &[&Ups]) -> (Vec<f64>, Option<f64>) {
    let after: Option<Vec<f64>> = ups
        .iter()
        .map(|ups| ups.battery.reserve().low_after_s)
        .collect();
    match after {
        Some(after) if !after.is_empty() => {
            let first = after.iter().copied().fold(f64::INFINITY, f64::min);
            (
                after.iter().map(|after| after - first).collect(),
                Some(-first),
            )
        }
        _ => (vec![0.0; ups.len()], None),
    }
}

/// The UPSes and hosts that hang together, each set as one net.
pub(super) fn nets(outage: &Outage) -> Vec<Net<'_>> {
    let by_name: std::collections::HashMap<_, _> = outage
        .ups
        .iter()
        .enumerate()
        .map(|(at, ups)| (&ups.name, at))
        .collect();
    let by_host: std::collections::HashMap<_, _> = outage
        .hosts
        .iter()
        .enumerate()
        .map(|(at, host)| (&host.name, at))
        .collect();
    let first_host = outage.ups.len();
    let mut sets = Sets::new(first_host + outage.hosts.len());
    for (at, ups) in outage.ups.iter().enumerate() {
        if let Some(server) = by_host.get(&ups.server) {
            sets.join(at, first_host + server);
        }
    }
    for (at, host) in outage.hosts.iter().enumerate() {
        let watched = host.watches.iter().map(|watch| &watch.ups);
        for name in watched.chain(&host.fed_by) {
            if let Some(ups) = by_name.get(name) {
                sets.join(first_host + at, *ups);
            }
        }
    }
    let mut groups: std::collections::BTreeMap<usize, (Vec<&Ups>, Vec<&Host>)> =
        std::collections::BTreeMap::new();
    for (at, ups) in outage.ups.iter().enumerate() {
        groups.entry(sets.find(at)).or_default().0.push(ups);
    }
    for (at, host) in outage.hosts.iter().enumerate() {
        let group = groups.entry(sets.find(first_host + at)).or_default();
        group.1.push(host);
    }
    let fed = groups.into_values().filter(|(ups, _)| !ups.is_empty());
    fed.map(|(ups, hosts)| Net::new(ups, hosts)).collect()
}

/// Which things hang together.
struct Sets(Vec<usize>);

impl Sets {
    fn new(size: usize) -> Self {
        Self((0..size).collect())
    }

    fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.0[one.max(other)] = one.min(other);
    }
}
