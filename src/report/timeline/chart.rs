//! The chart of a chain in characters.

use super::bars::{self, Bar, Phase};
use crate::model::duration::spoken;
use crate::report::paint::{BAD, CHANGE, FAINT, GOOD, HOST, clean, paint};
use crate::time::Chain;

/// Names are cut here: a chart is for its bars.
const LONGEST_NAME: usize = 18;

/// Stands before what was seen of the host above.
const MEASURED: &str = "  measured";

/// Columns for the time on battery before it is low.
const BEFORE: usize = 6;

/// The columns of a chart.
struct Frame {
    name: usize,
    plot: usize,
    end: f64,
}

impl Frame {
    fn of(bars: &[Bar], end: f64, width: usize) -> Self {
        let length = |bar: &Bar| match bar.is_measured {
            true => MEASURED.len(),
            false => clean(&bar.name).chars().count(),
        };
        let longest = bars.iter().map(length).max();
        let name = longest.unwrap_or(0).min(LONGEST_NAME).min(width / 3);
        let used = 2 + name + 2 + BEFORE + 1;
        Self {
            name,
            plot: width.saturating_sub(used).max(10),
            end,
        }
    }

    /// The column of a time, from low battery on.
    fn column(&self, seconds: f64) -> usize {
        let part = (seconds / self.end).clamp(0.0, 1.0);
        (part * self.plot as f64).round() as usize
    }

    fn label(&self, text: &str) -> String {
        let text: Vec<char> = clean(text).chars().collect();
        let mut label: String = text.iter().take(self.name).collect();
        if text.len() > self.name {
            label.pop();
            label.push('…');
        }
        let missing = self.name.saturating_sub(label.chars().count());
        label + &" ".repeat(missing)
    }
}

/// The chart, no wider than `width` columns, without an empty line around it.
pub(super) fn chart(chain: &Chain, width: usize) -> String {
    let bars = bars::bars(chain);
    let frame = Frame::of(&bars, bars::end(chain), width);
    let mut out = axis(chain, &frame);
    for bar in &bars {
        let name = if bar.is_measured {
            MEASURED.into()
        } else {
            bar.name.clone()
        };
        let label = frame.label(&name);
        let style = if bar.is_measured { FAINT } else { HOST };
        let line = format!("  {}  {}", paint(style, &label), row(bar, &frame));
        out.push_str(line.trim_end());
        out.push('\n');
    }
    out + &legend(width)
}

/// Two lines: what the marks are, and the marks.
fn axis(chain: &Chain, frame: &Frame) -> String {
    let lead = " ".repeat(2 + frame.name + 2);
    let before = match chain.mains_fail_s {
        Some(fail) => spoken(-fail)
            .replace(" min", "m")
            .replace(" s", "s")
            .replace(' ', ""),
        None => "?".into(),
    };
    let before: String = before.chars().take(BEFORE).collect();
    let mut labels: Vec<char> = vec![' '; frame.plot + 1];
    let mut marks: Vec<char> = vec!['·'; frame.plot + 1];
    let mut free = 0;
    for seconds in bars::ticks(frame.end, frame.plot / 9) {
        let at = frame.column(seconds);
        marks[at.min(frame.plot)] = '┬';
        let text = spoken(seconds);
        let fits = at >= free && at + text.chars().count() <= frame.plot + 1;
        if fits {
            for (place, char) in text.chars().enumerate() {
                labels[at + place] = char;
            }
            free = at + text.chars().count() + 1;
        }
    }
    let labels: String = labels.into_iter().collect();
    let marks: String = marks.into_iter().collect();
    let top = format!("{lead}{before:^BEFORE$}{labels}");
    let line = format!("{lead}{}{marks}", "·".repeat(BEFORE));
    format!("{}\n{}\n", top.trim_end(), paint(FAINT, &line))
}

fn row(bar: &Bar, frame: &Frame) -> String {
    let mut out = String::new();
    let early = |seconds: f64| seconds < 0.0;
    // What happens before the battery is low is not drawn to scale.
    let before = bar.stretches.iter().rfind(|stretch| early(stretch.from));
    if let Some(stretch) = before {
        out.push_str(&cells(stretch.phase, bar, BEFORE));
    }
    let mut at = 0;
    for stretch in &bar.stretches {
        if stretch.to <= 0.0 {
            continue;
        }
        let from = frame.column(stretch.from.max(0.0)).max(at);
        let to = if stretch.to.is_finite() {
            frame.column(stretch.to)
        } else {
            frame.plot + 1
        };
        // Whatever takes time is seen.
        let to = to.max(from + usize::from(stretch.to > stretch.from));
        out.push_str(&" ".repeat(from - at));
        out.push_str(&cells(stretch.phase, bar, to - from));
        at = to;
    }
    out
}

fn cells(phase: Phase, bar: &Bar, count: usize) -> String {
    let (char, style) = match (phase, bar.is_ups) {
        (Phase::Runs, true) => ("━", GOOD),
        (Phase::Runs, false) => ("─", GOOD),
        (Phase::Waits, _) => ("░", CHANGE),
        (Phase::GoesDown, _) => ("█", CHANGE),
        (Phase::Perhaps, true) => ("╌", GOOD),
        (Phase::Perhaps, false) => ("▒", BAD),
    };
    if count == 0 {
        return String::new();
    }
    paint(style, &char.repeat(count))
}

fn legend(width: usize) -> String {
    let words = [
        "━ power",
        "╌ perhaps",
        "─ runs",
        "░ waits",
        "█ goes down",
        "▒ at worst",
    ];
    let mut lines = vec![String::new()];
    for word in words {
        let last = lines.len() - 1;
        let longer = lines[last].chars().count() + 3 + word.chars().count();
        if longer > width && !lines[last].is_empty() {
            lines.push(String::new());
        }
        let last = lines.len() - 1;
        let gap = if lines[last].is_empty() { "  " } else { "   " };
        lines[last] += &format!("{gap}{word}");
    }
    lines.iter().map(|line| paint(FAINT, line) + "\n").collect()
}
