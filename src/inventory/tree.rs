//! The TOML tree with the place of every key and value, over several files.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry as Slot;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::spot::Spot;

/// A table: keys in order.
pub(super) type Table = BTreeMap<String, Keyed>;

/// A key and what stands under it.
pub(super) struct Keyed {
    pub(super) key: Spot,
    pub(super) node: Node,
}

/// A value and where it stands.
pub(super) struct Node {
    pub(super) at: Spot,
    pub(super) value: TomlValue,
}

/// A TOML value. Has no `Debug`: it may be a password.
pub(super) enum TomlValue {
    Bool(bool),
    Integer(i64),
    /// An integer beyond 64 bits.
    HugeInteger,
    Float(f64),
    Text(String),
    Time,
    List(Vec<Node>),
    Table(Table),
}

impl Node {
    /// The table this is, if it is one.
    pub(super) fn table(&self) -> Option<&Table> {
        match &self.value {
            TomlValue::Table(table) => Some(table),
            _ => None,
        }
    }

    /// What it is, with an article, for a message.
    pub(super) fn kind(&self) -> &'static str {
        match self.value {
            TomlValue::Bool(_) => "a boolean",
            TomlValue::Integer(_) | TomlValue::HugeInteger => "an integer",
            TomlValue::Float(_) => "a number with a fraction",
            TomlValue::Text(_) => "a string",
            TomlValue::Time => "a date or time",
            TomlValue::List(_) => "an array",
            TomlValue::Table(_) => "a table",
        }
    }
}

/// Takes over the tree of one file.
pub(super) fn table(file: usize, table: &DeTable<'_>) -> Table {
    let entry = |(key, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = key.get_ref();
        let entry = Keyed {
            key: Spot::new(file, key.span()),
            node: node(file, value),
        };
        (name.to_string(), entry)
    };
    table.iter().map(entry).collect()
}

fn node(file: usize, value: &Spanned<DeValue<'_>>) -> Node {
    Node {
        at: Spot::new(file, value.span()),
        value: match value.get_ref() {
            DeValue::String(text) => TomlValue::Text(text.to_string()),
            DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
                .map_or(TomlValue::HugeInteger, TomlValue::Integer),
            DeValue::Float(number) => TomlValue::Float(number.as_str().parse().unwrap_or(f64::NAN)),
            DeValue::Boolean(yes) => TomlValue::Bool(*yes),
            DeValue::Datetime(_) => TomlValue::Time,
            DeValue::Array(list) => {
                TomlValue::List(list.iter().map(|item| node(file, item)).collect())
            }
            DeValue::Table(inner) => TomlValue::Table(table(file, inner)),
        },
    }
}

/// One key in two files.
pub(super) struct Twice {
    /// The keys that lead to it.
    pub(super) path: Vec<String>,
    pub(super) first: Spot,
    pub(super) second: Spot,
}

/// How many levels below a key of the root are merged before a key is a duplicate.
fn depth(key: &str) -> usize {
    match key {
        "ups" | "hosts" | "users" | "secrets" => 1,
        "defaults" => 2,
        _ => 0,
    }
}

/// Adds the tree of one more file; a key that is in both keeps its first value and is reported.
pub(super) fn merge(into: &mut Table, from: Table, twice: &mut Vec<Twice>) {
    for (key, entry) in from {
        let levels = depth(&key);
        add(into, key, entry, levels, &mut Vec::new(), twice);
    }
}

fn add(
    into: &mut Table,
    key: String,
    entry: Keyed,
    levels: usize,
    path: &mut Vec<String>,
    twice: &mut Vec<Twice>,
) {
    path.push(key.clone());
    match into.entry(key) {
        Slot::Vacant(slot) => {
            slot.insert(entry);
        }
        Slot::Occupied(mut slot) => match (&mut slot.get_mut().node.value, entry.node.value) {
            (TomlValue::Table(old), TomlValue::Table(new)) if levels > 0 => {
                for (key, entry) in new {
                    add(old, key, entry, levels - 1, path, twice);
                }
            }
            _ => twice.push(Twice {
                path: path.clone(),
                first: slot.get().key,
                second: entry.key,
            }),
        },
    }
    path.pop();
}
