//! Wraps prose. Code spans stay whole, because they are copied; indented and fenced lines stay as
//! they are; list items keep a line of their own.

use super::paint::clean;

/// Appends `text` under a label: `  fix: first line`, later lines under the first.
pub(super) fn labelled(out: &mut String, indent: usize, label: &str, text: &str, width: usize) {
    let first = " ".repeat(indent) + label;
    hanging(out, &first, first.chars().count(), text, width);
}

/// Appends `text` behind `first`, its later lines `hang` columns in. Nothing for an empty text.
pub(super) fn hanging(out: &mut String, first: &str, hang: usize, text: &str, width: usize) {
    let later = " ".repeat(hang);
    let mut lead = first;
    let mut put = |line: &str| {
        out.push_str(lead);
        out.push_str(line);
        out.push('\n');
        lead = &later;
    };
    let room = width.saturating_sub(hang).max(20);
    for block in blocks(text) {
        match block {
            Block::Prose(words) => fill(&words, room).iter().for_each(|line| put(line)),
            Block::Verbatim(line) => put(&format!("  {line}")),
        }
    }
}

enum Block {
    Prose(Vec<String>),
    Verbatim(String),
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut prose = String::new();
    let mut fenced = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            end(&mut prose, &mut found);
        } else if fenced || (line.starts_with("    ") && prose.trim().is_empty()) {
            end(&mut prose, &mut found);
            found.push(Block::Verbatim(clean(
                line.strip_prefix("    ").unwrap_or(line),
            )));
        } else {
            if line.trim().is_empty() || is_item(line) {
                end(&mut prose, &mut found);
            }
            prose.push_str(line);
            prose.push('\n');
        }
    }
    end(&mut prose, &mut found);
    found
}

fn end(prose: &mut String, found: &mut Vec<Block>) {
    let words = words(prose);
    if !words.is_empty() {
        found.push(Block::Prose(words));
    }
    prose.clear();
}

fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ") || (number.len() < line.len() && number.starts_with(". "))
}

/// Words between white space; a code span is one word.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut open = false;
    for word in text.split_whitespace() {
        let word = clean(word);
        let ticks = word.matches('`').count();
        match words.last_mut() {
            Some(last) if open => {
                last.push(' ');
                last.push_str(&word);
            }
            _ => words.push(word),
        }
        open ^= ticks % 2 == 1;
    }
    words
}

fn fill(words: &[String], room: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    let mut used = 0;
    for word in words {
        let long = word.chars().count();
        match lines.last_mut() {
            Some(line) if used + 1 + long <= room => {
                line.push(' ');
                line.push_str(word);
                used += 1 + long;
            }
            _ => {
                lines.push(word.clone());
                used = long;
            }
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::labelled;

    fn wrapped(text: &str) -> String {
        let mut out = String::new();
        labelled(&mut out, 2, "fix: ", text, 40);
        out
    }

    #[test]
    fn wraps_under_the_label_and_keeps_code_spans_whole() {
        let text = "On the host: `systemctl status\nnut-server` says why; then look again.";
        assert_eq!(
            wrapped(text),
            "  fix: On the host:\n       `systemctl status nut-server`\n       says why; then look again.\n"
        );
    }

    #[test]
    fn keeps_commands_and_list_items_on_their_own_lines() {
        let text = "Then:\n\n    apt-get install --yes nut-server nut-client and-more\n\n1. one\n2. two\n```\na  b\n```";
        assert_eq!(
            wrapped(text),
            "  fix: Then:\n         apt-get install --yes nut-server nut-client and-more\n       1. one\n       2. two\n         a  b\n"
        );
    }

    #[test]
    fn never_loses_a_word_in_a_narrow_terminal() {
        let mut out = String::new();
        labelled(
            &mut out,
            2,
            "why: ",
            "unbelievably-long-word-that-fits-nowhere b",
            5,
        );
        assert_eq!(
            out,
            "  why: unbelievably-long-word-that-fits-nowhere\n       b\n"
        );
    }
}
