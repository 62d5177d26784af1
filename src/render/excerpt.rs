//! A template error in our words: where, which line, which name, and the nearest one there is.

use std::collections::BTreeSet;

use minijinja::{Error, ErrorKind};
use serde_json::Value as Json;

use crate::model::diagnostic::Diagnostic;
use crate::model::finding::Place;
use crate::model::nearest::nearest;

/// The error of a template whose file is `path` and whose text is `source`; `names` is what it could
/// have used, none for an error of its syntax.
pub(super) fn explain(error: &Error, path: &str, source: &str, names: Option<&Json>) -> Diagnostic {
    let place = place(error, path, source);
    let detail = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_string);
    let undefined = (error.kind() == ErrorKind::UndefinedError)
        .then(|| error.detail().and_then(between_ticks))
        .flatten();
    let plain = match error.kind() {
        ErrorKind::SyntaxError => Diagnostic::new(format!("syntax error: {detail}")),
        _ => Diagnostic::new(detail),
    };
    match (undefined, names) {
        (Some(name), Some(names)) => plain.help(known(&name, names)),
        _ => plain,
    }
    .at(place)
}

fn between_ticks(text: &str) -> Option<String> {
    let (_, rest) = text.split_once('`')?;
    Some(rest.split_once('`')?.0.to_string())
}

fn place(error: &Error, path: &str, source: &str) -> Place {
    let line = error.line().unwrap_or(1);
    let text = source.lines().nth(line - 1).unwrap_or_default();
    let range = error
        .range()
        .filter(|range| source.get(range.clone()).is_some());
    let start = range
        .as_ref()
        .map(|range| range.start)
        .filter(|start| source[..*start].matches('\n').count() + 1 == line);
    let column = start.map_or(1, |start| {
        let line_start = source[..start].rfind('\n').map_or(0, |at| at + 1);
        1 + source[line_start..start].chars().count()
    });
    let width = match (start, range) {
        (Some(_), Some(range)) => source[range]
            .lines()
            .next()
            .unwrap_or_default()
            .chars()
            .count(),
        _ => text.chars().count(),
    };
    Place {
        file: path.into(),
        line,
        column,
        source: Some(text.into()),
        width,
    }
}

/// The nearest name, and those there are.
fn known(name: &str, names: &Json) -> String {
    let (last, candidates) = match name.rsplit_once(['.', '[']) {
        None => (name, keys(names)),
        Some((_, last)) => (last.trim_matches([']', '"']), inner_keys(names)),
    };
    let near = nearest(last, candidates.iter().map(String::as_str));
    let all: Vec<_> = candidates.iter().map(String::as_str).collect();
    match near {
        Some(near) => format!("did you mean `{near}`? There is: {}", all.join(", ")),
        None => format!("there is: {}", all.join(", ")),
    }
}

fn keys(value: &Json) -> BTreeSet<String> {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, _)| key.clone())
        .collect()
}

/// The keys of everything inside.
fn inner_keys(value: &Json) -> BTreeSet<String> {
    let values: Vec<&Json> = match value {
        Json::Object(object) => object.values().collect(),
        Json::Array(array) => array.iter().collect(),
        _ => return BTreeSet::new(),
    };
    let deeper = values
        .into_iter()
        .map(|inner| (keys(inner), inner_keys(inner)));
    deeper
        .flat_map(|(own, deeper)| own.into_iter().chain(deeper))
        .collect()
}
