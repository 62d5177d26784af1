use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Deserialize;

use super::source::{SourceFile, SourceMap};
use super::tree::{self, Table, Twice};
use super::{check, read, shape};
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::finding::Place;
use crate::model::inventory::Inventory;

/// An inventory and where everything in it stands.
#[derive(Debug)]
pub struct Loaded {
    pub inventory: Inventory,
    /// Where its keys and values stand.
    pub source: Arc<SourceMap>,
    /// The folder that relative secret files and templates are found from.
    pub root: PathBuf,
}

impl Loaded {
    /// Finds the place of what stands under a path of keys.
    pub fn places(&self) -> impl Fn(&[&str]) -> Option<Place> + Sync + 'static {
        let source = Arc::clone(&self.source);
        move |path| source.place_of(path)
    }
}

/// Reads an inventory: one TOML file, or all `*.toml` of a folder merged.
///
/// # Errors
/// Every error there is to see, each with its place and a way out: what cannot be read, what is
/// not TOML, unknown and ill-typed keys, bad values, names that lead nowhere.
pub fn load(path: &Path) -> Result<Loaded, Diagnostics> {
    let mut errors = Vec::new();
    let mut source = SourceMap {
        files: texts(path, &mut errors)?,
        root: Table::new(),
    };
    let whole = merge(&mut source, &mut errors);
    if !whole {
        return Err(Diagnostics::sorted(errors));
    }
    let inventory = interpret(path, &source, &mut errors);
    match inventory {
        Some(inventory) if errors.is_empty() => Ok(Loaded {
            inventory,
            source: Arc::new(source),
            root: root_of(path),
        }),
        _ => Err(Diagnostics::sorted(errors)),
    }
}

fn texts(inventory: &Path, errors: &mut Vec<Diagnostic>) -> Result<Vec<SourceFile>, Diagnostics> {
    let mut files = Vec::new();
    for path in read::files(inventory)? {
        match read::text(&path, inventory) {
            Ok(file) => files.push(file),
            Err(problems) => errors.extend(problems.0),
        }
    }
    Ok(files)
}

/// Puts the trees of all files together; false when one is missing.
fn merge(source: &mut SourceMap, errors: &mut Vec<Diagnostic>) -> bool {
    let mut whole = errors.is_empty();
    let mut twice = Vec::new();
    for (index, file) in source.files.iter().enumerate() {
        let (tree, problems) = read::parse(index, file);
        errors.extend(problems);
        match tree {
            Some(tree) => tree::merge(&mut source.root, tree, &mut twice),
            None => whole = false,
        }
    }
    errors.extend(twice.iter().map(|twice| defined_twice(source, twice)));
    whole
}

fn defined_twice(source: &SourceMap, twice: &Twice) -> Diagnostic {
    Diagnostic::new(format!(
        "`{}` is defined in two files",
        twice.path.join(".")
    ))
    .at(source.place(twice.second))
    .label("again here")
    .second(Some(source.place(twice.first)), "first here")
    .help("keep one of the two")
}

/// The model of what is well-formed. Goes on after errors, to find those behind them.
fn interpret(path: &Path, source: &SourceMap, errors: &mut Vec<Diagnostic>) -> Option<Inventory> {
    let (value, wrong) = shape::check(source, errors);
    let inventory = match Inventory::deserialize(value) {
        Ok(inventory) => inventory,
        // The schema is made from the same types, so this is for what it cannot express.
        Err(error) => {
            errors.push(Diagnostic::new(format!(
                "`{}`: {}",
                path.display(),
                error.message()
            )));
            return None;
        }
    };
    if wrong.is_fundamental() {
        return None;
    }
    if no_hosts(source) {
        let message = format!("the inventory `{}` has no hosts", path.display());
        let help = "write a `[hosts.NAME]` with its `address`; `upsctl init` writes an example";
        errors.push(Diagnostic::new(message).help(help));
        return None;
    }
    errors.extend(check::check(&inventory, source, &wrong));
    Some(inventory)
}

fn no_hosts(source: &SourceMap) -> bool {
    let entry = source.root.get("hosts");
    entry.is_none_or(|entry| entry.node.table().is_some_and(Table::is_empty))
}

fn root_of(path: &Path) -> PathBuf {
    let folder = if path.is_dir() {
        Some(path)
    } else {
        path.parent()
    };
    match folder {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_path_buf(),
        _ => PathBuf::from("."),
    }
}
