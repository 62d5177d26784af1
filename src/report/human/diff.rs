//! The difference between two masked files.

use anstyle::Style;
use similar::{ChangeTag, TextDiff};

use crate::report::paint::{ADDED, FAINT, HUNK, PLAIN, REMOVED, clean, paint};

const CONTEXT: usize = 3;

/// Unified, with three lines around each change.
pub(super) fn unified(old: &str, new: &str) -> String {
    let diff = TextDiff::from_lines(old, new);
    let mut out = String::new();
    for hunk in diff.unified_diff().context_radius(CONTEXT).iter_hunks() {
        put(&mut out, HUNK, &hunk.header().to_string());
        for change in hunk.iter_changes() {
            let (mark, style) = match change.tag() {
                ChangeTag::Equal => (' ', PLAIN),
                ChangeTag::Delete => ('-', REMOVED),
                ChangeTag::Insert => ('+', ADDED),
            };
            line(&mut out, mark, style, change.value());
        }
    }
    if out.is_empty() {
        put(
            &mut out,
            FAINT,
            "(what differs is hidden: a password, or how it is quoted)",
        );
    }
    out
}

/// Every line as new.
pub(super) fn whole(new: &str) -> String {
    let mut out = String::new();
    for text in new.split_inclusive('\n') {
        line(&mut out, '+', ADDED, text);
    }
    out
}

fn line(out: &mut String, mark: char, style: Style, text: &str) {
    let shown = text.strip_suffix('\n').unwrap_or(text);
    put(
        out,
        style,
        format!("{mark}{}", clean(shown)).trim_end_matches(' '),
    );
    // NUT does not read a last line without its newline, so it matters here.
    if !text.ends_with('\n') {
        put(out, FAINT, "\\ No newline at end of file");
    }
}

fn put(out: &mut String, style: Style, text: &str) {
    out.push_str("    ");
    out.push_str(&paint(style, text));
    out.push('\n');
}
