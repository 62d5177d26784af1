//! The time line as a page of its own: no script, nothing fetched. Every text is escaped by the
//! template engine; numbers are made here.

use std::fmt;

use minijinja::{AutoEscape, Environment, UndefinedBehavior};
use serde::Serialize;

use super::bars::{self, Bar, Phase};
use super::{Course, words};
use crate::model::finding::Severity;
use crate::report::paint::clean;
use crate::time::line::at;
use crate::time::{Chain, Kind, UpsLine};

/// The template of the page, as the folder `templates/` has it.
pub const TEMPLATE: (&str, &str) = (
    "report.html.j2",
    include_str!("../../../templates/report.html.j2"),
);

/// Part of the width that stands for the time on battery before it is low, percent.
const BEFORE: f64 = 10.0;

/// Beyond this a mark has no room for its text to the right, percent.
const LATE: f64 = 78.0;

/// Why there is no page.
#[derive(Debug)]
pub struct PageError(minijinja::Error);

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the page cannot be made: {}", self.0)
    }
}

impl std::error::Error for PageError {}

/// The page of a time line.
///
/// # Errors
/// None that the template built in allows; the tests see to it.
pub fn page(course: &Course, title: &str) -> Result<String, PageError> {
    let mut env = Environment::new();
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_auto_escape_callback(|_| AutoEscape::Html);
    let (name, text) = TEMPLATE;
    env.add_template(name, text).map_err(PageError)?;
    let template = env.get_template(name).map_err(PageError)?;
    let view = minijinja::value::Serde(View::of(course, title));
    template.render(view).map_err(PageError)
}

#[derive(Serialize)]
struct View {
    title: String,
    basis: &'static str,
    notes: Vec<String>,
    chains: Vec<ChainView>,
    findings: Vec<FindingView>,
}

#[derive(Serialize)]
struct FindingView {
    severity: &'static str,
    host: String,
    saw: String,
    why: String,
    fix: String,
}

#[derive(Serialize)]
struct ChainView {
    verdicts: Vec<Verdict>,
    before: String,
    mains_return: String,
    before_width: f64,
    ticks: Vec<Tick>,
    rows: Vec<Row>,
    batteries: Vec<BatteryView>,
    hosts: Vec<HostView>,
    map: Map,
}

#[derive(Serialize)]
struct Verdict {
    fits: crate::time::Fits,
    text: String,
}

#[derive(Serialize)]
struct Tick {
    at: f64,
    text: String,
    /// Whether it may be left out where there is little room.
    spare: bool,
    /// Whether its text stands to the left of it.
    late: bool,
    from_right: f64,
}

#[derive(Serialize)]
struct Row {
    name: String,
    kind: String,
    is_ups: bool,
    is_measured: bool,
    says: String,
    rects: Vec<Rect>,
}

#[derive(Serialize)]
struct Rect {
    class: &'static str,
    x: f64,
    width: f64,
}

#[derive(Serialize)]
struct BatteryView {
    name: String,
    known: bool,
    from: String,
    line: String,
    area: String,
    worst: String,
    low_percent: Option<i64>,
    charge_percent: i64,
}

#[derive(Serialize)]
struct HostView {
    name: String,
    text: String,
    way_down: String,
}

/// Who is fed by and watches what, drawn.
#[derive(Serialize)]
struct Map {
    height: f64,
    nodes: Vec<Node>,
    wires: Vec<Wire>,
}

#[derive(Serialize)]
struct Node {
    x: f64,
    y: f64,
    name: String,
    short: String,
    kind: String,
    is_ups: bool,
}

#[derive(Serialize)]
struct Wire {
    class: &'static str,
    path: String,
    says: String,
}

impl View {
    fn of(course: &Course, title: &str) -> Self {
        let looked = course.not_looked.iter().map(|(host, why)| {
            format!("{host}: could not look: {why}; taken as upsctl would write it")
        });
        let guests = course
            .guests_not_seen
            .iter()
            .map(|(host, why)| format!("{host}: could not look at its guests: {why}"));
        Self {
            title: clean(title),
            basis: match course.basis {
                super::Basis::Desired => "the files that upsctl would write; no host was asked",
                super::Basis::Observed => "the hosts' own files, and what their UPSes say",
            },
            notes: looked.chain(guests).map(|note| clean(&note)).collect(),
            chains: course
                .line
                .chains
                .iter()
                .map(|chain| ChainView::of(chain, course.basis))
                .collect(),
            findings: course.findings.iter().map(FindingView::of).collect(),
        }
    }
}

impl FindingView {
    fn of(finding: &crate::model::finding::Finding) -> Self {
        let text = |text: &Option<String>| clean(text.as_deref().unwrap_or("")).replace("\\n", " ");
        Self {
            severity: match finding.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                Severity::Note => "note",
            },
            host: finding
                .host
                .as_ref()
                .map_or(String::new(), ToString::to_string),
            saw: clean(&finding.saw),
            why: text(&finding.why),
            fix: text(&finding.fix),
        }
    }
}

impl ChainView {
    fn of(chain: &Chain, basis: super::Basis) -> Self {
        let end = bars::end(chain);
        let ticks = bars::ticks(end, 7).into_iter().enumerate();
        Self {
            verdicts: chain
                .ups
                .iter()
                .map(|ups| Verdict {
                    fits: ups.verdict.fits,
                    text: clean(&words::of_ups(ups, basis).join(" ")),
                })
                .collect(),
            before: words::before(chain),
            mains_return: words::mains_return(chain),
            before_width: BEFORE,
            ticks: ticks
                .map(|(number, seconds)| Tick {
                    at: percent(seconds, end),
                    late: percent(seconds, end) > LATE,
                    from_right: round(100.0 - percent(seconds, end)),
                    text: crate::model::duration::spoken(seconds),
                    spare: number % 2 == 1,
                })
                .collect(),
            rows: bars::bars(chain)
                .iter()
                .map(|bar| row(chain, bar, end))
                .collect(),
            batteries: chain
                .ups
                .iter()
                .map(|ups| battery(chain, ups, end))
                .collect(),
            hosts: chain
                .hosts
                .iter()
                .map(|host| HostView {
                    name: host.name.to_string(),
                    text: words::of_host(host),
                    way_down: clean(&host.way_down_from),
                })
                .collect(),
            map: map(chain),
        }
    }
}

/// Where a time stands, percent of the width.
fn percent(seconds: f64, end: f64) -> f64 {
    let part = (seconds / end).clamp(0.0, 1.0);
    round(BEFORE + part * (100.0 - BEFORE))
}

fn round(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

fn row(chain: &Chain, bar: &Bar, end: f64) -> Row {
    let mut rects: Vec<Rect> = Vec::new();
    let before = bar.stretches.iter().rfind(|stretch| stretch.from < 0.0);
    if let Some(stretch) = before.filter(|_| !bar.is_measured) {
        rects.push(Rect {
            class: class(stretch.phase),
            x: 0.0,
            width: BEFORE,
        });
    }
    for stretch in bar.stretches.iter().filter(|stretch| stretch.to > 0.0) {
        let x = percent(stretch.from.max(0.0), end);
        let width = round(percent(stretch.to, end) - x).max(0.4);
        rects.push(Rect {
            class: class(stretch.phase),
            x,
            width,
        });
    }
    let host = chain
        .hosts
        .iter()
        .find(|host| !bar.is_ups && host.name.as_str() == bar.name);
    Row {
        name: clean(&bar.name),
        kind: clean(&bar.kind),
        is_ups: bar.is_ups,
        is_measured: bar.is_measured,
        says: host.map_or_else(String::new, words::of_host),
        rects,
    }
}

fn class(phase: Phase) -> &'static str {
    match phase {
        Phase::Runs => "runs",
        Phase::Waits => "waits",
        Phase::GoesDown => "down",
        Phase::Perhaps => "perhaps",
    }
}

/// The charge of a battery over the same axis, in a square of 100 by 100.
fn battery(chain: &Chain, ups: &UpsLine, end: f64) -> BatteryView {
    let low = at(&ups.moments, Kind::LowBattery).map_or(0.0, |low| low.typical_s);
    let empty = at(&ups.moments, Kind::Empty);
    let at_low = ups.reserve.low_at_percent;
    let mut view = BatteryView {
        name: ups.name.to_string(),
        known: false,
        from: clean(&ups.reserve.from),
        line: String::new(),
        area: String::new(),
        worst: String::new(),
        low_percent: at_low.map(|percent| percent.round() as i64),
        charge_percent: ups.charge_percent.round() as i64,
    };
    let (Some(empty), Some(at_low), Some(fail)) = (empty, at_low, chain.mains_fail_s) else {
        return view;
    };
    let charge = |seconds: f64, empty: f64| match seconds <= low {
        true => {
            let part = (seconds - fail) / (low - fail).max(0.1);
            ups.charge_percent + part * (at_low - ups.charge_percent)
        }
        false => at_low * (1.0 - (seconds - low) / (empty - low).max(0.1)),
    };
    let curve = |empty: f64, from: f64| {
        let mut times = vec![from, low, empty.min(end)];
        times.retain(|time| *time >= from);
        times.push(end);
        let points = times.iter().map(|time| {
            let x = if *time <= fail {
                0.0
            } else {
                percent(*time, end)
            };
            format!(
                "{x},{}",
                round(100.0 - charge(*time, empty).clamp(0.0, 100.0))
            )
        });
        points.collect::<Vec<_>>().join(" ")
    };
    view.line = curve(empty.typical_s, fail);
    view.worst = curve(empty.earliest_s, low);
    view.area = format!("0,100 {} 100,100", view.line);
    view.known = true;
    view
}

const NODE_HEIGHT: f64 = 34.0;
const STEP: f64 = 46.0;
const HOST_X: f64 = 206.0;
const NODE_WIDTH: f64 = 126.0;
const MOST_CHARACTERS: usize = 15;

fn map(chain: &Chain) -> Map {
    let tall = chain.hosts.len().max(chain.ups.len()) as f64;
    let height = tall * STEP + 4.0;
    let y =
        |at: usize, of: usize| round((at as f64 + 0.5) * height / of as f64 - NODE_HEIGHT / 2.0);
    let node = |x, y, name: &str, kind: String, is_ups| Node {
        x,
        y,
        name: clean(name),
        short: short(name),
        kind: short(&kind),
        is_ups,
    };
    let ups = chain.ups.iter().enumerate().map(|(at, ups)| {
        node(
            2.0,
            y(at, chain.ups.len()),
            ups.name.as_str(),
            ups.driver.clone(),
            true,
        )
    });
    let order = by_feed(chain);
    let hosts = order.iter().enumerate().map(|(at, host)| {
        let kind = if host.primary_of.is_empty() {
            "secondary"
        } else {
            "primary"
        };
        node(
            HOST_X,
            y(at, chain.hosts.len()),
            host.name.as_str(),
            kind.into(),
            false,
        )
    });
    let nodes: Vec<Node> = ups.chain(hosts).collect();
    let mut wires = Vec::new();
    for (from, ups) in chain.ups.iter().enumerate() {
        for (to, host) in order.iter().enumerate() {
            let ends = (
                y(from, chain.ups.len()) + NODE_HEIGHT / 2.0,
                y(to, chain.hosts.len()) + NODE_HEIGHT / 2.0,
            );
            if host.fed_by.contains(&ups.name) {
                wires.push(wire(
                    "feeds",
                    ends,
                    -4.0,
                    format!("{} feeds {}", ups.name, host.name),
                ));
            }
            if host.watches.contains(&ups.name) {
                let class = if host.primary_of.contains(&ups.name) {
                    "commands"
                } else {
                    "watches"
                };
                wires.push(wire(
                    class,
                    ends,
                    4.0,
                    format!("{} {class} {}", host.name, ups.name),
                ));
            }
        }
    }
    Map {
        height,
        nodes,
        wires,
    }
}

/// The hosts, each near the UPSes that feed it.
fn by_feed(chain: &Chain) -> Vec<&crate::time::HostLine> {
    let place = |host: &&crate::time::HostLine| {
        let fed = chain.ups.iter().enumerate();
        let fed = fed.filter(|(_, ups)| host.fed_by.contains(&ups.name));
        let places: Vec<usize> = fed.map(|(at, _)| at * 100).collect();
        places.iter().sum::<usize>() / places.len().max(1)
    };
    let mut order: Vec<_> = chain.hosts.iter().collect();
    order.sort_by_key(place);
    order
}

fn wire(class: &'static str, (from, to): (f64, f64), shift: f64, says: String) -> Wire {
    let (left, right) = (2.0 + NODE_WIDTH, HOST_X);
    let middle = (left + right) / 2.0;
    let (from, to) = (round(from + shift), round(to + shift));
    Wire {
        class,
        path: format!("M{left} {from} C{middle} {from} {middle} {to} {right} {to}"),
        says,
    }
}

fn short(name: &str) -> String {
    let text = clean(name);
    match text.chars().count() > MOST_CHARACTERS {
        true => text
            .chars()
            .take(MOST_CHARACTERS - 1)
            .chain(['…'])
            .collect(),
        false => text,
    }
}
