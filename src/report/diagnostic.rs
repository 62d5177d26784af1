//! Errors in what the owner wrote: the place, the line, a caret, the way out.

use super::wrap::labelled;
use annotate_snippets::{
    Annotation, AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet,
    normalize_untrusted_str,
};
use anstyle::{AnsiColor, Color, Style};

use crate::model::diagnostic::{Diagnostic, Diagnostics, Second};
use crate::model::finding::Place;

const ERROR: Style = Style::new()
    .bold()
    .fg_color(Some(Color::Ansi(AnsiColor::Red)));

/// The errors as text, one paragraph each.
pub fn render(errors: &[Diagnostic], color: bool) -> String {
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut out = String::new();
    for error in errors {
        out.push_str(&renderer.render(&[group(error)]));
        out.push_str("\n\n");
    }
    out
}

/// What kept a command from running, whatever it was.
pub fn of_error(error: &anyhow::Error) -> String {
    match error.downcast_ref::<Diagnostics>() {
        Some(diagnostics) => render(&diagnostics.0, true),
        None => format!("{ERROR}error{ERROR:#}: {error:#}\n"),
    }
}

fn group(error: &Diagnostic) -> Group<'_> {
    let mut group =
        Group::with_title(Level::ERROR.primary_title(normalize_untrusted_str(&error.message)));
    if let Some(place) = &error.place {
        let label = error.label.as_deref();
        group = group.elements(shown(place, AnnotationKind::Primary, label));
    }
    if let Some(second) = &error.second {
        let Second { place, label } = second.as_ref();
        group = group.elements(shown(place, AnnotationKind::Context, Some(label)));
    }
    match &error.help {
        Some(help) => group.element(Level::HELP.message(normalize_untrusted_str(help))),
        None => group,
    }
}

/// `file:line:column` and, when it can be shown, the line with a caret.
fn shown<'a>(place: &'a Place, kind: AnnotationKind, label: Option<&'a str>) -> Vec<Element<'a>> {
    let origin = Origin::path(&*place.file)
        .line(place.line)
        .char_column(place.column);
    let Some(line) = place.source.as_deref() else {
        return vec![origin.into()];
    };
    let snippet = Snippet::source(line)
        .line_start(place.line)
        .annotation(caret(place, line, kind, label));
    // A line with a masked end is shorter than the file's, and its caret may be elsewhere: then the
    // true column has to be said.
    if place.column > line.chars().count() + 1 {
        return vec![origin.into(), snippet.into()];
    }
    vec![snippet.path(&*place.file).into()]
}

fn caret<'a>(
    place: &Place,
    line: &str,
    kind: AnnotationKind,
    label: Option<&'a str>,
) -> Annotation<'a> {
    let byte = |char: usize| {
        line.char_indices()
            .nth(char)
            .map_or(line.len(), |(at, _)| at)
    };
    let chars = line.chars().count();
    let from = (place.column - 1).min(chars);
    let to = (from + place.width).min(chars);
    kind.span(byte(from)..byte(to)).label(label)
}
/// What could not be looked at, each with its way out.
pub(super) fn not_seen(out: &mut String, indent: usize, problems: &[Diagnostic], width: usize) {
    for problem in problems {
        labelled(out, indent, "could not look: ", &problem.message, width);
        if let Some(help) = &problem.help {
            labelled(out, indent + 2, "fix: ", help, width);
        }
    }
}
