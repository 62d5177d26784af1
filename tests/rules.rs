//! The rules: the clean site yields nothing, and one corruption exactly its finding, in all three
//! outputs. The cases are in `tests/rules/cases.toml`; every lint rule has one.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::Deserialize;
use upsctl::exit::Exit;
use upsctl::flow::check::Check;
use upsctl::inventory::{self, Loaded};
use upsctl::model::desired::DesiredHost;
use upsctl::model::finding::{Finding, Severity};
use upsctl::model::name::HostName;
use upsctl::model::observed::{FileKind, Machine, Meta, ObservedFile, ObservedHost, Seen};
use upsctl::model::secret::{Secret, SecretStore};
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::render::{self, Templates};
use upsctl::report::{Verbosity, github, human, json};
use upsctl::rules;
use upsctl::rules::lint::{self, Report};
use upsctl::site::{Exposure, ParsedSite};

const CLEAN: &str = include_str!("rules/clean.toml");
const VERSIONS: [NutVersion; 7] = [
    NutVersion::V2_7_4,
    NutVersion::V2_8_0,
    NutVersion::V2_8_1,
    NutVersion::V2_8_2,
    NutVersion::V2_8_3,
    NutVersion::V2_8_4,
    NutVersion::V2_8_5,
];

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

type Edits = Vec<(String, String)>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    rule: String,
    host: Option<String>,
    nut: Option<NutVersion>,
    #[serde(default)]
    inventory: Edits,
    add: Option<String>,
    add_to: Option<(String, String)>,
    #[serde(default)]
    files: BTreeMap<String, Edits>,
    packages: Option<Vec<String>>,
    #[serde(default)]
    tracked: bool,
    at: Option<String>,
    saw: Option<String>,
}

fn cases() -> Vec<Case> {
    cases_of(include_str!("rules/cases.toml"))
}

fn cases_of(text: &str) -> Vec<Case> {
    let cases: Cases = toml::from_str(text).unwrap_or_else(|why| panic!("{why}"));
    cases.case
}

/// Every edit must find something to change, or the case tests nothing.
fn edit(text: &str, edits: &Edits, what: &str) -> String {
    edits
        .iter()
        .fold(text.to_string(), |text, (from, to)| match from.as_str() {
            "" => text + to,
            from => {
                assert!(text.contains(from), "{what}: no {from:?} in\n{text}");
                text.replacen(from, to, 1)
            }
        })
}

struct Lab {
    loaded: Loaded,
    templates: Templates,
    _folder: tempfile::TempDir,
}

fn load(text: &str) -> Lab {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    fs::write(&path, text).expect("written");
    let loaded = inventory::load(&path).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    Lab {
        loaded,
        templates: Templates::built_in().expect("built in"),
        _folder: folder,
    }
}

impl Lab {
    fn check(&self, versions: &[NutVersion], exposure: Exposure) -> Report {
        let places = |path: &[&str]| self.loaded.source.place_of(path);
        let check = Check {
            inventory: &self.loaded.inventory,
            templates: &self.templates,
            places: &places,
            versions,
            exposure,
        };
        check.run().unwrap_or_else(|errors| panic!("{errors}"))
    }

    fn desired(&self, version: Option<NutVersion>) -> Vec<DesiredHost> {
        let places = self.loaded.places();
        let index = render::InventoryIndex::new(&self.loaded.inventory, &places);
        let names = self.loaded.inventory.hosts.keys();
        names
            .map(|name| render::desired(&index, name, version, &self.templates).expect("rendered"))
            .collect()
    }

    /// The same site as its hosts have it, each file with what `edits` does to it.
    fn observe(&self, case: &Case) -> Report {
        let desired = self.desired(case.nut);
        let secrets = secrets(&desired);
        let observed: BTreeMap<HostName, ObservedHost> = desired
            .iter()
            .filter(|host| !host.files.is_empty())
            .map(|host| (host.name.clone(), observed(host, &secrets, case)))
            .collect();
        let places = |path: &[&str]| self.loaded.source.place_of(path);
        let pairs = desired.iter().map(|host| (host, observed.get(&host.name)));
        lint::check(&ParsedSite::observed(
            &self.loaded.inventory,
            pairs,
            &places,
        ))
    }

    fn exposure(&self, tracked: bool) -> Exposure {
        let place = self.loaded.source.place_of(&["secrets"]);
        let file = place.map(|place| place.file).filter(|_| tracked);
        Exposure {
            tracked: file.into_iter().collect(),
            ..Exposure::default()
        }
    }
}

fn secrets(desired: &[DesiredHost]) -> SecretStore {
    let mut secrets = SecretStore::default();
    let files = desired.iter().flat_map(|host| host.files.values());
    for user in files.flat_map(|file| file.content.users()) {
        let password = match user {
            "monuser" => "secret".to_string(),
            user => format!("pw-of-{user}-0123"),
        };
        secrets.insert(user, Secret::new(password));
    }
    secrets
}

fn observed(host: &DesiredHost, secrets: &SecretStore, case: &Case) -> ObservedHost {
    let meta = || Meta {
        owner: "root".into(),
        group: "nut".into(),
        mode: 0o640,
        modified: 0,
        kind: FileKind::File,
    };
    let file = |(file, made): (&File, &upsctl::model::desired::DesiredFile)| {
        let text = made.content.reveal(secrets).expect("known");
        let path = format!("{}/{file}", host.name);
        let text = match case.files.get(&path) {
            Some(edits) => edit(text.expose(), edits, &path),
            None => text.expose().to_string(),
        };
        let seen = ObservedFile {
            meta: meta(),
            content: Secret::new(text),
            digest: String::new(),
        };
        (*file, Seen::Is(seen))
    };
    let packages = case
        .packages
        .iter()
        .flatten()
        .map(|name| (name.clone(), "1".to_string()));
    ObservedHost {
        name: host.name.clone(),
        system: Machine::default(),
        nut: Seen::Is(host.nut),
        candidate: None,
        packages: packages.collect(),
        config_dir: Seen::Is(meta()),
        files: host.files.iter().map(file).collect(),
        units: BTreeMap::new(),
        listening: Seen::Absent,
        ups: BTreeMap::new(),
        clients: BTreeMap::new(),
        usb: Seen::Absent,
        journal: Seen::Absent,
        addresses: Vec::new(),
        truenas: Seen::Absent,
        transaction: None,
        leftovers: Vec::new(),
        unread: BTreeMap::new(),
        deep: BTreeMap::new(),
    }
}

fn run(case: &Case) -> Report {
    let mut text = edit(CLEAN, &case.inventory, "clean.toml");
    if let Some((header, lines)) = &case.add_to {
        text = edit(
            &text,
            &vec![(header.clone(), format!("{header}\n{lines}"))],
            "clean.toml",
        );
    }
    if let Some(add) = &case.add {
        text = format!("{text}\n{add}\n");
    }
    let lab = load(&text);
    if case.files.is_empty() {
        let versions: Vec<NutVersion> = case.nut.into_iter().collect();
        lab.check(&versions, lab.exposure(case.tracked))
    } else {
        lab.observe(case)
    }
}

fn page() -> human::Page {
    human::Page {
        verbosity: Verbosity::Normal,
        width: 200,
        selection: Vec::new(),
    }
}

/// That a finding is what its case wants, and that all outputs have it, whole and without secrets.
fn compare(case: &Case, finding: &Finding) -> Result<(), String> {
    let want = |ok: bool, what: &str| {
        if ok {
            Ok(())
        } else {
            Err(format!(
                "{what}: {:?} {}: {} at {:?}",
                finding.host, finding.rule, finding.saw, finding.place
            ))
        }
    };
    let host = finding.host.as_ref().map(HostName::as_str);
    want(finding.rule == case.rule, "another rule")?;
    want(host == case.host.as_deref(), "another host")?;
    want(
        finding.why.is_some() && finding.fix.is_some(),
        "no why or fix",
    )?;
    let source = finding
        .place
        .as_ref()
        .and_then(|place| place.source.as_deref())
        .unwrap_or_default();
    want(
        case.at
            .as_ref()
            .is_none_or(|at| source.contains(at.as_str())),
        "another place",
    )?;
    want(
        case.saw
            .as_ref()
            .is_none_or(|saw| finding.saw.contains(saw.as_str())),
        "seen otherwise",
    )?;
    let findings = std::slice::from_ref(finding);
    let human = anstream::adapter::strip_str(&human::findings(findings, &page())).to_string();
    let word = match finding.severity {
        Severity::Error => ("error", "error"),
        Severity::Warning => ("warning", "warning"),
        Severity::Note => ("note", "notice"),
    };
    want(
        human.contains(&format!("{}[{}]: ", word.0, case.rule)),
        "not in the text",
    )?;
    let document = json::findings("check", Exit::Findings, findings).expect("a document");
    let parsed: serde_json::Value = serde_json::from_str(&document).expect("JSON");
    want(
        parsed["findings"][0]["rule"] == *case.rule,
        "not in the JSON",
    )?;
    let annotation = github::annotations(findings);
    want(
        annotation.starts_with(&format!("::{} ", word.1)),
        "not annotated",
    )?;
    let in_inventory = finding
        .place
        .as_ref()
        .is_some_and(|place| place.file.ends_with("site.toml"));
    want(
        annotation.contains("site.toml,line=") == in_inventory,
        "annotated elsewhere",
    )?;
    for text in [&human, &document, &annotation] {
        want(!text.contains("{{"), "a value is missing")?;
        want(
            !text.contains("pw-of-") && !text.contains("source-of-a"),
            "a password is shown",
        )?;
    }
    Ok(())
}

#[test]
fn the_clean_site_yields_nothing_in_any_version() {
    let lab = load(CLEAN);
    for version in VERSIONS {
        let report = lab.check(&[version], lab.exposure(true));
        assert_eq!(report, Report::default(), "{version}");
    }
    assert_eq!(lab.check(&VERSIONS, lab.exposure(true)), Report::default());
}

#[test]
fn the_clean_site_as_its_hosts_have_it_yields_nothing() {
    let lab = load(CLEAN);
    let mut case = cases().remove(0);
    case.files.clear();
    for version in VERSIONS {
        case.nut = Some(version);
        assert_eq!(lab.observe(&case), Report::default(), "{version}");
    }
}

#[test]
fn the_starter_inventory_yields_nothing_in_any_version() {
    let lab = load(inventory::starter());
    assert_eq!(lab.check(&[], Exposure::default()), Report::default());
    assert_eq!(lab.check(&VERSIONS, Exposure::default()), Report::default());
}

#[test]
fn one_corruption_yields_exactly_its_finding() {
    let mut wrong = Vec::new();
    for (number, case) in cases().iter().enumerate() {
        let ran = std::panic::catch_unwind(|| run(case).findings);
        let Ok(findings) = ran else {
            wrong.push(format!("case {number}, {}: did not run", case.rule));
            continue;
        };
        let result = match findings.as_slice() {
            [finding] => compare(case, finding),
            findings => {
                let all = findings
                    .iter()
                    .map(|f| format!("{:?} {}: {}", f.host, f.rule, f.saw));
                Err(format!(
                    "{} findings: {:#?}",
                    findings.len(),
                    all.collect::<Vec<_>>()
                ))
            }
        };
        if let Err(why) = result {
            wrong.push(format!("case {number}, {}: {why}", case.rule));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} cases\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// Rules that speak of one thing that is there or not: the clean site is what is nearest to them.
const ALL_OR_NOTHING: &str = "allow-unused directive-obsolete driver-not-packaged \
    driver-package-missing feed-not-watched fixed-password-rights listen-may-not-exist mode-none-with-ups \
    monitor-broken monitored-twice password-exposed password-mismatch power-from-elsewhere \
    powerdownflag-cuts-others primary-missing remote-primary role-unknown secondary-with-primary-rights \
    shutdowncmd-missing tls-incomplete tls-not-in-debian ups-incomplete ups-unknown user-lacks-password \
    user-section-twice value-missing";

#[test]
fn what_is_near_to_a_rule_and_fine_yields_nothing() {
    let fine = cases_of(include_str!("rules/fine.toml"));
    let said = fine.iter().filter_map(|case| {
        let ran = std::panic::catch_unwind(|| run(case).findings);
        let found = ran.map(|found| {
            found
                .iter()
                .map(|f| format!("{:?} {}: {}", f.host, f.rule, f.saw))
                .collect::<Vec<_>>()
        });
        (found.as_ref().ok() != Some(&Vec::new())).then(|| format!("{}: {found:#?}", case.rule))
    });
    let said: Vec<String> = said.collect();
    assert!(said.is_empty(), "{}", said.join("\n"));
    let near: BTreeSet<&str> = fine.iter().map(|case| case.rule.as_str()).collect();
    let bare: Vec<&str> = lint::rules()
        .map(|rule| rule.id)
        .filter(|id| !near.contains(id))
        .collect();
    assert_eq!(
        bare.into_iter().collect::<BTreeSet<_>>(),
        ALL_OR_NOTHING.split_whitespace().collect()
    );
}

#[test]
fn every_lint_rule_has_a_case() {
    let tested: BTreeSet<String> = cases().into_iter().map(|case| case.rule).collect();
    let rules: BTreeSet<String> = lint::rules().map(|rule| rule.id.to_string()).collect();
    assert!(
        tested.is_superset(&rules),
        "{:?}",
        rules.difference(&tested)
    );
    // What the course of an outage tells by the files alone.
    for rule in tested.difference(&rules) {
        assert!(
            rules::timeline::RULES.iter().any(|known| known.id == rule),
            "{rule}"
        );
    }
}

#[test]
fn a_rule_is_a_file_with_its_text_beside_it() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/rules");
    let all = rules::all();
    assert!(
        all.windows(2).all(|pair| pair[0].id < pair[1].id),
        "sorted, and each once"
    );
    let mut texts = BTreeSet::new();
    for rule in &all {
        let file = format!("{}.md", rule.id);
        let kebab = rule
            .id
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        assert!(kebab, "{}", rule.id);
        let names = ["lint", "verify", "refusal", "doctor", "timeline", "metrics"]
            .map(|pass| format!("{pass}/text/{file}"));
        let found = names.iter().any(|name| {
            let text = fs::read_to_string(folder.join(name));
            text.is_ok_and(|text| text == rule.text)
        });
        assert!(found, "{} has no text of its own", rule.id);
        texts.insert(file);
        let headings: Vec<&str> = rule
            .text
            .lines()
            .filter_map(|line| line.strip_prefix("## "))
            .collect();
        assert!(headings.starts_with(&rules::text::HEADINGS), "{}", rule.id);
        assert!(!rules::text::title(rule.text).is_empty(), "{}", rule.id);
    }
    for pass in ["lint", "verify", "refusal", "doctor", "timeline", "metrics"] {
        for entry in fs::read_dir(folder.join(pass).join("text")).expect("the folder") {
            let name = entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned();
            assert!(
                !name.ends_with(".md") || texts.contains(&name),
                "{name} belongs to no rule"
            );
        }
    }
}

#[test]
fn an_allow_silences_its_rule_where_it_stands_and_is_seen() {
    let broken = "[hosts.nas.upsmon]\nDEADTIME = 10\n[hosts.big.upsmon]\nDEADTIME = 10\n";
    let local = CLEAN.replace(
        "[hosts.nas]\n",
        "[hosts.nas]\nallow = [\"deadtime-below-polls\"]\n",
    );
    let report = load(&format!("{local}\n{broken}")).check(&[], Exposure::default());
    assert_eq!(report.findings.len(), 1, "{report:#?}");
    assert_eq!(
        report.findings[0].host.as_ref().map(HostName::as_str),
        Some("big")
    );
    assert_eq!(
        report.silenced_lines(),
        ["1 finding silenced by allow (deadtime-below-polls)"]
    );
    let global = format!("allow = [\"deadtime-below-polls\"]\n{CLEAN}\n{broken}");
    let report = load(&global).check(&[], Exposure::default());
    assert_eq!(report.findings, []);
    assert_eq!(
        report.silenced_lines(),
        ["2 findings silenced by allow (deadtime-below-polls)"]
    );
}

#[test]
fn an_allow_of_no_rule_is_an_error_with_the_nearest() {
    let lab = load(&format!("allow = [\"deadtime-below-pols\"]\n{CLEAN}"));
    let places = |path: &[&str]| lab.loaded.source.place_of(path);
    let errors = lint::unknown_allows(&lab.loaded.inventory, places);
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].help.as_deref(),
        Some("did you mean `deadtime-below-polls`?")
    );
    assert_eq!(errors[0].place.as_ref().map(|place| place.line), Some(1));
}

#[test]
fn what_holds_in_some_versions_only_names_them() {
    let lab = load(&format!(
        "{CLEAN}\n[hosts.nas.upsmon]\nOFFDURATION = -1\nDEADTIME = 10\n"
    ));
    let versions = [NutVersion::V2_7_4, NutVersion::V2_8_0, NutVersion::V2_8_1];
    let report = lab.check(&versions, Exposure::default());
    let said: Vec<(&str, bool)> = report
        .findings
        .iter()
        .map(|f| {
            (
                f.rule,
                f.saw.ends_with("(NUT 2.8.0)") || f.saw.contains("(NUT "),
            )
        })
        .collect();
    assert!(
        said.contains(&("deadtime-below-polls", false)),
        "{report:#?}"
    );
    assert!(said.contains(&("directive-too-new", true)), "{report:#?}");
}

#[test]
fn the_documentation_is_what_explain_says() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let text = upsctl::cmd::explain::markdown();
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(&path, &text).expect("written");
    }
    let there = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        there == text,
        "docs/rules.md is old: UPDATE=1 cargo test --test rules"
    );
}

/// The goldens of the renderer are odd on purpose; what is odd about them is said, and no more.
#[test]
fn the_goldens_yield_what_is_odd_about_them() {
    let odd: [(&str, &[&str]); 6] = [
        ("ipv6", &["side listen-may-not-exist"]),
        (
            "mutual",
            &["a logout-too-late", "a powerdownflag-cuts-others"],
        ),
        ("nasty", &["pve desc-quoted", "pve shutdowncmd-relative"]),
        ("site", &[]),
        ("standalone", &[]),
        (
            "two-psu",
            &[
                "big secondary-with-primary-rights",
                "two powerdownflag-cuts-others",
            ],
        ),
    ];
    for (case, expected) in odd {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/golden")
            .join(case);
        let text = fs::read_to_string(path.join("inventory.toml")).expect("a golden");
        let lab = load(&text);
        for version in [NutVersion::V2_7_4, NutVersion::V2_8_0, NutVersion::V2_8_1] {
            let report = lab.check(&[version], Exposure::default());
            let said = report.findings.iter().map(|finding| {
                let host = finding.host.as_ref().map_or("", HostName::as_str);
                format!("{host} {}", finding.rule)
            });
            assert_eq!(said.collect::<Vec<_>>(), expected, "{case} {version}");
        }
    }
}
