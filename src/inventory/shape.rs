//! Holds the tree against the JSON Schema: unknown and missing keys, types, single values.
//!
//! What is wrong is reported and left out, so that the rest can still be checked. What comes out
//! is always something serde can take.

use std::collections::BTreeSet;

use serde_json::Value as Json;
use toml::Value as Toml;

use super::leaf;
use super::schema::schema;
use super::source::SourceMap;
use super::spot::Spot;
use super::tree::{Node, Table, TomlValue};
use crate::model::diagnostic::Diagnostic;
use crate::model::nearest;

/// The entries something is wrong with: what they leave unsaid may only be mis-said.
#[derive(Default)]
pub(super) struct WrongEntries<'a>(BTreeSet<(&'a str, &'a str)>);

impl WrongEntries<'_> {
    /// Whether nothing is wrong in an entry of a table of the root, such as `hosts` and `pve`.
    pub(super) fn spares(&self, table: &str, name: &str) -> bool {
        !self.0.contains(&(table, name))
    }

    /// Whether nothing is wrong in any entry of a table of the root.
    pub(super) fn spares_all(&self, table: &str) -> bool {
        self.0.iter().all(|(wrong, _)| *wrong != table)
    }

    /// Whether a table of the root is misspelt or no table, so that names in it are not known.
    pub(super) fn is_fundamental(&self) -> bool {
        self.0.iter().any(|(_, name)| name.is_empty())
    }
}

/// The well-formed part of a tree, and where it is not.
pub(super) fn check<'a>(
    source: &'a SourceMap,
    errors: &mut Vec<Diagnostic>,
) -> (toml::Table, WrongEntries<'a>) {
    let mut shape = Shape {
        source,
        errors,
        path: Vec::new(),
        element: false,
        wrong: WrongEntries::default(),
    };
    let table = shape.fields(&source.root, schema());
    (table, shape.wrong)
}

struct Shape<'a, 'e> {
    source: &'a SourceMap,
    errors: &'e mut Vec<Diagnostic>,
    /// The keys that lead to where the walk is.
    path: Vec<&'a str>,
    /// Whether that is an element of an array.
    element: bool,
    wrong: WrongEntries<'a>,
}

/// A schema without the references in it, and what its author says about this use of it.
struct Expected<'s> {
    schema: &'s Json,
    description: Option<&'s str>,
}

fn resolve(schema: &Json) -> Expected<'_> {
    let mut inner = schema;
    while let Some(name) = inner["$ref"].as_str() {
        inner = &self::schema()["$defs"][name.trim_start_matches("#/$defs/")];
    }
    let description = schema["description"]
        .as_str()
        .or(inner["description"].as_str());
    Expected {
        schema: inner,
        description,
    }
}

impl<'a> Shape<'a, '_> {
    /// The well-formed part of a value; nothing when the value as a whole is wrong.
    fn value(&mut self, node: &'a Node, schema: &Json) -> Option<Toml> {
        let expected = resolve(schema);
        let inner = expected.schema;
        if let Some(choices) = inner["oneOf"].as_array() {
            return match choices.iter().any(|choice| choice.get("const").is_some()) {
                true => self.choice(node, choices),
                false => self.source(node, choices),
            };
        }
        if inner["anyOf"].is_array() {
            return self.anything(node);
        }
        match (inner["type"].as_str()?, &node.value) {
            ("string", TomlValue::Text(text)) => self.text(node, text, schema, inner),
            ("integer", TomlValue::Integer(number)) => self.integer(node, *number, inner),
            ("boolean", TomlValue::Bool(yes)) => Some(Toml::Boolean(*yes)),
            ("array", TomlValue::List(list)) => Some(self.list(list, &inner["items"])),
            ("object", TomlValue::Table(table)) => self.table(table, inner),
            (wanted, _) => self.ill_typed(node, wanted, expected.description),
        }
    }

    /// A table that is whole: its required keys are there and well-formed.
    fn table(&mut self, table: &'a Table, schema: &Json) -> Option<Toml> {
        let fields = self.fields(table, schema);
        let required = schema["required"].as_array();
        let required = required.into_iter().flatten().filter_map(Json::as_str);
        for key in required.clone().filter(|key| !table.contains_key(*key)) {
            self.missing(key, &schema["properties"][key]);
        }
        let whole = required.into_iter().all(|key| fields.contains_key(key));
        whole.then_some(Toml::Table(fields))
    }

    fn fields(&mut self, table: &'a Table, schema: &Json) -> toml::Table {
        let names = rule_of(&schema["propertyNames"]);
        let others = others(schema);
        let mut fields = toml::Table::new();
        for (key, entry) in table {
            self.path.push(key);
            let value = match schema["properties"].get(key).or(others) {
                None => self.unknown(entry.key, schema),
                Some(_) if self.bad_name(key, entry.key, names) => None,
                Some(schema) => self.value(&entry.node, schema),
            };
            self.path.pop();
            fields.extend(value.map(|value| (key.clone(), value)));
        }
        fields
    }

    fn bad_name(&mut self, name: &str, at: Spot, rule: Option<leaf::LeafTest>) -> bool {
        let why = rule.and_then(|rule| rule(name).err());
        let bad = why.is_some();
        if let Some(why) = why {
            self.report(at, Diagnostic::new(why));
        }
        bad
    }

    fn list(&mut self, list: &'a [Node], items: &Json) -> Toml {
        self.element = true;
        let list = list
            .iter()
            .filter_map(|item| self.value(item, items))
            .collect();
        self.element = false;
        Toml::Array(list)
    }

    fn text(&mut self, node: &Node, text: &str, outer: &Json, inner: &Json) -> Option<Toml> {
        let rule = rule_of(outer).or_else(|| rule_of(inner));
        match rule.map_or(Ok(()), |rule| rule(text)) {
            Ok(()) => Some(Toml::String(text.into())),
            Err(why) if why.starts_with("must") => {
                self.wrong(node, format!("`{}` {why}", self.key()))
            }
            Err(why) => self.wrong(node, format!("`{}`: {why}", self.key())),
        }
    }

    fn integer(&mut self, node: &Node, number: i64, schema: &Json) -> Option<Toml> {
        let least = schema["minimum"].as_i64().unwrap_or(i64::MIN);
        let most = schema["maximum"].as_i64().unwrap_or(i64::MAX);
        if (least..=most).contains(&number) {
            return Some(Toml::Integer(number));
        }
        let message = format!("`{}` is {number}, not within {least} to {most}", self.key());
        self.wrong(node, message)
    }

    /// One of a list of words.
    fn choice(&mut self, node: &Node, choices: &[Json]) -> Option<Toml> {
        let TomlValue::Text(text) = &node.value else {
            return self.ill_typed(node, "string", None);
        };
        let words = || choices.iter().filter_map(|choice| choice["const"].as_str());
        if words().any(|word| word == text) {
            return Some(Toml::String(text.clone()));
        }
        let help = nearest::hint(text, "one of", words());
        let message = format!("`{}` cannot be `{text}`", self.key());
        self.report(
            node.at,
            Diagnostic {
                help,
                ..Diagnostic::new(message)
            },
        );
        None
    }

    /// A table with exactly one of several keys, which says what kind of thing it is.
    fn source(&mut self, node: &'a Node, kinds: &[Json]) -> Option<Toml> {
        let kind = |key: &str| {
            kinds
                .iter()
                .find(|kind| kind["properties"].get(key).is_some())
        };
        let keys = kinds.iter().filter_map(|kind| kind["required"][0].as_str());
        let forms = keys.clone().map(|key| format!("`{{ {key} = \"…\" }}`"));
        let forms = format!("write one of {}", forms.collect::<Vec<_>>().join(", "));
        let TomlValue::Table(table) = &node.value else {
            let message = format!("`{}` must be a table, not {}", self.key(), node.kind());
            self.report(node.at, Diagnostic::new(message).help(forms));
            return None;
        };
        let unknown = table.iter().filter(|(key, _)| kind(key).is_none());
        let mut bad = false;
        for (key, entry) in unknown {
            let help = nearest::hint(key, "known keys", keys.clone());
            let message = format!("unknown key `{key}` in `{}`", self.path.join("."));
            self.report(
                entry.key,
                Diagnostic {
                    help,
                    ..Diagnostic::new(message)
                },
            );
            bad = true;
        }
        let mut known = table.keys().filter_map(|key| kind(key));
        match (known.next(), known.next()) {
            _ if bad => None,
            (Some(only), None) => self.table(table, only),
            (None, _) => self.wrong_source(node, "does not say where it comes from", forms),
            (Some(_), Some(_)) => self.wrong_source(node, "has more than one source", forms),
        }
    }

    fn wrong_source(&mut self, node: &Node, what: &str, help: String) -> Option<Toml> {
        let message = format!("`{}` {what}", self.path.join("."));
        self.report(node.at, Diagnostic::new(message).help(help));
        None
    }

    /// The value of a directive; [`super::check`] looks closer.
    fn anything(&mut self, node: &'a Node) -> Option<Toml> {
        Some(match &node.value {
            TomlValue::Bool(yes) => Toml::Boolean(*yes),
            TomlValue::Integer(number) => Toml::Integer(*number),
            TomlValue::Float(number) => Toml::Float(*number),
            TomlValue::Text(text) => Toml::String(text.clone()),
            TomlValue::List(list) => {
                Toml::Array(list.iter().filter_map(|item| self.anything(item)).collect())
            }
            TomlValue::Table(table) => {
                let entry = |(key, entry): (&String, &'a super::tree::Keyed)| {
                    Some((key.clone(), self.anything(&entry.node)?))
                };
                Toml::Table(table.iter().filter_map(entry).collect())
            }
            TomlValue::Time | TomlValue::HugeInteger => {
                let message = format!("`{}` cannot be {}", self.key(), node.kind());
                let help = "write it in quotes, as NUT is to read it";
                self.report(node.at, Diagnostic::new(message).help(help));
                return None;
            }
        })
    }

    fn unknown(&mut self, at: Spot, schema: &Json) -> Option<Toml> {
        let (key, table) = self.path.split_last()?;
        let known = schema["properties"].as_object();
        let known = known
            .into_iter()
            .flat_map(|known| known.keys().map(String::as_str));
        let help = nearest::hint(key, "known keys", known);
        let message = match table {
            [] => format!("unknown table or key `{key}`"),
            table => format!("unknown key `{key}` in `{}`", table.join(".")),
        };
        self.report(
            at,
            Diagnostic {
                help,
                ..Diagnostic::new(message)
            },
        );
        None
    }

    fn missing(&mut self, key: &str, schema: &Json) {
        let table = self.path.join(".");
        let message = format!("`{table}` has no `{key}`");
        let mut error = Diagnostic::new(message);
        error.help = about(key, resolve(schema).description);
        self.push(error.at(self.source.key_place_of(&self.path)));
    }

    fn ill_typed(&mut self, node: &Node, wanted: &str, about: Option<&str>) -> Option<Toml> {
        let wanted = match wanted {
            "string" => "a string",
            "integer" => "an integer",
            "boolean" => "`true` or `false`",
            "array" => "an array",
            _ => "a table",
        };
        let of = if self.element { "an element of " } else { "" };
        let message = format!("{of}`{}` must be {wanted}, not {}", self.key(), node.kind());
        let mut error = Diagnostic::new(message);
        error.help = self::about(self.key(), about);
        self.report(node.at, error);
        None
    }

    fn wrong(&mut self, node: &Node, message: String) -> Option<Toml> {
        self.report(node.at, Diagnostic::new(message));
        None
    }

    fn report(&mut self, at: Spot, error: Diagnostic) {
        self.push(error.at(self.source.place(at)));
    }

    fn push(&mut self, error: Diagnostic) {
        let at = |level: usize| self.path.get(level).copied().unwrap_or_default();
        self.wrong.0.insert((at(0), at(1)));
        self.errors.push(error);
    }

    fn key(&self) -> &'a str {
        self.path.last().copied().unwrap_or_default()
    }
}

/// The schema of keys that are not listed: of a table whose keys are names.
fn others(schema: &Json) -> Option<&Json> {
    let patterns = schema["patternProperties"].as_object();
    let pattern = patterns.and_then(|patterns| patterns.values().next());
    pattern.or(Some(&schema["additionalProperties"]).filter(|others| others.is_object()))
}

fn rule_of(schema: &Json) -> Option<leaf::LeafTest> {
    let schema = if schema["format"].is_null() {
        resolve(schema).schema
    } else {
        schema
    };
    leaf::rule(schema["format"].as_str()?)
}

/// What the schema says about a key, as help.
fn about(key: &str, description: Option<&str>) -> Option<String> {
    let line = description?.lines().next()?;
    Some(format!("`{key}`: {line}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The walk knows these and no other ways to say something.
    const KNOWN: [&str; 20] = [
        "$ref",
        "$defs",
        "$schema",
        "title",
        "description",
        "default",
        "type",
        "properties",
        "patternProperties",
        "additionalProperties",
        "propertyNames",
        "required",
        "items",
        "format",
        "pattern",
        "minimum",
        "maximum",
        "oneOf",
        "anyOf",
        "const",
    ];

    fn each(schema: &Json, visit: &mut impl FnMut(&Json)) {
        visit(schema);
        for (key, inner) in schema.as_object().into_iter().flatten() {
            match key.as_str() {
                "properties" | "patternProperties" | "$defs" => {
                    inner
                        .as_object()
                        .into_iter()
                        .flat_map(|map| map.values())
                        .for_each(|s| each(s, visit));
                }
                "oneOf" | "anyOf" => inner
                    .as_array()
                    .into_iter()
                    .flatten()
                    .for_each(|s| each(s, visit)),
                "items" | "additionalProperties" | "propertyNames" => each(inner, visit),
                _ => {}
            }
        }
    }

    #[test]
    fn the_walk_knows_every_word_of_the_schema() {
        let mut seen = 0;
        each(schema(), &mut |schema| {
            for key in schema.as_object().into_iter().flat_map(|map| map.keys()) {
                assert!(KNOWN.contains(&key.as_str()), "{key} in {schema}");
                seen += 1;
            }
        });
        assert!(seen > 100);
    }

    #[test]
    fn every_format_of_text_has_a_rule() {
        let mut rules = 0;
        each(schema(), &mut |schema| {
            let format = schema["format"].as_str();
            if let Some(format) = format.filter(|_| schema["type"] != "integer") {
                assert!(leaf::rule(format).is_some(), "{format}");
                rules += 1;
            }
        });
        assert!(rules >= 12, "{rules}");
    }
}
