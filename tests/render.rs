//! Whole files, byte for byte: `tests/golden/CASE/inventory.toml` against what stands under
//! `expected/VERSION/HOST/`, or `expected/every-version/HOST/` where no version differs. `UPDATE=1 cargo test --test render` writes what was rendered.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use upsctl::model::inventory::{Inventory, Platform};
use upsctl::nut::version::NutVersion;
use upsctl::render::{InventoryIndex, Templates, by_hand, desired};

const VERSIONS: [NutVersion; 4] = [
    NutVersion::V2_7_4,
    NutVersion::V2_8_0,
    NutVersion::V2_8_1,
    NutVersion::V2_8_5,
];

fn inventory(case: &Path) -> Inventory {
    let path = case.join("inventory.toml");
    let text = fs::read_to_string(&path).expect("an inventory");
    toml::from_str(&text).unwrap_or_else(|why| panic!("{}: {why}", path.display()))
}

/// What a case renders to, by path below `expected/`.
fn rendered(case: &Path) -> BTreeMap<PathBuf, String> {
    let inventory = inventory(case);
    let index = InventoryIndex::new(&inventory, &|_| None);
    let templates = Templates::built_in().expect("built-in templates");
    let mut files = BTreeMap::new();
    for (name, host) in &inventory.hosts {
        if host.platform != Platform::Debian {
            let sheet =
                serde_json::to_string_pretty(&by_hand(&index, name, None)).expect("a sheet");
            files.insert(format!("by-hand/{name}.json").into(), sheet + "\n");
        }
        for version in VERSIONS {
            let desired = desired(&index, name, Some(version), &templates)
                .unwrap_or_else(|why| panic!("{}: {why}", case.display()));
            let folder = PathBuf::from(format!("{version}/{name}"));
            for (file, made) in &desired.files {
                files.insert(folder.join(file.name()), made.content.masked());
            }
            if version == NutVersion::V2_8_0 {
                let expect = serde_json::to_string_pretty(&desired.expect).expect("expectations");
                files.insert(format!("expect/{name}.json").into(), expect + "\n");
            }
        }
    }
    files
}

/// What is the same for all versions, once, below `every-version/`.
fn shared(mut files: BTreeMap<PathBuf, String>) -> BTreeMap<PathBuf, String> {
    let of = |version: NutVersion, rest: &Path| Path::new(&version.to_string()).join(rest);
    let rests: Vec<PathBuf> = files
        .keys()
        .filter_map(|name| {
            Some(
                name.strip_prefix(VERSIONS[0].to_string())
                    .ok()?
                    .to_path_buf(),
            )
        })
        .collect();
    for rest in rests {
        let texts = VERSIONS.map(|version| files.get(&of(version, &rest)));
        if let [Some(one), others @ ..] = texts
            && others.iter().all(|other| *other == Some(one))
        {
            let text = one.clone();
            for version in VERSIONS {
                files.remove(&of(version, &rest));
            }
            files.insert(Path::new("every-version").join(rest), text);
        }
    }
    files
}

fn on_disk(folder: &Path) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(next) = folders.pop() {
        let Ok(entries) = fs::read_dir(&next) else {
            continue;
        };
        for entry in entries {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let name = path
                .strip_prefix(folder)
                .expect("below the folder")
                .to_path_buf();
            files.insert(name, fs::read_to_string(&path).expect("a text"));
        }
    }
    files
}

fn update(folder: &Path, files: &BTreeMap<PathBuf, String>) {
    let _ = fs::remove_dir_all(folder);
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }
}

#[test]
fn every_case_renders_to_the_expected_bytes() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut cases = 0;
    for entry in fs::read_dir(golden).expect("the cases") {
        let case = entry.expect("a case").path();
        let folder = case.join("expected");
        let files = shared(rendered(&case));
        if std::env::var_os("UPDATE").is_some() {
            update(&folder, &files);
        }
        let expected = on_disk(&folder);
        let names = |files: &BTreeMap<PathBuf, String>| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&files), names(&expected), "{}", case.display());
        for (name, text) in &files {
            assert_eq!(*text, expected[name], "{}", folder.join(name).display());
        }
        cases += 1;
    }
    assert!(cases >= 8, "only {cases} cases found");
}
