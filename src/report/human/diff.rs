//! The difference between two masked files.

use std::collections::HashSet;

use anstyle::Style;
use similar::{ChangeTag, TextDiff};

use crate::report::paint::{ADDED, FAINT, HUNK, PLAIN, REMOVED, clean, paint};

const CONTEXT: usize = 3;

/// Runs of removed comments longer than this are folded: Debian's sample files are all comment.
const FOLD: usize = 3;

/// What changes in a file of this machine.
pub fn change_of(path: &str, old: &str, new: &str) -> String {
    format!("{}\n{}", clean(path), unified(old, new, true))
}

/// Unified, with three lines around each change. Without `whole` long runs of removed comments are
/// one line each.
pub(super) fn unified(old: &str, new: &str, whole: bool) -> String {
    let folded;
    let old = if whole {
        old
    } else {
        folded = fold_comments(old, new);
        &folded
    };
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

/// The old text with each long run of comments and blank lines that the new one does not have
/// replaced by a line that counts them.
fn fold_comments(old: &str, new: &str) -> String {
    let kept: HashSet<&str> = new.lines().collect();
    let dull = |line: &&str| {
        let text = line.trim();
        text.is_empty() || (text.starts_with('#') && !kept.contains(*line))
    };
    let lines: Vec<&str> = old.split_inclusive('\n').collect();
    let mut out = String::new();
    let mut at = 0;
    while at < lines.len() {
        let run = lines[at..]
            .iter()
            .take_while(|line| dull(&line.trim_end_matches('\n')))
            .count();
        if run > FOLD {
            out.push_str(&format!("# ... {run} lines of comments (-v shows them)\n"));
            at += run;
        } else {
            out.push_str(lines[at]);
            at += 1;
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: &str = "# a\n# b\n\n# c\nPOLLFREQ 5\n# d\nHOSTSYNC 15\n";

    #[test]
    fn long_runs_of_removed_comments_are_counted() {
        let shown = unified(OLD, "POLLFREQ 5\n# d\nHOSTSYNC 20\n", false);
        assert!(
            shown.contains("-# ... 4 lines of comments (-v shows them)"),
            "{shown}"
        );
        assert!(!shown.contains("# b"), "{shown}");
        assert!(shown.contains(" # d"), "{shown}");
    }

    #[test]
    fn everything_is_there_when_asked_for() {
        let shown = unified(OLD, "POLLFREQ 5\n", true);
        assert!(shown.contains("-# b"), "{shown}");
    }
}
