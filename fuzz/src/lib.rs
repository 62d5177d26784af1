//! What is fuzzed: everything that reads bytes upsctl did not write. A target panics when a promise
//! is broken; both runners call these.

use std::collections::BTreeMap;

use upsctl::inventory;
use upsctl::model::masking;
use upsctl::model::secret::{Secret, SecretStore};
use upsctl::nut::conf::{self, Conf};
use upsctl::nut::directive::File;
use upsctl::nut::files::{NutConf, UpsConf, UpsdConf, UpsdUsers, UpsmonConf};
use upsctl::nut::secret_words::secrets;

/// A target and its name.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 2] = [("conf", conf), ("inventory", inventory)];

/// NUT's files: the lexer, the typed views, and where secrets stand.
pub fn conf(bytes: &[u8]) {
    let parsed = conf::parse(bytes);
    lossless(&parsed, bytes);
    words(&parsed);
    views(bytes);
    for file in File::ALL {
        masked(file, bytes);
    }
}

/// The lines follow one another from the first byte to the last.
fn lossless(parsed: &Conf, bytes: &[u8]) {
    assert_eq!(parsed.source(), bytes);
    let mut at = 0;
    for line in &parsed.lines {
        assert_eq!(line.span.start, at, "a gap");
        at = line.span.end;
        for word in line.words.iter().chain(&line.dropped) {
            assert!(word.span.start >= line.span.start && word.span.end <= line.span.end);
        }
        for problem in &line.problems {
            assert!(problem.span.end <= bytes.len() && problem.span.start <= problem.span.end);
        }
    }
    assert_eq!(at, bytes.len(), "bytes at the end");
}

/// What NUT reads can be written again, and reads the same.
fn words(parsed: &Conf) {
    for word in parsed.lines.iter().flat_map(|line| &line.words) {
        assert!(word.value.is_ascii() && word.value.len() <= conf::WORD_LIMIT);
        // NUT reads 0x7f; we refuse to write it.
        if word.value.contains('\x7f') {
            continue;
        }
        let quoted = conf::quote(&word.value).expect("NUT read it, so it can hold it");
        let again = conf::parse(format!("x {quoted}\n").as_bytes());
        let read = again.lines.first().and_then(|line| line.value(1));
        assert_eq!(read, Some(word.value.as_str()), "{quoted}");
    }
}

fn views(bytes: &[u8]) {
    let nut = NutConf::parse(bytes);
    let ups = UpsConf::parse(bytes);
    let upsd = UpsdConf::parse(bytes);
    let users = UpsdUsers::parse(bytes);
    let upsmon = UpsmonConf::parse(bytes);
    let all = [
        &nut.traps,
        &ups.traps,
        &upsd.traps,
        &users.traps,
        &upsmon.traps,
    ];
    for trap in all.into_iter().flatten() {
        assert!(trap.place.span.end <= bytes.len() && trap.place.line > 0 && trap.place.column > 0);
        assert!(!trap.to_string().is_empty());
    }
    let _ = upsmon.power();
}

/// Secrets stand in order without overlap, and what NUT reads as a password is among them.
fn masked(file: File, bytes: &[u8]) {
    let found = secrets(file, bytes);
    let mut at = 0;
    for secret in &found {
        assert!(secret.span.start >= at && secret.span.end <= bytes.len());
        at = secret.span.end;
    }
    let inside = |at: usize| found.iter().any(|secret| secret.span.contains(&at));
    match file {
        File::UpsdUsers => {
            let users = UpsdUsers::parse(bytes).users;
            let passwords = users.iter().filter_map(|user| user.password.as_ref());
            for word in passwords.filter(|word| !word.value.is_empty()) {
                let seen = bytes[word.span.clone()].trim_ascii_end().len().max(1);
                assert!(
                    inside(word.span.start + seen - 1),
                    "{:?}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
        File::Upsmon => {
            for monitor in UpsmonConf::parse(bytes).monitors {
                let word = monitor.password;
                assert!(
                    word.value.is_empty() || inside(word.span.start),
                    "{:?}",
                    String::from_utf8_lossy(bytes)
                );
            }
        }
        _ => {}
    }
    let text = String::from_utf8_lossy(bytes);
    let mut known = SecretStore::default();
    known.insert("canary", Secret::new("canary-7"));
    assert!(!masking::file(file, &text, &known).contains("canary-7"));
}

/// The inventory: whatever stands in the file, an answer with places in it, and no password.
pub fn inventory(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    std::fs::write(&path, bytes).expect("written");
    match inventory::load(&path) {
        Ok(loaded) => {
            let places = |path: &[&str]| loaded.source.place_of(path);
            let names = loaded.inventory.hosts.keys();
            let found: BTreeMap<_, _> = names
                .map(|name| (name, places(&["hosts", name.as_str()])))
                .collect();
            assert!(found.values().all(Option::is_some));
            checked(&loaded.inventory, &places);
        }
        Err(errors) => {
            assert!(!errors.0.is_empty());
            for error in &errors.0 {
                assert!(!error.message.is_empty());
                let place = error.place.as_ref();
                assert!(place.is_none_or(|place| place.line > 0 && place.column > 0));
            }
            assert!(!upsctl::report::diagnostic::render(&errors.0, false).is_empty());
        }
    }
}

/// What loads can be checked: an answer, or an error.
fn checked(
    inventory: &upsctl::model::inventory::Inventory,
    places: &upsctl::site::Places<'_>,
) {
    let templates = upsctl::render::Templates::built_in().expect("built in");
    let check = upsctl::flow::check::Check {
        inventory,
        templates: &templates,
        places,
        versions: &[],
        exposure: upsctl::site::Exposure::default(),
    };
    for finding in check
        .run()
        .map(|report| report.findings)
        .unwrap_or_default()
    {
        let text = format!("{finding:?}");
        assert!(!text.contains("{{ "), "{text}");
    }
}
