//! The inventory, as its owner meets it: files in, errors with their places out.
//!
//! Each `tests/inventory/NAME.toml`, or folder `NAME`, has what is said of it in `NAME.stderr`.
//! `UPDATE=1 cargo test --test inventory` writes these texts anew.

use std::fs;
use std::path::{Path, PathBuf};

use upsctl::inventory;
use upsctl::model::diagnostic::Diagnostics;
use upsctl::report::diagnostic::render;

const FIXTURES: &str = "tests/inventory";

/// Compares with a committed text, or writes it with `UPDATE=1`.
fn assert_same(path: &Path, got: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, got).expect("the text can be written");
    }
    let want = fs::read_to_string(path).unwrap_or_default();
    assert!(
        want == got,
        "{} differs; got:\n{got}\nwant:\n{want}",
        path.display()
    );
}

fn errors(path: &Path) -> Diagnostics {
    match inventory::load(path) {
        Ok(_) => panic!("{} loads", path.display()),
        Err(errors) => errors,
    }
}

fn fixtures() -> Vec<PathBuf> {
    let entries = fs::read_dir(FIXTURES).expect("the folder of fixtures");
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    paths.retain(|path| path.is_dir() || path.extension().is_some_and(|end| end == "toml"));
    paths.sort();
    paths
}

#[test]
fn says_what_is_wrong_and_where() {
    let fixtures = fixtures();
    assert!(fixtures.len() > 1, "no fixtures found");
    for path in fixtures {
        let text = render(&errors(&path).0, false);
        assert_same(&path.with_extension("stderr"), &text);
    }
}

#[test]
fn loads_the_example() {
    for path in ["inventory", "inventory/site.toml"] {
        let loaded = inventory::load(Path::new(path));
        let loaded = loaded.unwrap_or_else(|errors| panic!("{}", render(&errors.0, false)));
        assert_eq!(loaded.inventory.hosts.len(), 3);
        assert_eq!(loaded.root, Path::new("inventory"));
    }
}

#[test]
fn the_committed_schema_is_up_to_date() {
    let schema = serde_json::to_string_pretty(inventory::schema()).expect("JSON");
    assert_same(Path::new("inventory/schema.json"), &format!("{schema}\n"));
}
