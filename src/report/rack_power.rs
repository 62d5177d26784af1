//! The rack's draw, for a person.

use super::diagnostic::not_seen;
use super::human::Page;
use super::paint::{BAD, FAINT, HOST, WARNING, clean, paint};
use super::wrap::labelled;
use crate::model::duration::spoken;
use crate::model::observed::Seen;
use crate::model::power::{RackPower, Rated, Trend, UpsDraw, UpsLoad};

/// A meter that has not reported for longer is told apart.
const OLD: f64 = 600.0;

/// Draw and supply of the same circuit differ by no more (losses of the UPS, coarse load steps).
const PLAUSIBLE: std::ops::RangeInclusive<f64> = 0.7..=1.5;

/// All of it.
pub fn text(power: &RackPower, page: &Page) -> String {
    let mut out = format!("{}  {}\n", paint(HOST, "Rack power"), clean(&power.meter));
    let age = match power.age_seconds {
        None => paint(WARNING, "age unknown"),
        Some(age) if age > OLD => {
            paint(BAD, &format!("reported {} ago: an old value", spoken(age)))
        }
        Some(age) => paint(FAINT, &format!("reported {} ago", spoken(age))),
    };
    out.push_str(&format!(
        "  now          {:10} {age}\n",
        watts(&power.now_watts)
    ));
    out.push_str(&format!(
        "  3-day mean   {:10} {}\n",
        watts(&power.mean_3d_watts),
        coverage(power, 72)
    ));
    out.push_str(&format!(
        "  7-day peak   {:10} {}\n",
        watts(&power.peak_7d_watts),
        coverage(power, 168)
    ));
    if let Some(kwh) = power.kwh_per_day {
        out.push_str(&format!(
            "  energy       {:10} {}\n",
            format!("{kwh:.1} kWh"),
            paint(FAINT, "a day, at the mean of the last 24 h")
        ));
    }
    let days = power.days.iter().map(|day| match day.hours {
        24 => format!("{:.1}", day.kwh),
        hours => format!("{:.1} ({hours} h)", day.kwh),
    });
    let days: Vec<String> = days.collect();
    if days.len() > 1 {
        out.push_str(&format!(
            "  by day       {} kWh {}\n",
            days.join(", "),
            paint(FAINT, "24 h each, the last one up to now")
        ));
    }
    if let Seen::Is(trend) = &power.trend {
        out.push('\n');
        out.push_str(&drawn(trend, page.width));
    }
    for ups in &power.ups {
        out.push('\n');
        out.push_str(&against(ups, power, page));
    }
    if let Some(ratio) = power
        .over_ups_load
        .filter(|ratio| !PLAUSIBLE.contains(ratio))
    {
        out.push('\n');
        let said = format!(
            "the meter says {ratio:.1} times what the UPSes supply: it measures another circuit, the entity is \
             another one, or kW and W are mixed up"
        );
        labelled(&mut out, 2, "note: ", &said, page.width);
    }
    not_seen(&mut out, 2, &power.not_seen, page.width);
    out
}

fn watts(seen: &Seen<f64>) -> String {
    match seen {
        Seen::Is(watts) if *watts >= 10_000.0 => format!("{:.1} kW", watts / 1000.0),
        Seen::Is(watts) => format!("{watts:.0} W"),
        Seen::Absent => "no reading".into(),
        Seen::Unknown(_) => "not known".into(),
    }
}

/// Says when a mean is of less than it seems to be.
fn coverage(power: &RackPower, hours: usize) -> String {
    match power.covered_hours {
        0 => String::new(),
        covered if covered < hours => paint(
            WARNING,
            &format!("of the {covered} h there are readings of in 7 days"),
        ),
        _ => String::new(),
    }
}

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// A chart from 0 to the peak: one column for each step, or for several on a narrow page. A hole is
/// blank.
fn drawn(trend: &Trend, width: usize) -> String {
    let present = || trend.watts.iter().flatten();
    let Some(peak) = present().copied().reduce(f64::max) else {
        return "  no reading in the last 24 h\n".into();
    };
    let least = present().copied().reduce(f64::min).unwrap_or(peak);
    let room = width.saturating_sub(4).clamp(12, trend.watts.len().max(12));
    let each = trend.watts.len().div_ceil(room).max(1);
    let columns: Vec<Option<f64>> = trend
        .watts
        .chunks(each)
        .map(|chunk| chunk.iter().flatten().copied().reduce(f64::max))
        .collect();
    let block = |column: &Option<f64>| match column {
        None => ' ',
        Some(_) if peak <= 0.0 => BLOCKS[0],
        Some(watts) => BLOCKS[((watts / peak * 8.0).ceil() as usize).clamp(1, 8) - 1],
    };
    let chart: String = columns.iter().map(block).collect();
    let (left, right) = ("24 h ago", "now");
    let gap = columns
        .len()
        .saturating_sub(left.len() + right.len())
        .max(1);
    format!(
        "  {chart}\n  {}\n  {}\n",
        paint(FAINT, &format!("{left}{}{right}", " ".repeat(gap))),
        paint(
            FAINT,
            &format!(
                "from {least:.0} to {peak:.0} W in means of 15 min; full height is {peak:.0} W"
            )
        )
    )
}

fn against(ups: &UpsDraw, power: &RackPower, page: &Page) -> String {
    let mut out = format!("{}  on {}\n", paint(HOST, ups.ups.as_str()), ups.host);
    let load = match &ups.upsc {
        Seen::Is(load) => load,
        Seen::Absent => return out + "  upsc says nothing\n",
        Seen::Unknown(why) => {
            labelled(&mut out, 2, "could not look: ", why, page.width);
            return out;
        }
    };
    if let Some(line) = rated(load, power) {
        out.push_str(&line);
    }
    let load_text = match (load.load_percent, load.watts) {
        (Some(percent), Some(watts)) => format!("{percent:.0} %, {watts:.0} W"),
        (Some(percent), None) => format!("{percent:.0} %; it does not say how many watts that is"),
        (None, Some(watts)) => format!("{watts:.0} W"),
        (None, None) => "it does not say".into(),
    };
    out.push_str(&format!("  load         {load_text}\n"));
    let lasts = match (ups.runtime_at_draw_seconds, load.runtime_seconds) {
        (Some(seconds), _) => format!(
            "about {} at the draw of now, if all of it hangs on this UPS",
            spoken(seconds)
        ),
        (None, Some(seconds)) => format!(
            "{} at the UPS's own load; what it does not say in watts cannot be compared with the draw",
            spoken(seconds)
        ),
        (None, None) => "it does not say".into(),
    };
    labelled(&mut out, 2, "battery      ", &lasts, page.width);
    out
}

fn rated(load: &UpsLoad, power: &RackPower) -> Option<String> {
    let (text, limit) = match load.rated? {
        Rated::Watts(watts) => (format!("{watts:.0} W"), Some(watts)),
        Rated::VoltAmperes(power) => (format!("{power:.0} VA"), None),
    };
    let share = limit.zip(power.now_watts.is()).map(|(limit, draw)| {
        let share = draw / limit * 100.0;
        let text = format!("the draw is {share:.0} % of it");
        if share > 80.0 {
            paint(WARNING, &text)
        } else {
            paint(FAINT, &text)
        }
    });
    Some(format!(
        "  rated        {text:10} {}\n",
        share.unwrap_or_default()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chart(watts: Vec<Option<f64>>, width: usize) -> String {
        let trend = Trend {
            start: 0,
            step_seconds: 900,
            watts,
        };
        drawn(&trend, width)
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("  ")
            .into()
    }

    #[test]
    fn a_chart_begins_at_nothing_and_keeps_its_holes() {
        assert_eq!(
            chart(
                vec![Some(100.0), Some(50.0), None, Some(1.0), Some(0.0)],
                80
            ),
            "█▄ ▁▁"
        );
    }

    #[test]
    fn a_narrow_page_shows_the_peak_of_several_steps() {
        let mut watts = vec![Some(10.0); 96];
        watts[50] = Some(80.0);
        let text = chart(watts, 40);
        assert_eq!(text.chars().count(), 32);
        assert_eq!(text.matches('█').count(), 1);
    }

    #[test]
    fn no_reading_is_no_line_at_nothing() {
        assert_eq!(
            drawn(&Trend::default(), 80),
            "  no reading in the last 24 h\n"
        );
    }
}
