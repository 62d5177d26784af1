//! Hosts that were set up by hand, in the manner of well-known guides, made into an inventory: what a
//! deploy of it would change is exactly what the case says.
//!
//! A case is a folder of `tests/import` with a folder for each host: its files, and `host` with what
//! else a look sees. `UPDATE=1 cargo test --test import` rewrites `site.toml` and `notes.txt`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use upsctl::flow::Options;
use upsctl::flow::import::{self, Found, Importing};
use upsctl::host::Ways;
use upsctl::import::{LookedAt, Target};
use upsctl::model::finding::Severity;
use upsctl::model::import::{Fate, ImportNote};
use upsctl::model::name::HostName;
use upsctl::model::observed::{FileKind, Machine, Meta, ObservedFile, ObservedHost, Reading, Seen};
use upsctl::model::secret::Secret;
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::render::{self, InventoryIndex, Templates};
use upsctl::rules::lint;
use upsctl::site::ParsedSite;

/// The cases of which a deploy changes nothing that matters.
const CLEAN: [&str; 10] = [
    "crlf",
    "docker-upsd",
    "line-end-comments",
    "old-words",
    "pi-server",
    "proxmox-truenas",
    "synology-client",
    "timings",
    "two-upses",
    "upssched-timers",
];

fn cases() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut all: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    all.sort();
    all
}

/// What a look at the host of a folder would give.
fn look(folder: &Path) -> LookedAt {
    let name = HostName::new(folder.file_name().unwrap().to_str().unwrap()).unwrap();
    let facts = fs::read_to_string(folder.join("host")).unwrap();
    let of = |key: &str| -> Vec<String> {
        let lines = facts.lines();
        lines
            .filter_map(|line| line.strip_prefix(key)?.strip_prefix(' '))
            .map(str::to_string)
            .collect()
    };
    let addresses: Vec<String> = of("ips")[0].split(' ').map(str::to_string).collect();
    let split = |line: &String| -> (String, Vec<String>) {
        let mut words = line.split(' ').map(str::to_string);
        (words.next().unwrap(), words.collect())
    };
    let clients = of("clients");
    let clients = clients
        .iter()
        .map(split)
        .map(|(ups, all)| (ups, Seen::Is(all)));
    let readings = of("ups")
        .iter()
        .map(split)
        .map(|(ups, all)| {
            let pairs = all.iter().filter_map(|pair| pair.split_once('='));
            let variables = pairs.map(|(key, value)| (key.to_string(), value.to_string()));
            (ups, Reading::Variables(variables.collect()))
        })
        .collect();
    let journal = of("journal");
    let look = ObservedHost {
        name: name.clone(),
        system: Machine {
            hostname: name.to_string(),
            os_ids: vec!["debian".into()],
            systemd: true,
            ..Machine::default()
        },
        nut: Seen::Is(NutVersion::parse(&of("nut")[0]).unwrap()),
        candidate: None,
        packages: BTreeMap::new(),
        config_dir: Seen::Absent,
        files: File::ALL
            .iter()
            .map(|file| (*file, file_of(folder, *file)))
            .collect(),
        units: BTreeMap::new(),
        listening: Seen::Is(Vec::new()),
        ups: readings,
        clients: clients.collect(),
        usb: Seen::Absent,
        journal: Seen::Is(
            journal
                .iter()
                .map(|line| format!("1 {name} upsd[7]: {line}"))
                .collect(),
        ),
        addresses: addresses.clone(),
        truenas: Seen::Absent,
        transaction: None,
        leftovers: Vec::new(),
        unread: BTreeMap::new(),
        deep: BTreeMap::new(),
    };
    let target = Target {
        name,
        address: addresses[0].clone(),
        user: None,
    };
    LookedAt { target, look }
}

fn file_of(folder: &Path, file: File) -> Seen<ObservedFile> {
    let Ok(bytes) = fs::read(folder.join(file.name())) else {
        return Seen::Absent;
    };
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        error
            .as_bytes()
            .iter()
            .map(|byte| char::from(*byte))
            .collect()
    });
    Seen::Is(ObservedFile {
        meta: Meta {
            owner: "root".into(),
            group: "nut".into(),
            mode: 0o640,
            modified: 0,
            kind: FileKind::File,
        },
        content: Secret::new(text),
        digest: String::new(),
    })
}

fn hosts(case: &Path) -> Vec<LookedAt> {
    let mut folders: Vec<PathBuf> = fs::read_dir(case)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders.iter().map(|folder| look(folder)).collect()
}

/// What became of an import into a folder.
struct Done {
    found: Found,
    notes: Vec<ImportNote>,
    toml: String,
}

fn import(hosts: Vec<LookedAt>, folder: &Path) -> Done {
    let inventory = folder.join("site.toml");
    let ways = Ways {
        ssh_config: None,
        connect_timeout: Duration::from_secs(1),
    };
    let options = Options::default();
    let start = Importing {
        inventory: &inventory,
        ways: &ways,
        options: &options,
        targets: hosts.iter().map(|host| host.target.clone()).collect(),
        store: None,
    };
    let found = import::make(&start, hosts, Vec::new()).unwrap();
    import::write(&start, &found).unwrap();
    let notes = import::differences(&start, &found).unwrap();
    let toml = fs::read_to_string(&inventory).unwrap();
    Done { found, notes, toml }
}

/// What `check` calls an error in the inventory that was written.
fn lint_errors(folder: &Path, found: &Found) -> Vec<String> {
    let loaded = upsctl::inventory::load(&folder.join("site.toml")).unwrap();
    let places = loaded.places();
    let index = InventoryIndex::new(&loaded.inventory, &places);
    let templates = Templates::built_in().unwrap();
    let version = |name: &HostName| {
        let looked = found.hosts.iter().find(|host| host.target.name == *name)?;
        looked.look.nut.is().copied()
    };
    let desired: Vec<_> = loaded
        .inventory
        .hosts
        .keys()
        .map(|name| render::desired(&index, name, version(name), &templates).unwrap())
        .collect();
    let site = ParsedSite::rendered(&loaded.inventory, &desired, &places);
    let all = lint::check(&site).findings.into_iter();
    all.filter(|finding| finding.severity == Severity::Error)
        .map(|finding| format!("check: {}: {}", finding.rule, finding.saw))
        .collect()
}

fn told(notes: &[ImportNote]) -> String {
    let lines = notes.iter().map(|note| {
        let line = note.line.map_or(String::new(), |line| format!(":{line}"));
        let fate = format!("{:?}", note.fate).to_lowercase();
        format!(
            "{fate} {} {}{line}: {} | {}\n",
            note.host, note.file, note.saw, note.why
        )
    });
    lines.collect()
}

fn golden(wrong: &mut String, path: &Path, is: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::write(path, is).unwrap();
    }
    let was = fs::read_to_string(path).unwrap_or_default();
    if was != is {
        *wrong += &format!("{}:\n{is}\n", path.display());
    }
}

#[test]
fn every_case_becomes_the_inventory_and_the_notes_that_it_says() {
    let cases = cases();
    assert!(cases.len() >= 12);
    let mut wrong = String::new();
    for case in cases {
        let folder = tempfile::tempdir().unwrap();
        let done = import(hosts(&case), folder.path());
        let name = case.file_name().unwrap().to_str().unwrap();
        let errors = lint_errors(folder.path(), &done.found).join("\n");
        golden(&mut wrong, &case.join("site.toml"), &done.toml);
        golden(
            &mut wrong,
            &case.join("notes.txt"),
            &(told(&done.notes) + &errors),
        );
        let changes = done.notes.iter().filter(|note| note.fate == Fate::Changes);
        let clean = changes.count() == 0;
        if clean != CLEAN.contains(&name) {
            wrong += &format!("{name} is not as clean as it is said to be\n");
        }
        for (user, secret) in &done.found.imported.secrets {
            assert!(
                !done.toml.contains(secret.expose()),
                "{name}: {user} is in the TOML"
            );
            assert!(
                !told(&done.notes).contains(secret.expose()),
                "{name}: {user} is told"
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
