use crate::model::diagnostic::Diagnostic;
use crate::model::finding::Place;
use crate::model::name::HostName;
use crate::model::text::{Text, mask};
use crate::nut::conf;
use crate::nut::directive::File;

/// The longest line of nut.conf, far below what any shell takes.
const SHELL_LINE: usize = 4096;

/// Checks that NUT reads a rendered file as it looks: ended by a line feed, and nothing outside of
/// comments that NUT drops in silence.
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
    if !masked.ends_with('\n') {
        let last = masked.lines().count().max(1);
        let message = "the last line has no line feed, and NUT loses a lone word there";
        return Err(error(last, 1, message.into()).help("end the template with an empty line"));
    }
    if file.is_parseconf() {
        return grammar(text, error);
    }
    if let Some((line, column, c)) = find(&text.fill(|user| "x".repeat(mask(user).len()))) {
        return Err(error(
            line,
            column,
            format!("{c:?} is not plain ASCII text"),
        ));
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
    !c.is_ascii() || (c.is_ascii_control() && c != '\t')
}

/// The first character of nut.conf that neither `sh` nor systemd should meet. A comment is for people.
fn find(text: &str) -> Option<(usize, usize, char)> {
    let lines = text.split('\n').enumerate();
    let lines = lines.filter(|(_, text)| !text.trim_start().starts_with('#'));
    lines.into_iter().find_map(|(line, text)| {
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
