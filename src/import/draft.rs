//! The inventory that is being written: TOML documents, whose comments and order stay as they are.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, TableLike, Value};

use crate::model::inventory::{DirectiveValue, Inventory};

/// The files of an inventory, with what is added to them.
#[derive(Debug, Clone)]
pub struct Draft {
    files: Vec<DraftFile>,
    /// The file that what is new goes to.
    target: usize,
}

#[derive(Debug, Clone)]
struct DraftFile {
    path: PathBuf,
    before: Option<String>,
    document: DocumentMut,
}

/// A file as it was and as it is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    pub path: PathBuf,
    /// Nothing for a new file.
    pub before: Option<String>,
    pub text: String,
}

impl Draft {
    /// An inventory of one file that is not there yet, with a comment at its top.
    pub fn new(path: &Path, head: &str) -> Self {
        let mut document = DocumentMut::new();
        document.decor_mut().set_prefix(head);
        Self {
            files: vec![DraftFile {
                path: path.to_path_buf(),
                before: None,
                document,
            }],
            target: 0,
        }
    }

    /// An inventory that is there; what is new goes to `target`.
    ///
    /// # Errors
    /// Names a file that is no TOML.
    pub fn of(files: Vec<(PathBuf, String)>, target: &Path) -> Result<Self, String> {
        let files = files.into_iter().map(|(path, text)| {
            let parsed = text.parse::<DocumentMut>();
            let document = parsed.map_err(|why| format!("{}: {why}", path.display()))?;
            Ok(DraftFile {
                path,
                before: Some(text),
                document,
            })
        });
        let files: Vec<DraftFile> = files.collect::<Result<_, String>>()?;
        let at = files.iter().position(|file| file.path == target);
        Ok(Self {
            files,
            target: at.unwrap_or(0),
        })
    }

    /// Whether something stands under a path of keys.
    pub fn has(&self, path: &[&str]) -> bool {
        self.files.iter().any(|file| found(file, path).is_some())
    }

    /// Makes a table, if it is not there, with a comment above it.
    pub(super) fn open(&mut self, path: &[&str], comment: &str) {
        if self.has(path) {
            return;
        }
        let table = self.table(path);
        if let (Some(table), false) = (table, comment.is_empty()) {
            table
                .decor_mut()
                .set_prefix(format!("\n# {}\n", comment.replace('\n', "\n# ")));
        }
    }

    /// Writes a value under a path of keys, with a comment behind it.
    pub(super) fn set(&mut self, path: &[&str], value: impl Into<Value>, comment: &str) {
        let Some((key, parents)) = path.split_last() else {
            return;
        };
        let mut value = value.into();
        if !comment.is_empty() {
            value.decor_mut().set_suffix(format!("  # {comment}"));
        }
        if let Some(table) = self.like(parents) {
            table.insert(key, Item::Value(value));
        }
    }

    /// Takes away what stands under a path of keys.
    pub(super) fn remove(&mut self, path: &[&str]) {
        let Some((key, parents)) = path.split_last() else {
            return;
        };
        if self.has(path) {
            if let Some(table) = self.like(parents) {
                table.remove(key);
            }
        }
    }

    /// The file that holds the entry of a path, or the one for what is new.
    fn home(&self, path: &[&str]) -> usize {
        let entry = &path[..path.len().min(2)];
        let holder = self
            .files
            .iter()
            .position(|file| found(file, entry).is_some());
        holder.unwrap_or(self.target)
    }

    fn like(&mut self, path: &[&str]) -> Option<&mut dyn TableLike> {
        let home = self.home(path);
        let mut item = self.files[home].document.as_item_mut();
        for (depth, key) in path.iter().enumerate() {
            let table = item.as_table_like_mut()?;
            item = table.entry(key).or_insert_with(|| {
                let mut new = Table::new();
                new.set_implicit(depth + 1 < path.len());
                Item::Table(new)
            });
        }
        if let Some(table) = item.as_table_mut() {
            table.set_implicit(false);
        }
        item.as_table_like_mut()
    }

    fn table(&mut self, path: &[&str]) -> Option<&mut Table> {
        self.like(path)?;
        let home = self.home(path);
        let mut item = self.files[home].document.as_item_mut();
        for key in path {
            item = item.get_mut(key)?;
        }
        item.as_table_mut()
    }

    /// The inventory as it is to be.
    ///
    /// # Errors
    /// When the files do not make one.
    pub fn inventory(&self) -> Result<Inventory, String> {
        let mut whole = toml::Table::new();
        for file in &self.files {
            let table: toml::Table =
                toml::from_str(&file.document.to_string()).map_err(|why| why.to_string())?;
            merge(&mut whole, table);
        }
        Inventory::deserialize(toml::Value::Table(whole)).map_err(|why| why.to_string())
    }

    /// The files that change, and the new one.
    pub fn written(&self) -> Vec<Written> {
        let files = self.files.iter().map(|file| Written {
            path: file.path.clone(),
            before: file.before.clone(),
            text: file.document.to_string(),
        });
        files
            .filter(|file| file.before.as_ref() != Some(&file.text))
            .collect()
    }
}

fn found<'f>(file: &'f DraftFile, path: &[&str]) -> Option<&'f Item> {
    let mut item = file.document.as_item();
    for key in path {
        item = item.get(key)?;
    }
    Some(item)
}

fn merge(into: &mut toml::Table, from: toml::Table) {
    for (key, value) in from {
        match (into.get_mut(&key), value) {
            (Some(toml::Value::Table(old)), toml::Value::Table(new)) => merge(old, new),
            (_, value) => {
                into.insert(key, value);
            }
        }
    }
}

/// A list of words.
pub(super) fn list<T: AsRef<str>>(words: impl IntoIterator<Item = T>) -> Value {
    let words = words.into_iter().map(|word| word.as_ref().to_string());
    Value::Array(words.collect::<Array>())
}

/// A table of one key on one line, such as `{ file = "secrets/x" }`.
pub(super) fn only(key: &str, value: &str) -> Value {
    let mut table = InlineTable::new();
    table.insert(key, value.into());
    Value::InlineTable(table)
}

/// The value of a directive as the inventory writes it.
pub(super) fn directive(value: &DirectiveValue) -> Value {
    match value {
        DirectiveValue::Bool(on) => (*on).into(),
        DirectiveValue::Integer(number) => (*number).into(),
        DirectiveValue::Float(number) => (*number).into(),
        DirectiveValue::Text(text) => text.as_str().into(),
        DirectiveValue::List(elements) => {
            Value::Array(elements.iter().map(directive).collect::<Array>())
        }
        DirectiveValue::Table(table) => {
            let pairs = table.iter().map(|(key, value)| (key, directive(value)));
            Value::InlineTable(pairs.collect::<InlineTable>())
        }
    }
}
