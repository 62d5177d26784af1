use crate::model::diagnostic::Diagnostic;
use crate::model::finding::Place;
use crate::model::name::HostName;
use crate::model::text::{Segment, Text, mask};
use crate::nut::conf;
use crate::nut::directive::File;

/// The longest line of nut.conf, far below what any shell takes.
const SHELL_LINE: usize = 4096;

/// Checks that NUT reads a rendered file as it looks: ASCII without control characters, ended by a
/// line feed, and nothing that NUT drops in silence.
///
/// # Errors
/// Names the rendered file, the line and what is wrong with it.
pub fn check_text(host: &HostName, file: File, text: &Text) -> Result<(), Diagnostic> {
    let masked = text.masked();
    let error = |line: usize, column: usize, message: String| {
        let source = masked.lines().nth(line - 1).unwrap_or_default();
        Diagnostic::new(message).at(Place {
            file: format!("rendered {host}/{file}"),
            line,
            column,
            source: Some(source.into()),
            width: 1,
        })
    };
    let plain = text.0.iter().filter_map(|segment| match segment {
        Segment::Plain(plain) => Some(plain.as_str()),
        Segment::Hidden { text, .. } => Some(text.expose()),
        Segment::Password(_) | Segment::Sealed(_) => None,
    });
    if plain.flat_map(str::chars).any(is_bad) {
        let (line, column, c) = find(&masked).unwrap_or((1, 1, '?'));
        return Err(error(
            line,
            column,
            format!("{c:?} is not plain ASCII text, and NUT drops it"),
        ));
    }
    if !masked.ends_with('\n') {
        let last = masked.lines().count().max(1);
        let message = "the last line has no line feed, and NUT loses a lone word there";
        return Err(error(last, 1, message.into()).help("end the template with an empty line"));
    }
    if file.is_parseconf() {
        return grammar(text, error);
    }
    match masked.lines().position(|line| line.len() > SHELL_LINE) {
        Some(at) => Err(error(
            at + 1,
            1,
            format!("longer than {SHELL_LINE} characters"),
        )),
        None => Ok(()),
    }
}

fn is_bad(c: char) -> bool {
    !c.is_ascii() || (c.is_ascii_control() && c != '\n')
}

fn find(text: &str) -> Option<(usize, usize, char)> {
    text.lines().enumerate().find_map(|(line, text)| {
        let (column, c) = text.chars().enumerate().find(|(_, c)| is_bad(*c))?;
        Some((line + 1, column + 1, c))
    })
}

/// What NUT's own parser would drop.
fn grammar(
    text: &Text,
    error: impl Fn(usize, usize, String) -> Diagnostic,
) -> Result<(), Diagnostic> {
    // As long as the mask, so that columns are those of what is shown, and in need of no quotes.
    let filled = text.fill(|user| "x".repeat(mask(user).len()));
    let parsed = conf::parse(filled.as_bytes());
    let first = parsed
        .problems()
        .find(|(_, problem)| problem.kind.loses_text());
    match first {
        Some((_, problem)) => {
            let place = conf::Position::locate(filled.as_bytes(), problem.span.clone());
            Err(error(place.line, place.column, problem.to_string()))
        }
        None => Ok(()),
    }
}
