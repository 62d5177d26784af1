//! The layers, kept: imports point down only, and a few rules that no compiler checks.

#[path = "layers/circles.rs"]
mod circles;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Who may import whom. What is in no row may be imported by nobody.
const LAYERS: &[(&str, &[&str])] = &[
    ("disk", &[]),
    ("exit", &[]),
    ("nut", &[]),
    ("model", &["nut"]),
    ("site", &["model", "nut"]),
    ("time", &["model", "nut", "site"]),
    ("host", &["model"]),
    ("inventory", &["disk", "model", "nut"]),
    ("render", &["disk", "model", "nut"]),
    ("prom", &["model", "nut"]),
    ("plan", &["model", "nut", "site"]),
    ("rules", &["model", "nut", "site", "time"]),
    ("events", &["model", "nut", "site"]),
    ("status", &["model", "nut", "site"]),
    ("observe", &["host", "model", "nut"]),
    ("apply", &["host", "model", "nut"]),
    ("import", &["model", "nut", "render", "site"]),
    ("drill", &["host", "model", "nut", "site", "time"]),
    ("truenas", &["model", "nut"]),
    (
        "flow",
        &[
            "apply",
            "drill",
            "events",
            "disk",
            "host",
            "import",
            "inventory",
            "model",
            "nut",
            "observe",
            "plan",
            "prom",
            "render",
            "rules",
            "site",
            "status",
            "time",
            "truenas",
        ],
    ),
    ("report", &["exit", "model", "nut", "time"]),
    (
        "cmd",
        &[
            "apply",
            "disk",
            "exit",
            "flow",
            "host",
            "import",
            "inventory",
            "model",
            "nut",
            "observe",
            "plan",
            "render",
            "report",
            "rules",
            "site",
            "time",
        ],
    ),
    ("cli", &["cmd", "exit"]),
    ("main", &["cli", "cmd"]),
    ("lib", &[]),
];

/// The largest file that is read with ease.
const MOST_BYTES: u64 = 24_000;

/// The modules at the top of the crate that a file names, whichever way it names them.
fn imports(text: &str, depth: usize) -> BTreeSet<String> {
    let code = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"));
    let code = code.fold(String::new(), |all, line| all + "\n" + line);
    // From a file's top, as many `super` as it lies deep lead to the root. Deeper in, `super` may be
    // of a module in the file.
    let up = format!("\nuse {}", "super::".repeat(depth));
    let mut found = BTreeSet::new();
    for root in ["crate::", "upsctl::", &up] {
        for (at, _) in code.match_indices(root) {
            found.extend(first_words(&code[at + root.len()..]));
        }
    }
    found.remove("super");
    found
}

/// `nut` of `nut::conf`, or `inventory` and `render` of `{inventory, render::{self, Templates}}`.
fn first_words(path: &str) -> Vec<String> {
    let word = |text: &str| {
        let end = text.find(|char: char| !char.is_alphanumeric() && char != '_');
        text[..end.unwrap_or(text.len())].to_string()
    };
    let Some(group) = path.strip_prefix('{') else {
        return vec![word(path)];
    };
    let (mut words, mut open, mut fresh) = (Vec::new(), 1, true);
    for (at, char) in group.char_indices() {
        match char {
            '{' => open += 1,
            '}' => open -= 1,
            ',' => fresh = open == 1,
            char if fresh && char.is_alphabetic() => {
                words.push(word(&group[at..]));
                fresh = false;
            }
            _ => {}
        }
        if open == 0 {
            break;
        }
    }
    words
}

/// The forbidden imports of a file of `layer`, `depth` folders and file name below `src`.
fn forbidden(layer: &str, depth: usize, text: &str) -> Vec<String> {
    let row = LAYERS.iter().find(|(name, _)| *name == layer);
    let Some((_, allowed)) = row else {
        return vec![format!("{layer} is in no row of the table")];
    };
    let wrong = |name: &String| name != layer && !allowed.contains(&name.as_str());
    let edges = imports(text, depth).into_iter().filter(wrong);
    edges.map(|name| format!("{layer} -> {name}")).collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths
        .flat_map(|path| {
            if path.is_dir() {
                files(&path)
            } else {
                vec![path]
            }
        })
        .collect()
}

/// Layer and depth of a file below `src`: `src/host/mod.rs` is `host` itself, one below the root.
fn place(path: &Path) -> (String, usize) {
    let parts: Vec<&str> = path
        .iter()
        .skip(1)
        .filter_map(|part| part.to_str())
        .collect();
    let own = usize::from(path.file_stem().is_some_and(|stem| stem == "mod"));
    (
        parts[0].trim_end_matches(".rs").to_string(),
        parts.len() - own,
    )
}

#[test]
fn imports_point_down() {
    let mut wrong = Vec::new();
    for path in files(Path::new("src")) {
        if path.extension().is_some_and(|end| end == "rs") {
            let (layer, depth) = place(&path);
            let text = fs::read_to_string(&path).expect("a source file");
            let edges = forbidden(&layer, depth, &text);
            wrong.extend(
                edges
                    .into_iter()
                    .map(|edge| format!("{}: {edge}", path.display())),
            );
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// The table itself has no way back up: each row names rows above it only.
#[test]
fn the_table_has_no_circle() {
    let mut known = BTreeSet::new();
    for (name, allowed) in LAYERS {
        let early = allowed.iter().filter(|other| !known.contains(*other));
        assert_eq!(early.collect::<Vec<_>>(), Vec::<&&str>::new(), "{name}");
        known.insert(name);
    }
}

/// The control: what must not be is seen, however it is written.
#[test]
fn a_forbidden_import_is_seen() {
    for (layer, depth, text, edge) in [
        ("plan", 2, "use crate::host::Ssh;", "plan -> host"),
        ("nut", 1, "fn f() { crate::model::x() }", "nut -> model"),
        (
            "render",
            2,
            "use crate::{model, inventory::load};",
            "render -> inventory",
        ),
        (
            "report",
            3,
            "use crate::{\n    model::{a, b},\n    flow,\n};",
            "report -> flow",
        ),
        (
            "rules",
            2,
            "//! x\nuse super::super::plan::y;",
            "rules -> plan",
        ),
        ("model", 1, "//! x\nuse super::host;", "model -> host"),
        ("elsewhere", 1, "", "elsewhere is in no row of the table"),
    ] {
        assert_eq!(forbidden(layer, depth, text), [edge], "{text}");
    }
    let fine =
        "// crate::host\n    use super::super::host;\nuse super::plan;\nuse crate::nut::conf;";
    assert_eq!(forbidden("model", 2, fine), Vec::<String>::new());
}

#[test]
fn files_of_a_layer_import_each_other_in_no_circle() {
    let paths = files(Path::new("src"));
    let code = paths
        .iter()
        .filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let texts: Vec<(&Path, String)> = code
        .map(|path| (path.as_path(), fs::read_to_string(path).expect("text")))
        .collect();
    let texts = texts.iter().map(|(path, text)| (*path, text.as_str()));
    assert_eq!(circles::circles(texts), Vec::<Vec<String>>::new());
}

/// The control: a circle is seen, whichever way the files name each other.
#[test]
fn a_circle_is_seen() {
    let seen = |files: &[(&str, &str)]| {
        circles::circles(files.iter().map(|(path, text)| (Path::new(*path), *text)))
    };
    let (a, b) = ("src/nut/a.rs", "src/nut/b.rs");
    let circle = [vec!["nut::a".to_string(), "nut::b".into()]];
    for (one, other) in [
        ("use super::b::Thing;", "use crate::nut::a;"),
        (
            "use super::{\n    b::{Thing, Other},\n};",
            "fn f() { super::a::g() }",
        ),
        (
            "fn f(x: crate::nut::b::Thing) {}",
            "use crate::{nut::a::X as Y};",
        ),
    ] {
        assert_eq!(seen(&[(a, one), (b, other)]), circle, "{one}");
    }
    // Over the folder's own file, which hands a name on, and over a third.
    let face = (
        "src/nut/mod.rs",
        "mod a;\npub use b::Thing as It;\nfn f() { a::f() }",
    );
    assert_eq!(
        seen(&[face, (a, "use super::It;"), (b, "use super::a;")]),
        circle
    );
    let three = [
        (a, "use super::b;"),
        (b, "use super::c;"),
        ("src/nut/c.rs", "use super::a;"),
    ];
    assert_eq!(seen(&three)[0].len(), 3);
    // A part takes from its folder's own file; layers, comments and tests are another matter.
    for fine in [
        [
            (a, "use super::Face;"),
            ("src/nut/mod.rs", "pub struct Face;\nfn f() { a::g() }"),
        ],
        [(a, "use super::b;"), (b, "// use super::a;")],
        [
            (a, "use super::b;"),
            (b, "#[cfg(test)]\nmod tests {\n    use super::super::a;\n}"),
        ],
        [
            (a, "use crate::model::b;"),
            ("src/model/b.rs", "use crate::nut::a;"),
        ],
    ] {
        assert_eq!(seen(&fine), Vec::<Vec<String>>::new(), "{fine:?}");
    }
}

#[test]
fn files_are_short_and_leave_nothing_to_be_done() {
    let mut wrong = Vec::new();
    for path in files(Path::new("src")) {
        let text = fs::read_to_string(&path).expect("text");
        if text.len() as u64 > MOST_BYTES {
            wrong.push(format!("{}: {} bytes", path.display(), text.len()));
        }
        // In two pieces, or this file would be one that has them.
        for word in [
            concat!("TO", "DO"),
            concat!("FIX", "ME"),
            concat!("process::", "exit"),
        ] {
            if text.contains(word) {
                wrong.push(format!("{}: {word}", path.display()));
            }
        }
        let prints = ["println!", "print!", "io::stdout()", "io::stderr()"];
        let may_print = path.starts_with("src/report");
        if !may_print && prints.iter().any(|word| text.contains(word)) {
            wrong.push(format!("{}: prints", path.display()));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// Who may name what else stands open to all of the crate: the places, and what is not named
/// elsewhere.
const KEPT: &[(&[&str], &str)] = &[
    // What a question asks is read-only because it is written here and nowhere else.
    (
        &[
            "src/observe/mod.rs",
            "src/observe/journal.rs",
            "src/apply/history.rs",
            "src/host",
        ],
        "Question::new",
    ),
    // A transport can write: the rest of upsctl has `Look` and `Change`.
    (&["src/host"], "Transport"),
];

fn named_elsewhere(path: &Path, text: &str) -> Vec<String> {
    let wrong = KEPT.iter().filter(|(places, name)| {
        text.contains(name) && !places.iter().any(|place| path.starts_with(place))
    });
    wrong
        .map(|(_, name)| format!("{}: {name}", path.display()))
        .collect()
}

#[test]
fn what_can_write_is_named_where_it_is_at_home() {
    let wrong: Vec<String> = files(Path::new("src"))
        .iter()
        .flat_map(|path| named_elsewhere(path, &fs::read_to_string(path).expect("text")))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
    let bug = "Question::new(rm, hour)";
    assert_eq!(
        named_elsewhere(Path::new("src/flow/verify.rs"), bug),
        ["src/flow/verify.rs: Question::new"]
    );
}

#[test]
fn every_template_is_built_in_and_every_rule_has_its_text() {
    let named: BTreeSet<&str> = upsctl::render::BUILT_IN
        .iter()
        .map(|(_, name, _)| *name)
        .chain([upsctl::report::timeline::TEMPLATE.0])
        .collect();
    let there: Vec<PathBuf> = files(Path::new("templates"));
    let there: BTreeSet<&str> = there
        .iter()
        .filter_map(|path| path.file_name()?.to_str())
        .collect();
    assert_eq!(there, named);
    let (texts, code): (Vec<PathBuf>, Vec<PathBuf>) = files(Path::new("src/rules"))
        .into_iter()
        .partition(|path| path.extension().is_some_and(|end| end == "md"));
    let code: String = code
        .iter()
        .map(|path| fs::read_to_string(path).expect("text"))
        .collect();
    for text in &texts {
        let name = text
            .file_stem()
            .and_then(|stem| stem.to_str())
            .expect("a name");
        let used = code.contains(&format!("{name}.md\"")) || code.contains(&format!("\"{name}\""));
        assert!(used, "{} belongs to no rule", text.display());
    }
    assert!(!texts.is_empty());
}

/// What the map names is there: a file that moved takes its line along. `NAME`, `FILE` and `ID`
/// stand for what is added, `*` for several.
#[test]
fn every_file_that_the_architecture_names_exists() {
    let text = fs::read_to_string("ARCHITECTURE.md").expect("the map");
    let there: Vec<PathBuf> = ["src", "tests", "templates", "docs", "benches"]
        .into_iter()
        .flat_map(|folder| files(Path::new(folder)))
        .chain(["README.md", "CHANGELOG.md", "Cargo.toml"].map(PathBuf::from))
        .collect();
    let ends = [".rs", ".sh", ".md", ".toml", ".tsv", ".j2"];
    let named = text.split('`').skip(1).step_by(2).filter(|word| {
        let open = ["NAME", "FILE", "ID", "*", "{", " "];
        ends.iter().any(|end| word.ends_with(end)) && !open.iter().any(|part| word.contains(part))
    });
    let lost: Vec<&str> = named
        .clone()
        .filter(|name| !there.iter().any(|path| path.ends_with(name)))
        .collect();
    assert_eq!(lost, Vec::<&str>::new());
    assert!(named.count() > 40);
}
