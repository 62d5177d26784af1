//! The few styles, and making foreign text fit for a terminal.

use anstyle::{AnsiColor, Style};

pub(super) const HOST: Style = Style::new().bold();
pub(super) const PLAIN: Style = Style::new();
pub(super) const FAINT: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const CHANGE: Style = AnsiColor::Yellow.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(super) const WARNING: Style = AnsiColor::Yellow.on_default().bold();
pub(super) const NOTE: Style = AnsiColor::Cyan.on_default().bold();
pub(super) const ADDED: Style = AnsiColor::Green.on_default();
pub(super) const REMOVED: Style = AnsiColor::Red.on_default();
pub(super) const HUNK: Style = AnsiColor::Cyan.on_default();

/// The text in a style.
pub(super) fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// The text with everything that could steer a terminal spelled out; tabs stay.
pub(super) fn clean(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(c),
            '\r' => out.push_str("\\r"),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if is_unseen(c) => out.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Characters without a width: marks that turn the direction of writing can make a line read as
/// another one, the others can make two names look alike.
fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Text for people in which nothing but lines, tabs and our own styles reaches the terminal: the
/// last gate, for whatever was put in without [`clean`].
pub(super) fn fit(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_control() || is_unseen(c)) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let odd = rest.chars().next().unwrap_or_default();
        let taken = match odd {
            '\n' | '\t' => odd.len_utf8(),
            '\u{1b}' => style(rest).unwrap_or(0),
            _ => 0,
        };
        if taken > 0 {
            out.push_str(&rest[..taken]);
            rest = &rest[taken..];
        } else {
            out.push_str(&clean(&rest[..odd.len_utf8()]));
            rest = &rest[odd.len_utf8()..];
        }
    }
    out + rest
}

/// The length of a style at the start: bold, faint, one of the sixteen colours, or their end. What
/// hides or blinks is none of ours.
fn style(text: &str) -> Option<usize> {
    let end = text.find('m')?;
    let codes = text[..end].strip_prefix("\u{1b}[")?;
    let ours = |code: &str| {
        code.parse::<u8>()
            .is_ok_and(|code| matches!(code, 0..=2 | 4 | 22 | 24 | 30..=37 | 39 | 90..=97))
    };
    (codes.is_empty() || codes.split(';').all(ours)).then_some(end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_of_a_host_cannot_steer_the_terminal() {
        assert_eq!(
            clean("a\u{1b}[2Jb\u{9b}c\u{202e}d\u{200b}\r\n\te"),
            "a\\x1b[2Jb\\x9bc\\u{202e}d\\u{200b}\\r\\n\te"
        );
    }

    #[test]
    fn only_lines_tabs_and_our_styles_reach_the_screen() {
        let ours = paint(BAD, "bad") + "\n\t" + &paint(FAINT, "ä");
        assert_eq!(fit(&ours), ours);
        for (theirs, shown) in [
            ("\u{1b}]0;title\u{7}", "\\x1b]0;title\\x07"),
            ("\u{1b}[8mhidden", "\\x1b[8mhidden"),
            ("\u{1b}[2Jx\r", "\\x1b[2Jx\\r"),
            ("\u{1b}", "\\x1b"),
            ("\u{1b}[1m\u{2066}", "\u{1b}[1m\\u{2066}"),
        ] {
            assert_eq!(fit(theirs), shown);
        }
    }
}
