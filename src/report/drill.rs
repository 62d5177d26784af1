//! A drill: what it would start, and what it proved.

use schemars::JsonSchema;
use serde::Serialize;

use super::human::Page;
use super::paint::{BAD, FAINT, GOOD, HOST, NOTE, paint};
use super::{timeline, wrap};
use crate::model::drill::{
    DrillOutline, DrillReport, DrillResult, DrillVerdict, Judged, NotRehearsed,
};
use crate::model::duration::spoken;
use crate::time::TimeLine;

/// What a drill proved, with what was measured beside what was computed for it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Rehearsed {
    #[serde(flatten)]
    pub report: DrillReport,
    #[serde(flatten)]
    pub line: TimeLine,
}

/// What is shown before it is asked.
pub fn outline(outline: &DrillOutline, page: &Page) -> String {
    let mut out = String::new();
    let port = outline.port;
    let head = format!(
        "A drill rehearses an outage beside the real chain, on port {port}. Nothing goes down: \
         SHUTDOWNCMD and NOTIFYCMD are not run, no file in /etc changes, and all that is started goes \
         by itself within {}.",
        spoken(outline.most_seconds as f64)
    );
    wrap::labelled(&mut out, 0, "", &head, page.width);
    out.push('\n');
    for part in &outline.parts {
        let mut starts = Vec::new();
        if !part.ups.is_empty() {
            starts.push(format!("a driver for {}", part.ups.join(", ")));
            starts.push("upsd".into());
        }
        match part.watches.as_slice() {
            [] => starts.push("no upsmon: it watches no UPS of this drill".into()),
            watches => starts.push(format!("upsmon, which watches {}", watches.join(", "))),
        }
        let text = format!("{} (NUT {})", starts.join(", "), part.nut_version);
        let lead = format!("  {}  ", paint(HOST, part.host.as_str()));
        wrap::hanging(&mut out, &lead, 4, &text, page.width);
    }
    let copies = format!(
        "They run in a box, with copies of the host's own files, made there: MONITOR and LISTEN have port \
         {port}; SHUTDOWNCMD, NOTIFYCMD, NOTIFYFLAG and POWERDOWNFLAG are the drill's. Before, each host \
         logs in to the real upsd once, and out again, which upsd writes to its journal.{}",
        if outline.fast {
            " POLLFREQ, POLLFREQALERT and FINALDELAY are a second at most (--fast)."
        } else {
            ""
        }
    );
    out.push('\n');
    wrap::labelled(&mut out, 0, "", &copies, page.width);
    not_rehearsed(&mut out, &outline.not_rehearsed, page);
    out
}

fn not_rehearsed(out: &mut String, list: &[NotRehearsed], page: &Page) {
    if list.is_empty() {
        return;
    }
    out.push_str("\nNot rehearsed:\n");
    for one in list {
        let lead = format!("  {}  ", paint(HOST, one.host.as_str()));
        wrap::hanging(out, &lead, 4, &one.what, page.width);
    }
}

/// What is shown at its end.
pub fn human(rehearsed: &Rehearsed, page: &Page) -> String {
    let report = &rehearsed.report;
    let mut out = String::new();
    let fast = if report.fast {
        ", with shortened delays (--fast)"
    } else {
        ""
    };
    let took = spoken(report.seconds.round());
    match (&report.stopped, report.result) {
        (Some(stop), _) => {
            let lead = format!("{}  ", paint(BAD, "no drill"));
            let text = format!("{}: {}", stop.host, stop.why);
            wrap::hanging(&mut out, &lead, 2, &text, page.width);
            out.push_str(&format!("  next  {}\n", stop.next));
        }
        (None, DrillResult::Passed) => {
            out.push_str(&format!(
                "{} in {took}{fast}\n",
                paint(GOOD, "drill passed")
            ));
        }
        (None, _) => {
            let count = report.verdicts.iter();
            let count = count.filter(|one| one.judged == Judged::Fail).count();
            let head = paint(BAD, "drill failed");
            let points = if count == 1 { "point" } else { "points" };
            out.push_str(&format!("{head} on {count} {points}, in {took}{fast}\n"));
        }
    }
    let is_measured = !report.verdicts.is_empty() && report.stopped.is_none();
    if is_measured && !page.quiet() {
        out.push('\n');
        out.push_str(&timeline::charts(&rehearsed.line, page.width));
    }
    let shown = report
        .verdicts
        .iter()
        .filter(|verdict| match verdict.judged {
            Judged::Fail => true,
            Judged::Pass | Judged::Unknown => report.stopped.is_none() && !page.quiet(),
        });
    let shown: Vec<&DrillVerdict> = shown.collect();
    if !shown.is_empty() {
        out.push('\n');
    }
    for one in shown {
        verdict(&mut out, one, page);
    }
    if is_measured && !page.quiet() {
        not_rehearsed(&mut out, &report.not_rehearsed, page);
    }
    out
}

fn verdict(out: &mut String, verdict: &DrillVerdict, page: &Page) {
    let (style, word) = match verdict.judged {
        Judged::Pass => (GOOD, "ok  "),
        Judged::Fail => (BAD, "FAIL"),
        Judged::Unknown => (NOTE, "?   "),
    };
    let host = paint(HOST, verdict.host.as_str());
    let lead = format!("  {}  {host}  ", paint(style, word));
    wrap::hanging(out, &lead, 8, &verdict.text, page.width);
    if let Some(next) = &verdict.next {
        out.push_str(&format!("        {} {next}\n", paint(FAINT, "next")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `UPDATE=1 cargo test --lib report::drill` writes it anew.
    #[test]
    fn the_schema_is_the_one_that_is_documented() {
        let schema = schemars::schema_for!(Rehearsed);
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/drill.schema.json");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text);
    }
}
