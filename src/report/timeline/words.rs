//! A time line in sentences.

use super::Basis;
use super::bars::moment;
use crate::model::duration::spoken;
use crate::time::{Chain, Fits, HostLine, Kind, Span, Term, UpsLine, What};

/// `8 s`, `8 s (5 s to 15 s)`.
pub(super) fn span(span: Span) -> String {
    let typical = spoken(span.typical_s);
    let (from, to) = (spoken(span.earliest_s), spoken(span.latest_s));
    if span.is_exact() || from == to {
        return typical;
    }
    format!("{typical} ({from} to {to})")
}

/// What a UPS's battery has to carry and whether it does.
pub(super) fn of_ups(ups: &UpsLine, basis: Basis) -> Vec<String> {
    let mut lines = vec![verdict(ups, basis)];
    let size = |term: &&Term| term.typical_s;
    let most = ups
        .terms
        .iter()
        .max_by(|one, other| size(one).total_cmp(&size(other)));
    if let Some(most) = most.filter(|term| term.typical_s > 0.0) {
        lines.push(format!("The longest part of that is {}.", term(most)));
    }
    lines
}

/// A part of the time: `FINALDELAY of pve (1 min 30 s)`.
pub(super) fn term(term: &Term) -> String {
    let of = term.host.as_ref();
    let named = |text: &str| of.map_or_else(|| text.to_string(), |host| format!("{text} {host}"));
    let what = match term.what {
        What::Noticing => named("the poll of"),
        What::Waiting => named("the wait for"),
        What::FinalDelay => named("FINALDELAY of"),
        What::GoingDown => named("the way down of"),
        What::OffDelay => "the delay of the UPS before it cuts its outlets".into(),
    };
    let (typical, latest) = (spoken(term.typical_s), spoken(term.latest_s));
    match typical == latest {
        true => format!("{what} ({typical})"),
        false => format!("{what} ({typical}, at worst {latest})"),
    }
}

fn verdict(ups: &UpsLine, basis: Basis) -> String {
    let verdict = &ups.verdict;
    let name = &ups.name;
    let (needs, most) = (
        spoken(verdict.needs.typical_s),
        spoken(verdict.needs.latest_s),
    );
    let needs = format!("{name}: once its battery is low it has to last {needs}, at worst {most}");
    let has = match (ups.reserve.typical_s, ups.reserve.worst_s) {
        (Some(typical), Some(worst)) => format!(
            "it lasts {}, an old battery {} ({})",
            spoken(typical),
            spoken(worst),
            ups.reserve.from
        ),
        _ => {
            let more = match basis {
                Basis::Desired => "; without `--desired` the UPS itself is asked",
                Basis::Observed => "",
            };
            return format!(
                "{needs}. Whether it does is not known: {}{more}.",
                ups.reserve.from
            );
        }
    };
    let spare = |seconds: Option<f64>| spoken(seconds.unwrap_or(0.0).abs());
    let end = match verdict.fits {
        Fits::Always => format!(
            "That fits, with {} to spare at worst",
            spare(verdict.spare_worst_s)
        ),
        Fits::Usually => format!(
            "That fits as a rule, with {} to spare; at worst it is {} short",
            spare(verdict.spare_typical_s),
            spare(verdict.spare_worst_s)
        ),
        Fits::No => format!(
            "THAT DOES NOT FIT: it is {} short",
            spare(verdict.spare_typical_s)
        ),
        Fits::Unknown => "Whether that fits is not known".into(),
    };
    format!("{needs}; {has}. {end}.")
}

/// What is before the battery is low.
pub(super) fn before(chain: &Chain) -> String {
    let several = if chain.ups.len() > 1 {
        "the first battery is low"
    } else {
        "the battery is low"
    };
    let now = chain.ups.iter().any(|ups| ups.on_battery);
    match chain.mains_fail_s {
        Some(fail) if now => format!(
            "Mains are gone. In about {} {several}; all times count from then.",
            spoken(-fail)
        ),
        Some(fail) => format!(
            "About {} after mains fail {several}; all times count from then.",
            spoken(-fail)
        ),
        None if chain.ups.len() > 1 => {
            "All times count from the moment the batteries are low; all of them are taken to be so at once.".into()
        }
        None => "All times count from the moment the battery is low.".into(),
    }
}

/// When a host goes down.
pub(super) fn of_host(host: &HostLine) -> String {
    let time = |kind| moment(&host.moments, kind);
    let (Some(shutdown), Some(down)) = (time(Kind::Shutdown), time(Kind::Down)) else {
        return "is not told to go down".into();
    };
    let known = if host.way_down_known { "" } else { ", assumed" };
    // The one that has its UPS cut is down by then, whatever it takes.
    let cuts_itself = host.fed_by.iter().all(|ups| host.primary_of.contains(ups));
    let spare = match (host.spare_typical_s, host.spare_worst_s) {
        (Some(typical), Some(worst)) if !cuts_itself => format!(". {}", spare(typical, worst)),
        _ => String::new(),
    };
    format!(
        "shuts down at {}, is down at {}{known}{spare}",
        span(shutdown),
        span(down)
    )
}

fn spare(typical: f64, worst: f64) -> String {
    let of = |seconds: f64| match seconds < 0.0 {
        true => format!("{} too late", spoken(-seconds)),
        false => format!("{} before", spoken(seconds)),
    };
    if (typical - worst).abs() < 1.0 {
        return format!("Its power goes then: it is down {}", of(typical));
    }
    match (typical < 0.0, worst < 0.0) {
        (true, _) => format!("POWER GOES FIRST: it is {}", of(typical)),
        (false, true) => format!(
            "It is down {} its power goes, at worst {}",
            of(typical),
            of(worst)
        ),
        (false, false) => format!(
            "It is down {} its power goes, at worst {}",
            of(typical),
            spoken(worst)
        ),
    }
}

/// What a return of mains means.
pub(super) fn mains_return(chain: &Chain) -> String {
    let told = chain
        .hosts
        .iter()
        .filter_map(|host| moment(&host.moments, Kind::Called));
    let first = told
        .map(|told| told.earliest_s)
        .fold(f64::INFINITY, f64::min);
    if !first.is_finite() {
        return "Nothing goes down.".into();
    }
    let until = match first {
        late if late >= 1.0 => format!("within {} after the battery is low", spoken(late)),
        early if early <= -1.0 => format!("{} or more before the battery is low", spoken(-early)),
        _ => "before the battery is low".into(),
    };
    let back: Vec<String> = chain
        .ups
        .iter()
        .filter(|ups| moment(&ups.moments, Kind::OutletsOff).is_some())
        .map(|ups| match &ups.on_delay {
            Some(delay) => format!(
                "{} gives power again {} after mains ({})",
                ups.name,
                spoken(delay.seconds),
                delay.from
            ),
            None => format!("{} gives power again when it sees fit", ups.name),
        })
        .collect();
    let uncut: Vec<&str> = chain
        .ups
        .iter()
        .filter(|ups| moment(&ups.moments, Kind::OutletsOff).is_none())
        .map(|ups| ups.name.as_str())
        .collect();
    let mut text = format!(
        "Mains that return {until} change nothing; after that the hosts go down all the same."
    );
    if !back.is_empty() {
        text.push_str(&format!(" Once cut, {}.", back.join(", ")));
    }
    if !uncut.is_empty() {
        text.push_str(&format!(
            " {} is not cut: hosts that went down stay off until someone starts them.",
            uncut.join(", ")
        ));
    }
    text
}
