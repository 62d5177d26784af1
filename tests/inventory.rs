//! The inventory, as its owner meets it: files in, errors with their places out.
//!
//! Each `tests/inventory/NAME.toml`, or folder `NAME`, has what is said of it in `NAME.stderr`.
//! `UPDATE=1 cargo test --test inventory` writes these texts anew.

use std::fs;
use std::path::{Path, PathBuf};

use upsctl::inventory;
use upsctl::model::diagnostic::{Diagnostic, Diagnostics};
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

#[test]
fn shows_no_literal_password() {
    let holds = |path: &Path| match path.is_dir() {
        true => path.ends_with("merged"),
        false => fs::read(path)
            .expect("a fixture")
            .windows(7)
            .any(|bytes| bytes == b"hunter2"),
    };
    let fixtures: Vec<PathBuf> = fixtures().into_iter().filter(|path| holds(path)).collect();
    assert!(fixtures.len() >= 5, "{fixtures:?}");
    for path in fixtures {
        let errors = errors(&path);
        let json = serde_json::to_string(&errors).expect("JSON");
        for text in [
            render(&errors.0, true),
            errors.to_string(),
            format!("{errors:?}"),
            json,
        ] {
            assert!(!text.contains("nter2"), "{}: {text}", path.display());
        }
    }
}

#[test]
fn a_missing_inventory_says_how_to_get_one() {
    let text = render(&errors(Path::new("tests/no-such-inventory")).0, false);
    assert_eq!(
        text,
        "error: there is no inventory at `tests/no-such-inventory`\n |\n = help: `upsctl init` \
         writes a commented starter; `-i PATH` names another inventory\n\n"
    );
}

#[test]
fn what_is_no_file_is_not_waited_for() {
    let text = errors(Path::new("/dev/zero")).to_string();
    assert_eq!(text, "cannot read `/dev/zero`: it is not a regular file");
}

#[test]
fn several_places_are_named_on_one_line_each() {
    let text = errors(Path::new("tests/inventory/keys.toml")).to_string();
    assert_eq!(
        text,
        "tests/inventory/keys.toml:1:6: `ups.ups` has no `host`\n\
         tests/inventory/keys.toml:2:1: unknown key `hots` in `ups.ups`\n\
         tests/inventory/keys.toml:5:8: `hosts.pve` has no `address`\n\
         tests/inventory/keys.toml:6:1: unknown key `adress` in `hosts.pve`\n\
         tests/inventory/keys.toml:7:8: `port` must be an integer, not a string"
    );
}

#[test]
fn knows_where_every_key_and_value_stands() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("site.toml");
    let text = "\u{feff}[ups.ups]\r\nhost = \"pve\"\r\ndriver = \"d\"\r\n[hosts]\r\n\
                pve = { address = \"ä\", upsmon = { \"DEADTIME\" = 25 } }\r\n\
                [hosts.nas]\r\naddress = \"b\"\r\npowered_by = [\r\n  \"ups\",\r\n]\r\n\
                upsmon.POLLFREQ = 5 # seconds\r\n\
                [secrets]\r\npassword = { literal = \"hunter2\" }\r\n";
    fs::write(&file, text).expect("a file");
    let loaded = inventory::load(&file);
    let source = loaded.unwrap_or_else(|errors| panic!("{errors}")).source;
    let at = |path: &[&str]| {
        source
            .place_of(path)
            .map(|place| (place.line, place.column, place.width))
    };
    assert_eq!(at(&["ups", "ups"]), Some((1, 6, 3)));
    assert_eq!(at(&["ups", "ups", "host"]), Some((2, 8, 5)));
    assert_eq!(at(&["hosts", "pve"]), Some((5, 1, 3)));
    assert_eq!(
        at(&["hosts", "pve", "upsmon", "DEADTIME"]),
        Some((5, 48, 2))
    );
    assert_eq!(at(&["hosts", "nas", "powered_by", "0"]), Some((9, 3, 5)));
    assert_eq!(at(&["hosts", "nas", "powered_by"]), Some((8, 14, 1)));
    assert_eq!(
        at(&["hosts", "nas", "upsmon", "POLLFREQ"]),
        Some((11, 19, 1))
    );
    for nowhere in [
        &["hosts", "x"][..],
        &["hosts", "nas", "powered_by", "1"],
        &["ups", "ups", "host", "x"],
        &[],
    ] {
        assert_eq!(at(nowhere), None, "{nowhere:?}");
    }
    let key = source
        .key_place_of(&["hosts", "pve", "upsmon", "DEADTIME"])
        .expect("a place");
    assert_eq!((key.line, key.column, key.width), (5, 35, 10));
    let first = source.place_of(&["ups", "ups"]).expect("a place");
    assert_eq!(first.source.as_deref(), Some("[ups.ups]"));
    let secret = source
        .place_of(&["secrets", "password", "literal"])
        .expect("a place");
    assert_eq!(secret.source.as_deref(), Some("password = { literal = ***"));
    assert!(!format!("{source:?}").contains("hunter2"));
}

#[test]
fn merges_the_files_of_a_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("a file");
    write(
        "b.toml",
        "[hosts.nas]\naddress = 'b'\npowered_by = ['ups']\n[defaults.upsmon]\nDEADTIME = 25\n",
    );
    write(
        "a.toml",
        "[ups.ups]\nhost = 'pve'\ndriver = 'd'\n[defaults.upsmon]\nPOLLFREQ = 5\n",
    );
    write("c.toml", "[hosts.pve]\naddress = 'a'\n");
    let loaded = inventory::load(folder.path()).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(loaded.inventory.hosts.len(), 2);
    assert_eq!(loaded.inventory.defaults.upsmon.len(), 2);
    assert_eq!(loaded.root, folder.path());
    let place = loaded.source.place_of(&["hosts", "pve"]).expect("a place");
    assert!(place.file.ends_with("/c.toml"), "{}", place.file);
}

#[test]
fn the_starter_is_the_example() {
    let example = fs::read_to_string("inventory/site.toml").expect("the example");
    assert_eq!(inventory::starter(), example);
}

/// What is commented out in the example is meant to be uncommented.
#[test]
fn the_example_loads_with_its_comments_made_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = |line: &str| match line.strip_prefix('#') {
        Some(text) if !text.starts_with([' ', ':']) => format!("{text}\n"),
        _ => format!("{line}\n"),
    };
    let text: String = inventory::starter().lines().map(line).collect();
    assert!(text.contains("\n[users.admin]"));
    fs::write(folder.path().join("site.toml"), text).expect("a file");
    let loaded = inventory::load(folder.path());
    let loaded = loaded.unwrap_or_else(|errors| panic!("{}", render(&errors.0, false)));
    assert!(
        loaded
            .inventory
            .hosts
            .values()
            .any(|host| !host.upsmon.is_empty())
    );
}

/// A site with most of what an inventory can say.
const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "usbhid-ups"
[hosts.pve]
address = "10.0.0.1"
shutdown_takes = "90s"
[hosts.pve.upsmon]
NOTIFYFLAG = { ONLINE = "SYSLOG", ONBATT = ["a", 1] }
[hosts.nas]
address = "10.0.0.2"
powered_by = ["ups"]
[secrets]
password = { env = "NÜT" }
[users.admin]
on = ["pve"]
actions = ["SET"]
"#;

proptest::proptest! {
    #[test]
    fn no_damage_to_a_file_breaks_more_than_the_file(
        at in 0..SITE.len(), cut in 0..40_usize, put in "[\\[\\]{}='\"#\\.,\r\n ä\u{0}a1]{0,4}",
    ) {
        let floor = |mut at: usize| {
            at = at.min(SITE.len());
            while !SITE.is_char_boundary(at) {
                at -= 1;
            }
            at
        };
        let (from, to) = (floor(at), floor(at + cut));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("site.toml");
        fs::write(&file, format!("{}{put}{}", &SITE[..from], &SITE[to..])).expect("a file");
        if let Err(errors) = inventory::load(&file) {
            proptest::prop_assert!(!errors.0.is_empty());
            // Only what the schema did not see, and serde did, would have no place.
            let placed = |error: &Diagnostic| error.place.is_some() || error.message.ends_with("has no hosts");
            proptest::prop_assert!(errors.0.iter().all(placed), "{}", errors);
            let text = render(&errors.0, false);
            proptest::prop_assert!(text.starts_with("error: "));
        }
    }
}
