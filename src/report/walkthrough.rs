//! The walk along the chain on one screen: the verdict, the links with marks, the steps to mend.

use std::collections::{BTreeMap, BTreeSet};

use super::human::Page;
use super::paint::{BAD, FAINT, GOOD, HOST, NOTE, PLAIN, WARNING, clean, paint};
use super::{Verbosity, wrap};
use crate::model::verdict::{Checked, Diagnosis, Link, Verdict};

/// How many findings are told with all their steps; `-v` tells all.
const TOLD: usize = 2;

/// The state of a link, the worst of what was found on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    Ok,
    Note,
    Unknown,
    Skipped,
    Warn,
    Fail,
}

impl Mark {
    fn of(verdict: &Verdict) -> Self {
        match verdict {
            Verdict::Pass => Self::Ok,
            Verdict::Note { .. } => Self::Note,
            Verdict::Unknown { .. } => Self::Unknown,
            Verdict::Skipped { .. } => Self::Skipped,
            Verdict::Warn { .. } => Self::Warn,
            Verdict::Fail { .. } => Self::Fail,
        }
    }

    fn text(self) -> String {
        let (style, word) = match self {
            Self::Ok => (GOOD, "ok  "),
            Self::Note => (NOTE, "note"),
            Self::Unknown => (WARNING, "?   "),
            Self::Skipped => (FAINT, "skip"),
            Self::Warn => (WARNING, "warn"),
            Self::Fail => (BAD, "FAIL"),
        };
        paint(style, word)
    }
}

/// Returns the whole text.
pub fn text(diagnosis: &Diagnosis, page: &Page) -> String {
    let mut out = String::new();
    let style = match (diagnosis.failures().next(), diagnosis.warnings().next()) {
        (Some(_), _) => BAD,
        (None, Some(_)) => WARNING,
        (None, None) => GOOD,
    };
    if page.verbosity == Verbosity::Quiet && style == GOOD {
        return out;
    }
    out.push_str(&paint(style, &clean(&diagnosis.verdict)));
    out.push('\n');
    if let Some(meaning) = &diagnosis.meaning {
        wrap::hanging(&mut out, "", 0, &clean(meaning), page.width);
    }
    steps(&mut out, diagnosis, page);
    if page.verbosity != Verbosity::Quiet {
        chain(&mut out, diagnosis, page);
    }
    out
}

fn chain(out: &mut String, diagnosis: &Diagnosis, page: &Page) {
    out.push('\n');
    for link in Link::ALL {
        let checks: Vec<&Checked> = diagnosis
            .checks
            .iter()
            .filter(|check| check.link == link)
            .collect();
        let Some(mark) = checks.iter().map(|check| Mark::of(&check.verdict)).max() else {
            continue;
        };
        let first = format!("  {} {:<21} ", mark.text(), link.title());
        let hang = 2 + 4 + 1 + 21 + 1;
        let lines = said(link, mark, &checks, diagnosis, page);
        if lines.is_empty() {
            out.push_str(first.trim_end());
            out.push('\n');
        }
        for (at, line) in lines.iter().enumerate() {
            let lead = if at == 0 {
                first.clone()
            } else {
                " ".repeat(hang)
            };
            wrap::hanging(out, &lead, hang, &clean(line), page.width.max(hang + 40));
        }
    }
}

/// What stands beside a link.
fn said(
    link: Link,
    mark: Mark,
    checks: &[&Checked],
    diagnosis: &Diagnosis,
    page: &Page,
) -> Vec<String> {
    let mut lines = Vec::new();
    if link == Link::Power {
        lines.extend(
            diagnosis
                .power
                .iter()
                .map(|line| format!("{}@{}: {}", line.ups, line.host, line.text)),
        );
    }
    let verbose = page.verbosity == Verbosity::Verbose;
    for check in checks {
        let place = place(check);
        match &check.verdict {
            Verdict::Fail { finding } | Verdict::Warn { finding } | Verdict::Note { finding } => {
                lines.push(format!("{}: {} [{}]", check.host, finding.saw, check.rule));
            }
            Verdict::Unknown { why } if mark == Mark::Unknown || verbose => {
                lines.push(format!("{place}: {}: could not look: {why}", check.rule));
            }
            Verdict::Pass if verbose => lines.push(format!("{place}: {}: ok", check.rule)),
            Verdict::Skipped { because } if verbose => {
                lines.push(format!(
                    "{place}: {}: skipped because of {because}",
                    check.rule
                ));
            }
            _ => {}
        }
    }
    if mark == Mark::Skipped && !verbose {
        let mut because: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for check in checks {
            if let Verdict::Skipped { because: root } = &check.verdict {
                because.entry(root).or_default().insert(check.host.as_str());
            }
        }
        lines.extend(because.into_iter().map(|(root, hosts)| {
            let hosts: Vec<&str> = hosts.into_iter().collect();
            format!("{}: skipped because of {root}", hosts.join(", "))
        }));
    }
    lines
}

fn place(check: &Checked) -> String {
    match &check.subject {
        Some(subject) => format!("{} {subject}", check.host),
        None => check.host.to_string(),
    }
}

fn steps(out: &mut String, diagnosis: &Diagnosis, page: &Page) {
    let told: Vec<&Checked> = diagnosis.failures().chain(diagnosis.warnings()).collect();
    let most = if page.verbosity == Verbosity::Verbose {
        told.len()
    } else {
        TOLD
    };
    for (at, check) in told.iter().take(most).enumerate() {
        let Some(finding) = check.verdict.finding() else {
            continue;
        };
        out.push('\n');
        let number = if told.len() > 1 {
            format!("{}. ", at + 1)
        } else {
            String::new()
        };
        out.push_str(&format!(
            "{number}{}  {}\n",
            paint(HOST, check.title),
            paint(FAINT, &format!("({}, {})", place(check), check.rule))
        ));
        let mut part = |label: &str, text: &str| {
            wrap::labelled(out, 3, &format!("{label:<10} "), text, page.width);
        };
        part("looked at", &check.looked_at);
        part("matters", finding.why.as_deref().unwrap_or_default());
        part("fix", finding.fix.as_deref().unwrap_or_default());
        part("check", &check.check);
        if page.verbosity == Verbosity::Verbose && !finding.evidence.is_empty() {
            out.push_str("   evidence\n");
            for line in &finding.evidence {
                out.push_str(&format!("     {}\n", paint(PLAIN, &clean(line))));
            }
        }
    }
    if told.len() > most {
        let rest: Vec<&str> = told.iter().skip(most).map(|check| check.rule).collect();
        out.push_str(&format!(
            "\nThen: {}. Mend the first one, look again; `-v` and `upsctl explain RULE` tell all.\n",
            rest.join(", ")
        ));
    }
}
