//! One finding: what was seen, where, what comes of it, the way out.

use std::collections::BTreeSet;

use anstyle::Style;

use super::Page;
use super::words::word;
use crate::model::finding::{Finding, Place, Severity};
use crate::report::paint::{BAD, FAINT, NOTE, WARNING, clean, paint};
use crate::report::wrap::{hanging, labelled};

const INDENT: usize = 2;

pub(super) fn style(severity: Severity) -> Style {
    match severity {
        Severity::Note => NOTE,
        Severity::Warning => WARNING,
        Severity::Error => BAD,
    }
}

/// Findings below a heading, in the order given.
pub(super) fn list(findings: &[&Finding], page: &Page) -> String {
    let texts: Vec<String> = findings.iter().map(|finding| one(finding, page)).collect();
    texts.join("\n")
}

fn one(finding: &Finding, page: &Page) -> String {
    let mut out = headline(finding, page.width);
    if let Some(place) = &finding.place {
        out.push_str(&locate(place, style(finding.severity)));
    }
    let deeper = INDENT + 2;
    if let Some(why) = &finding.why {
        labelled(&mut out, deeper, "why: ", why, page.width);
    }
    if let Some(fix) = &finding.fix {
        labelled(&mut out, deeper, "fix: ", fix, page.width);
    }
    if page.verbose() && !finding.evidence.is_empty() {
        out.push_str("    seen:\n");
        out.push_str(&quoted(&finding.evidence));
    }
    out
}

/// `error[rule]: what was seen`, wrapped; the style ends at the colon.
fn headline(finding: &Finding, width: usize) -> String {
    let label = format!("{}[{}]", word(finding.severity), finding.rule);
    let mut text = String::new();
    let first = " ".repeat(INDENT);
    hanging(
        &mut text,
        &first,
        INDENT + 4,
        &format!("{label}: {}", finding.saw),
        width,
    );
    text.replacen(&label, &paint(style(finding.severity), &label), 1)
}

fn locate(place: &Place, style: Style) -> String {
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    let mut out = format!(
        "    {gutter}{} {}:{}:{}\n",
        paint(FAINT, "-->"),
        clean(&place.file),
        place.line,
        place.column
    );
    if let Some(source) = &place.source {
        let before: String = source
            .chars()
            .take(place.column.saturating_sub(1))
            .collect();
        let from: String = clean(&before)
            .chars()
            .map(|c| if c == '\t' { c } else { ' ' })
            .collect();
        let carets = "^".repeat(place.width.max(1));
        let bar = paint(FAINT, "|");
        out.push_str(&format!("    {gutter} {bar}\n"));
        out.push_str(&format!(
            "    {} {bar} {}\n",
            paint(FAINT, &number),
            clean(source)
        ));
        out.push_str(&format!(
            "    {gutter} {bar} {from}{}\n",
            paint(style, &carets)
        ));
    }
    out
}

/// Lines that came from a host, marked as such.
pub(super) fn quoted(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("      {} {}\n", paint(FAINT, "|"), clean(line)))
        .collect()
}

/// Where to read on; nothing when there are no findings or nothing more is wanted.
pub(super) fn explain(findings: &[&Finding], page: &Page) -> String {
    if page.quiet() {
        return String::new();
    }
    let rules: BTreeSet<&str> = findings.iter().map(|finding| finding.rule).collect();
    let evidence = findings.iter().any(|finding| !finding.evidence.is_empty());
    let mut out = match rules.iter().next() {
        None => return String::new(),
        Some(rule) if rules.len() == 1 => format!("`upsctl explain {rule}` says more"),
        Some(_) => "`upsctl explain RULE` says more".into(),
    };
    if evidence && !page.verbose() {
        out.push_str("; `-v` shows what was seen");
    }
    out + ".\n"
}
