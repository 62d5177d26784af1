//! Writes to stdout and stderr. Only what is drawn while work goes on comes from elsewhere: see
//! [`super::progress`].

use std::io::{self, IsTerminal, Write};

use anstream::{AutoStream, ColorChoice};

use super::paint::fit;

/// Longer lines are hard to read.
const WIDEST: usize = 100;
const NARROWEST: usize = 40;
const WIDEST_CHART: usize = 200;

/// When to colour.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Color {
    /// On a terminal, unless NO_COLOR or CLICOLOR say otherwise.
    #[default]
    Auto,
    Always,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// Writes text for people as the product: nothing but lines and our own styles reaches the terminal.
///
/// # Errors
/// When stdout cannot be written.
pub fn people(text: &str, color: Color) -> io::Result<()> {
    stdout(&fit(text), color)
}

/// Writes the product as it is, for programs. A reader that has read enough, such as `head`, is no
/// error.
///
/// # Errors
/// When stdout cannot be written: a full disk, say.
pub fn stdout(text: &str, color: Color) -> io::Result<()> {
    let mut out = AutoStream::new(io::stdout().lock(), color.into());
    let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Writes the product in place of what the terminal shows.
///
/// # Errors
/// When stdout cannot be written.
pub fn redraw(text: &str, color: Color) -> io::Result<()> {
    // To the top left corner, and everything from there on away. Not through the stream that takes
    // colours out: it would take these out too.
    io::stdout().lock().write_all(b"\x1b[H\x1b[J")?;
    people(text, color)
}

/// Writes what is not the product: warnings, hints, questions.
///
/// # Errors
/// When stderr cannot be written.
pub fn stderr(text: &str, color: Color) -> io::Result<()> {
    let mut out = AutoStream::new(io::stderr().lock(), color.into());
    out.write_all(fit(text).as_bytes())?;
    out.flush()
}

/// Columns for prose: stdout's terminal's, but no more than can be read with ease.
pub fn width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    readable(terminal.map(|(width, _)| usize::from(width.0)))
}

/// Columns for a chart, which may be wider than prose.
pub fn chart_width() -> usize {
    let terminal = terminal_size::terminal_size_of(io::stdout());
    let columns = terminal.map_or(WIDEST, |(width, _)| usize::from(width.0));
    columns.clamp(NARROWEST, WIDEST_CHART)
}

fn readable(columns: Option<usize>) -> usize {
    columns.map_or(WIDEST, |columns| columns.clamp(NARROWEST, WIDEST))
}

/// Whether the product goes to a terminal.
pub fn is_terminal() -> bool {
    io::stdout().is_terminal()
}

/// Whether someone can be asked: the question goes to stderr, the answer comes from stdin.
pub fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn prose_is_as_wide_as_the_terminal_within_reason() {
        assert_eq!(
            [None, Some(80), Some(300), Some(3)].map(readable),
            [100, 80, 100, 40]
        );
    }
}
