//! From what is known to the time line.

use super::course::{Course, run};
use super::delays::seconds;
use super::input::Outage;
use super::line::{Chain, Fits, HostLine, Kind, Moment, Term, TimeLine, UpsLine, Verdict, What};
use super::net::{Net, nets};
use super::span::{Case, Span};
use crate::nut::ups_name::UpsName;

/// Computes the time line of an outage. Mains do not come back in it.
pub fn time_line(outage: &Outage) -> TimeLine {
    let chains = nets(outage).iter().map(chain).collect();
    TimeLine { chains }
}

/// The three courses, in the order of the cases.
pub(super) struct Courses([Course; 3]);

impl Courses {
    pub(super) fn of(net: &Net<'_>) -> Self {
        Self(Case::ALL.map(|case| run(net, |_| case)))
    }

    pub(super) fn span(&self, time: impl Fn(&Course) -> f64) -> Span {
        Span::of_cases(|case| time(self.of_case(case)))
    }

    pub(super) fn of_case(&self, case: Case) -> &Course {
        &self.0[case as usize]
    }
}

fn chain(net: &Net<'_>) -> Chain {
    let courses = Courses::of(net);
    let mut hosts: Vec<HostLine> = (0..net.hosts.len())
        .map(|at| host(net, &courses, at))
        .collect();
    hosts.sort_by(|one, other| {
        let end = |host: &HostLine| {
            let down = super::line::at(&host.moments, Kind::Down);
            down.map_or(f64::INFINITY, |at| at.typical_s)
        };
        end(one)
            .total_cmp(&end(other))
            .then_with(|| one.name.cmp(&other.name))
    });
    Chain {
        ups: (0..net.ups.len())
            .map(|at| ups(net, &courses, at))
            .collect(),
        hosts,
        mains_fail_s: net.mains_fail,
    }
}

fn host(net: &Net<'_>, courses: &Courses, at: usize) -> HostLine {
    let host = net.hosts[at];
    let seen = net
        .mains_fail
        .map(|fail| Span::of_cases(|case| fail + case.share() * seconds(host.delays.poll)));
    let is_primary = net.watches[at].iter().any(|watch| watch.primary);
    let moments = [
        (Kind::OnBattery, seen.unwrap_or(Span::NEVER)),
        (Kind::Called, courses.span(|course| course.called[at])),
        (Kind::WaitOver, courses.span(|course| course.wait_over[at])),
        (Kind::Shutdown, courses.span(|course| course.shutdown[at])),
        (
            Kind::LoggedOut,
            courses.span(|course| course.logged_out[at]),
        ),
        (Kind::Down, courses.span(|course| course.down[at])),
    ];
    let moments = moments
        .into_iter()
        .filter(|(kind, _)| *kind != Kind::WaitOver || is_primary)
        .filter_map(|(kind, at)| Moment::predicted(kind, at));
    let names = |wanted: fn(&super::input::Watch) -> bool| -> Vec<UpsName> {
        let watches = host.watches.iter().filter(|watch| wanted(watch));
        watches.map(|watch| watch.ups.clone()).collect()
    };
    let typical = spare(net, courses.of_case(Case::Typical), at);
    HostLine {
        name: host.name.clone(),
        platform: host.platform,
        nut_version: host.version,
        fed_by: host.fed_by.clone(),
        watches: names(|_| true),
        primary_of: names(|watch| watch.primary),
        moments: moments.collect(),
        way_down: host.way_down.takes,
        way_down_from: host.way_down.from.clone(),
        way_down_known: host.way_down.known,
        spare_typical_s: typical,
        spare_worst_s: typical.and_then(|_| spare(net, &unlucky(net, at), at)),
    }
}

/// The course that is worst for one host: it is late and slow, and all the others are quick.
fn unlucky(net: &Net<'_>, at: usize) -> Course {
    run(net, |host| {
        if host == at {
            Case::Latest
        } else {
            Case::Earliest
        }
    })
}

/// From when a host is down to when the last of its UPSes is cut. The one that gives the command is
/// down by then.
fn spare(net: &Net<'_>, course: &Course, at: usize) -> Option<f64> {
    let feeds = &net.fed_by[at];
    let off = feeds
        .iter()
        .map(|ups| course.off[*ups])
        .fold(f64::NEG_INFINITY, f64::max);
    off.is_finite().then(|| off - course.down[at])
}

fn ups(net: &Net<'_>, courses: &Courses, at: usize) -> UpsLine {
    let ups = net.ups[at];
    let low = net.low[at];
    let reserve = ups.battery.reserve();
    let empty = match (reserve.worst_s, reserve.typical_s) {
        (Some(worst), Some(typical)) => Span::new(low + worst, low + typical, low + typical),
        _ => Span::NEVER,
    };
    let moments = [
        (
            Kind::MainsFail,
            Span::exactly(net.mains_fail.unwrap_or(f64::INFINITY)),
        ),
        (Kind::LowBattery, Span::exactly(low)),
        (
            Kind::CutCalled,
            courses.span(|course| course.cut_called[at]),
        ),
        (Kind::OutletsOff, courses.span(|course| course.off[at])),
        (Kind::Empty, empty),
    ];
    let moments = moments.into_iter();
    UpsLine {
        name: ups.name.clone(),
        server: ups.server.clone(),
        driver: ups.driver.clone(),
        on_battery: ups.battery.on_battery,
        on_delay: ups.on_delay.clone(),
        charge_percent: ups.battery.charge.unwrap_or(100.0),
        moments: moments
            .filter_map(|(kind, at)| Moment::predicted(kind, at))
            .collect(),
        verdict: verdict(needs(net, courses, at), reserve.typical_s, reserve.worst_s),
        terms: terms(net, courses, at),
        reserve,
    }
}

/// From low battery until the UPS is cut, or, where nothing cuts it, until the last host it feeds
/// is down.
fn needs(net: &Net<'_>, courses: &Courses, at: usize) -> Span {
    // A host with several feeds is carried to its end by the one that lasts longest.
    let last = |feeds: &[usize]| {
        let longest = |one: &&usize, other: &&usize| net.low[**one].total_cmp(&net.low[**other]);
        feeds.iter().max_by(longest).copied()
    };
    let fed = |host: &usize| last(&net.fed_by[*host]) == Some(at);
    let fed: Vec<usize> = (0..net.hosts.len()).filter(fed).collect();
    let end = courses.span(|course| {
        let down = fed.iter().map(|host| course.down[*host]);
        let last = down.filter(|down| down.is_finite()).fold(0.0, f64::max);
        if course.off[at].is_finite() {
            last.max(course.off[at])
        } else {
            last
        }
    });
    end.plus(-net.low[at])
}

fn verdict(needs: Span, typical: Option<f64>, worst: Option<f64>) -> Verdict {
    let spare_typical_s = typical.map(|reserve| reserve - needs.typical_s);
    let spare_worst_s = worst.map(|reserve| reserve - needs.latest_s);
    Verdict {
        fits: Fits::of(spare_typical_s, spare_worst_s),
        needs,
        spare_typical_s,
        spare_worst_s,
    }
}

fn terms(net: &Net<'_>, courses: &Courses, at: usize) -> Vec<Term> {
    let Some(primary) = net.primary[at] else {
        return Vec::new();
    };
    let low = net.low[at];
    let end = |what, course: &Course| match what {
        What::Noticing => course.called[primary],
        What::Waiting => course.wait_over[primary],
        What::FinalDelay => course.shutdown[primary],
        What::GoingDown => course.down[primary],
        What::OffDelay => course.off[at],
    };
    let mut before = [low, low];
    let mut terms = Vec::new();
    for what in What::ALL {
        let now = [Case::Typical, Case::Latest].map(|case| end(what, courses.of_case(case)));
        if now.iter().any(|time| !time.is_finite()) {
            break;
        }
        let host = match what {
            What::Waiting => slowest(net, courses, primary, at),
            What::OffDelay => None,
            _ => Some(primary),
        };
        let [typical_s, latest_s] = [now[0] - before[0], now[1] - before[1]];
        terms.push(Term {
            what,
            host: host.map(|host| net.hosts[host].name.clone()),
            typical_s,
            latest_s,
        });
        before = now;
    }
    terms
}

/// The client for which a primary waits longest.
fn slowest(net: &Net<'_>, courses: &Courses, primary: usize, ups: usize) -> Option<usize> {
    let course = courses.of_case(Case::Typical);
    let others = net.logged_in[ups].iter().filter(|other| **other != primary);
    others
        .copied()
        .max_by(|one, other| course.logged_out[*one].total_cmp(&course.logged_out[*other]))
}
