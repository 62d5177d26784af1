//! `status`: what it says of recorded hosts, that its JSON keeps to its schema, and that a real
//! promtool has nothing against its metrics. `UPDATE=1 cargo test --test status` writes the texts and
//! the schema anew.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use upsctl::exit::Exit;
use upsctl::model::bundle::{Bundle, Facts};
use upsctl::model::desired::DesiredHost;
use upsctl::model::status::{ShutdownStarts, SiteStatus};
use upsctl::nut::version::NutVersion;
use upsctl::report::human::{self, Page};
use upsctl::report::prometheus::{self, Family};
use upsctl::report::{Verbosity, json};
use upsctl::status::{View, report};

#[path = "doctor/recorded.rs"]
#[allow(dead_code)]
mod recorded;

const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
desc = "Rack UPS"
[hosts.pve]
address = "pve"
nut_address = "192.0.2.10"
[hosts.nas]
address = "nas"
nut_address = "192.0.2.11"
powered_by = ["ups"]
"#;
const VAULT: &str =
    "[hosts.vault]\naddress = \"192.0.2.12\"\nplatform = \"truenas\"\npowered_by = [\"ups\"]\n";

/// A site with a fault, or the healthy one of a version.
fn recorded_site(name: &str) -> Vec<Bundle> {
    match name.strip_prefix("healthy-") {
        Some(version) => recorded::base(version).bundles(),
        None => {
            let mut all = recorded::cases("cases.toml").into_iter();
            let case = all.find(|case| case.name == name).expect(name);
            case.bundles()
        }
    }
}

/// The report of a recording, changed by `change` before it is judged.
fn status_of(name: &str, site: &str, change: impl Fn(&mut Bundle)) -> SiteStatus {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    fs::write(&path, site).expect("a file");
    let loaded = upsctl::inventory::load(&path).expect("an inventory");
    let mut bundles = recorded_site(name);
    bundles.iter_mut().for_each(change);
    let desired: Vec<DesiredHost> = bundles
        .iter()
        .map(|bundle| DesiredHost {
            name: bundle.host.clone(),
            platform: bundle.wish.platform,
            role: bundle.wish.role,
            nut: NutVersion::V2_8_1,
            files: Default::default(),
            truenas: None,
            expect: bundle.wish.expect.clone(),
        })
        .collect();
    let hosts = bundles
        .iter()
        .zip(&desired)
        .filter_map(|(bundle, desired)| {
            let seen = match &bundle.facts {
                Facts::Seen(look) => Ok((desired, &look.observed)),
                Facts::Failed(error) => Err(error),
                Facts::NotAsked => return None,
            };
            Some((&bundle.host, seen))
        });
    let asked: Vec<_> = loaded.inventory.hosts.keys().cloned().collect();
    report(&View {
        inventory: &loaded.inventory,
        hosts: hosts.collect(),
        asked: &asked,
        now: bundles[0].looked_at,
        metrics: &BTreeMap::new(),
    })
}

fn unchanged(_: &mut Bundle) {}

/// Sets variables of the UPS, wherever it was read.
fn with(variables: &'static [(&'static str, &'static str)]) -> impl Fn(&mut Bundle) {
    move |bundle| {
        let Facts::Seen(look) = &mut bundle.facts else {
            return;
        };
        for reading in look.observed.ups.values_mut() {
            if let upsctl::model::observed::Reading::Variables(all) = reading {
                all.extend(
                    variables
                        .iter()
                        .map(|(key, value)| ((*key).into(), (*value).into())),
                );
            }
        }
    }
}

#[track_caller]
fn same_as_file(path: &Path, text: &str) {
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("it can be written");
    }
    let want = fs::read_to_string(path).unwrap_or_default();
    assert!(
        want == text,
        "{}; got:\n{text}\nwant:\n{want}",
        path.display()
    );
}

/// Without times of day: they are in the time zone of whoever reads.
fn timeless(mut status: SiteStatus) -> SiteStatus {
    for unit in status.hosts.iter_mut().flat_map(|host| &mut host.units) {
        unit.since_unix_seconds = None;
    }
    status
}

#[test]
fn says_what_the_readings_mean() {
    for name in [
        "healthy-2.8.1",
        "healthy-2.7.4",
        "on-battery",
        "battery-low",
        "fsd",
        "low-on-mains",
        "replace-battery",
        "output-off",
        "overloaded",
        "stale",
        "driver-stopped",
        "server-stopped",
        "unreachable",
        "wrong-password",
        "truenas-absent",
    ] {
        let site = if name == "truenas-absent" {
            format!("{SITE}{VAULT}")
        } else {
            SITE.into()
        };
        let status = timeless(status_of(name, &site, unchanged));
        let page = Page {
            width: 100,
            selection: Vec::new(),
            verbosity: Verbosity::Normal,
        };
        let text = anstream::adapter::strip_str(&human::status(&status, &page)).to_string();
        let mains = status
            .ups
            .iter()
            .all(upsctl::model::status::UpsReport::on_mains);
        same_as_file(
            &Path::new("tests/status").join(format!("{name}.txt")),
            &format!("{text}--- on mains: {mains}\n"),
        );
    }
}

#[test]
fn until_the_shutdown_starts_and_until_empty_are_two_numbers() {
    let starts = |variables| status_of("on-battery", SITE, with(variables)).ups.remove(0);
    let ups = starts(&[
        ("battery.charge", "60"),
        ("battery.charge.low", "20"),
        ("battery.runtime", "900"),
        ("battery.runtime.low", "120"),
    ]);
    // 40 of 60 percent of 900 s, before 900 s - 120 s.
    let limits = vec!["20 % charge".into(), "2 min left".into()];
    assert_eq!(
        ups.shutdown_starts,
        ShutdownStarts::In {
            seconds: 600,
            limits
        }
    );
    assert_eq!(ups.empty_in_seconds, Some(900));
    for unknown in ["0", "-1", "65535", ""] {
        let unknown: &'static [(&str, &str)] = match unknown {
            "0" => &[("battery.runtime", "0")],
            "-1" => &[("battery.runtime", "-1")],
            "65535" => &[("battery.runtime", "65535")],
            _ => &[("battery.runtime", "")],
        };
        let ups = starts(unknown);
        assert_eq!(ups.empty_in_seconds, None);
        let ShutdownStarts::WhenTheUpsSays { because } = ups.shutdown_starts else {
            panic!("a promise without a runtime: {:?}", ups.shutdown_starts);
        };
        assert!(
            because.contains("does not say how long that takes"),
            "{because}"
        );
    }
}

#[test]
fn promises_nothing_by_limits_that_the_driver_does_not_go_by() {
    let change = |lines: &'static str| {
        move |bundle: &mut Bundle| {
            let Facts::Seen(look) = &mut bundle.facts else {
                return;
            };
            let file = look
                .observed
                .files
                .get_mut(&upsctl::nut::directive::File::Ups);
            if let Some(upsctl::model::observed::Seen::Is(file)) = file {
                let text = format!("{}\n{lines}\n", file.content.expose());
                file.content = upsctl::model::secret::Secret::new(text);
            }
        }
    };
    let lines = "override.battery.charge.low = 50";
    let ups = status_of("on-battery", SITE, change(lines)).ups.remove(0);
    let ShutdownStarts::WhenTheUpsSays { because } = ups.shutdown_starts else {
        panic!("{:?}", ups.shutdown_starts);
    };
    assert!(
        because.starts_with("override.battery.charge.low in ups.conf"),
        "{because}"
    );
    let lines = "ignorelb\noverride.battery.charge.low = 50";
    let ups = status_of("on-battery", SITE, change(lines)).ups.remove(0);
    assert!(
        matches!(ups.shutdown_starts, ShutdownStarts::In { .. }),
        "{:?}",
        ups.shutdown_starts
    );
}

#[test]
fn a_stranger_is_named_as_one_and_a_mapped_address_is_not() {
    let change = |bundle: &mut Bundle| {
        let Facts::Seen(look) = &mut bundle.facts else {
            return;
        };
        for list in look.observed.clients.values_mut() {
            *list = upsctl::model::observed::Seen::Is(
                ["::ffff:192.0.2.11", "127.0.0.1", "192.0.2.77", "192.0.2.77"]
                    .map(String::from)
                    .into(),
            );
        }
    };
    let ups = status_of("healthy-2.8.1", SITE, change).ups.remove(0);
    let there = |name: &str| {
        ups.clients
            .iter()
            .find(|client| client.host == name)
            .and_then(|client| client.logged_in)
    };
    assert_eq!((there("pve"), there("nas")), (Some(true), Some(true)));
    assert_eq!(
        ups.strangers.into_iter().collect::<Vec<_>>(),
        [("192.0.2.77".to_string(), 2)]
    );
    assert_eq!(ups.strangers_may_be, Vec::<String>::new());
}

/// The schema of the whole document.
fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(SiteStatus).to_value();
    schema["title"] = "upsctl status --format json".into();
    for (key, what) in [
        ("schema", "Version of this shape."),
        ("exit_code", "What upsctl exits with."),
    ] {
        schema["properties"][key] = serde_json::json!({"type": "integer", "description": what});
    }
    schema["properties"]["command"] = serde_json::json!({"const": "status"});
    let required = schema["required"].as_array_mut().expect("a list");
    required.extend(["schema", "exit_code", "command"].map(Into::into));
    schema
}

#[test]
fn the_json_keeps_to_its_schema() {
    let schema = schema();
    let text = serde_json::to_string_pretty(&schema).expect("JSON") + "\n";
    same_as_file(Path::new("docs/status.schema.json"), &text);
    let validator = jsonschema::validator_for(&schema).expect("a schema");
    for name in [
        "healthy-2.8.1",
        "on-battery",
        "battery-low",
        "stale",
        "unreachable",
        "wrong-password",
    ] {
        let status = status_of(name, SITE, unchanged);
        let text = json::document("status", Exit::Done, &status).expect("JSON");
        let document: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let errors: Vec<String> = validator
            .iter_errors(&document)
            .map(|error| error.to_string())
            .collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
        if name == "healthy-2.8.1" {
            assert_eq!(document["ups"][0]["variables"]["battery.charge"], "100");
            let mut broken = document.clone();
            broken["ups"][0]["battery_charge_percent"] = "100".into();
            assert!(
                !validator.is_valid(&broken),
                "the control: text is no number"
            );
        }
    }
}

/// promtool of Debian's prometheus, unpacked beside the build and not installed. Where it cannot be
/// had the test says so and passes, except in CI.
fn promtool() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("prometheus");
    let program = folder.join("usr/bin/promtool");
    if program.exists() {
        return Some(program);
    }
    let work = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let script = "apt-get -q download prometheus && dpkg -x prometheus_*.deb root";
    let got = Command::new("sh")
        .args(["-c", script])
        .current_dir(&work)
        .output()
        .expect("sh");
    if got.status.success() {
        // Another test may have been faster.
        let _ = fs::rename(work.path().join("root"), &folder);
        return Some(program);
    }
    assert!(
        std::env::var("CI").as_deref() != Ok("true"),
        "no promtool in CI: {got:?}"
    );
    None
}

#[test]
fn promtool_has_nothing_against_the_metrics() {
    let Some(promtool) = promtool() else { return };
    for family in [Family::NetworkUpsTools, Family::Nut] {
        for name in ["healthy-2.8.1", "on-battery", "stale", "unreachable"] {
            let status = status_of(
                name,
                SITE,
                with(&[("ups.id", "a \"b\" \\c"), ("ups.serial", "A1")]),
            );
            let text = prometheus::text(&status, family);
            let mut child = Command::new(&promtool)
                .args(["check", "metrics"])
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .expect("promtool runs");
            std::io::Write::write_all(&mut child.stdin.take().expect("stdin"), text.as_bytes())
                .expect("it reads");
            let output = child.wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&output.stderr).into_owned()
                + &String::from_utf8_lossy(&output.stdout);
            assert!(
                output.status.success() && said.is_empty(),
                "{family:?} {name}: {said}\n{text}"
            );
            assert!(text.ends_with("# EOF\n"));
        }
    }
}

#[test]
fn the_names_are_those_that_dashboards_know() {
    let status = status_of("on-battery", SITE, unchanged);
    let by_nut = prometheus::text(&status, Family::NetworkUpsTools);
    let by_unit = prometheus::text(&status, Family::Nut);
    for (text, line) in [
        (
            &by_nut,
            "network_ups_tools_ups_status{flag=\"OB\",ups=\"ups\"} 1\n",
        ),
        (
            &by_nut,
            "network_ups_tools_ups_status{flag=\"OL\",ups=\"ups\"} 0\n",
        ),
        (
            &by_nut,
            "network_ups_tools_battery_charge{ups=\"ups\"} 63\n",
        ),
        (
            &by_nut,
            "network_ups_tools_battery_runtime_seconds{ups=\"ups\"} 840\n",
        ),
        (
            &by_nut,
            "network_ups_tools_input_voltage{ups=\"ups\"} 230\n",
        ),
        (&by_unit, "nut_ups_status{status=\"OB\",ups=\"ups\"} 1\n"),
        (&by_unit, "nut_battery_charge{ups=\"ups\"} 0.63\n"),
        (&by_unit, "nut_battery_runtime_seconds{ups=\"ups\"} 840\n"),
        (&by_unit, "nut_input_voltage{ups=\"ups\"} 230\n"),
        (
            &by_unit,
            "upsctl_client_logged_in{ups=\"ups\",server=\"pve\",host=\"nas\"} 1\n",
        ),
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
}
