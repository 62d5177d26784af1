//! `metrics` and `power` against a real Prometheus that scrapes what the known exporters say, and
//! against a server that does what a network can do to an answer.
//!
//! The texts in `tests/prometheus/*.prom` say what they were written down from.

#[path = "prometheus/http.rs"]
mod http;
#[path = "prometheus/parts.rs"]
mod parts;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use http::{Say, Server};
use parts::{node_exporter, programs, prometheus, wait};
use serde_json::Value;
use tempfile::TempDir;

const HON95: &str = include_str!("prometheus/hon95.prom");
const DRUGGERI: &str = include_str!("prometheus/druggeri.prom");
const COLLECTD: &str = include_str!("prometheus/collectd.prom");
const SCRIPT: &str = include_str!("prometheus/script.prom");

/// A site of one UPS on this machine, with an `upsc` that says what the texts say.
struct Desk(TempDir);

struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Desk {
    fn new(url: &str, more: &str) -> Self {
        let desk = Self(TempDir::new().expect("a folder"));
        desk.inventory(url, more);
        desk.upsc("OL");
        desk
    }

    fn inventory(&self, url: &str, more: &str) {
        let site = format!(
            "[ups.ups]\nhost = \"pve\"\ndriver = \"dummy-ups\"\nport = \"ups.dev\"\n\n[hosts.pve]\naddress = \"local\"\n\
             nut_address = \"192.0.2.10\"\nshutdown_takes = \"60s\"\n\n[secrets]\npassword = {{ env = \"NUT_PASSWORD\" }}\n\n\
             [prometheus]\nurl = \"{url}\"\n{more}"
        );
        fs::write(self.path("site.toml"), site).expect("written");
    }

    /// What the host says does not matter: nobody listens there.
    fn looks_at_no_host(&self) {
        let site = fs::read_to_string(self.path("site.toml")).expect("text");
        let closed = site.replace("\"local\"", "\"127.0.0.1\"\nport = 1");
        fs::write(self.path("site.toml"), closed).expect("written");
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.0.path().join(name)
    }

    /// Makes `upsc` say this status.
    fn upsc(&self, status: &str) {
        let bin = self.path("bin");
        fs::create_dir_all(&bin).expect("a folder");
        let script = format!(
            "#!/bin/sh\ncat <<'X'\nups.status: {status}\nbattery.charge: 87\nbattery.runtime: 1800\ninput.voltage: 230.1\n\
             ups.load: 21\nups.realpower.nominal: 800\nX\n"
        );
        fs::write(bin.join("upsc"), script).expect("written");
        fs::set_permissions(bin.join("upsc"), fs::Permissions::from_mode(0o755)).expect("a mode");
    }

    fn upsctl(&self, words: &[&str]) -> Ran {
        let path = format!(
            "{}:/usr/bin:/bin:/usr/sbin:/sbin",
            self.path("bin").display()
        );
        let output: Output = Command::new(env!("CARGO_BIN_EXE_upsctl"))
            .args(["-i", "site.toml"])
            .args(words)
            .current_dir(self.0.path())
            .env_clear()
            .env("PATH", path)
            .env("HOME", self.0.path())
            .env("LANG", "C.UTF-8")
            .env("TOKEN", "hunter2")
            .output()
            .expect("it runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let ran = Ran {
            code: output.status.code().expect("no signal"),
            out: text(&output.stdout),
            err: text(&output.stderr),
        };
        assert!(
            !format!("{}{}", ran.out, ran.err).contains("hunter2"),
            "a login was shown"
        );
        ran
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let ran = self.upsctl(&[words, &["--format", "json"]].concat());
        let document: Value = serde_json::from_str(&ran.out)
            .unwrap_or_else(|why| panic!("{why}: {}{}", ran.out, ran.err));
        assert_eq!(document["exit_code"], ran.code);
        document
    }
}

fn rules_of(document: &Value) -> Vec<&str> {
    let findings = document["findings"].as_array().expect("findings");
    findings
        .iter()
        .map(|finding| finding["rule"].as_str().expect("an id"))
        .collect()
}

/// A scrape job on a path of the text server.
fn job(name: &str, port: u16, path: &str) -> String {
    format!(
        "- job_name: {name}\n  metrics_path: {path}\n  static_configs: [{{targets: ['127.0.0.1:{port}']}}]\n"
    )
}

fn now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .expect("a clock")
        .as_secs()
}

/// Whether a query has an answer.
fn answers(url: &str, query: &str) -> bool {
    let output = Command::new("curl")
        .args(["-sG", &format!("{url}/api/v1/query"), "--data-urlencode"])
        .arg(format!("query={query}"))
        .output()
        .expect("curl runs");
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    answer["data"]["result"]
        .as_array()
        .is_some_and(|series| !series.is_empty())
}

/// Each exporter alone: recognised, read in its units, in agreement with upsc; what is printed to be
/// asked has an answer, and the rules that are printed pass promtool.
#[test]
fn every_family_is_recognised_and_read_in_its_own_units() {
    let Some(bin) = programs() else { return };
    let (server, files, folder) = (
        Server::start(),
        TempDir::new().expect("a folder"),
        TempDir::new().expect("a folder"),
    );
    fs::write(files.path().join("nut.prom"), SCRIPT).expect("written");
    let node = node_exporter(files.path());
    let jobs = job("nut", server.port, "/hon95")
        + &job("nut-exporter", server.port, "/ups_metrics")
        + &job("collectd", server.port, "/collectd")
        + &job("node", node.port, "/metrics");
    let running = prometheus(folder.path(), &jobs, "groups: []\n", &[]);
    let desk = Desk::new(&running.url(), "");
    for (page, text) in [
        ("/hon95", HON95),
        ("/ups_metrics", DRUGGERI),
        ("/collectd", COLLECTD),
    ] {
        server.says(page, Say::text(text));
    }
    for last in [
        "nut_input_voltage_volts",
        "network_ups_tools_input_voltage",
        "collectd_nut_voltage",
        "nut_ups_status{job=\"node\"}",
    ] {
        wait(last, 20, || answers(&running.url(), last));
    }
    let document = desk.json(&["metrics"]);
    let readings = document["ups"][0]["readings"].as_array().expect("readings");
    assert_eq!(readings.len(), 4, "{document}");
    for (family, lacks) in [
        ("hon95", ""),
        ("druggeri", "runtime_seconds"),
        ("collectd", "status"),
        ("textfile", "input_voltage_volts"),
    ] {
        let seen = readings.iter().find(|reading| reading["family"] == family);
        let seen = seen.unwrap_or_else(|| panic!("{family} in {document}"));
        for key in [
            "status",
            "charge_percent",
            "runtime_seconds",
            "input_voltage_volts",
        ] {
            assert_eq!(seen[key] == Value::Null, key == lacks, "{key} in {seen}");
        }
        for (key, value) in [
            ("charge_percent", 87.0),
            ("runtime_seconds", 1800.0),
            ("input_voltage_volts", 230.1),
        ] {
            assert!(
                key == lacks || (seen[key].as_f64().expect(key) - value).abs() < 0.01,
                "{seen}"
            );
        }
        assert!(lacks == "status" || seen["status"] == "OL", "{seen}");
        assert_eq!(seen["disagrees"], serde_json::json!([]), "{seen}");
        let age = seen["age_seconds"].as_f64().expect("an age");
        assert!(age < 100.0, "{age}");
        for ask in seen["asks"].as_array().expect("asks") {
            let query = ask[1].as_str().expect("a query");
            assert!(answers(&running.url(), query), "{query} has no answer");
        }
    }
    assert_eq!(document["exit_code"], 0, "{document}");
    let text = desk.upsctl(&["metrics"]).out;
    for line in [
        "charge   87 %",
        "runtime  30 min",
        "input    230.1 V",
        "status   OL",
        "not exported",
    ] {
        assert!(text.contains(line), "{line:?} in\n{text}");
    }
    let rules = desk.upsctl(&["metrics", "rules"]).out;
    let file = desk.path("ups.yml");
    fs::write(&file, &rules).expect("written");
    let checked = Command::new(bin.join("promtool"))
        .args(["check", "rules"])
        .arg(&file)
        .output()
        .expect("promtool runs");
    assert!(
        checked.status.success(),
        "{}{}\n{rules}",
        String::from_utf8_lossy(&checked.stdout),
        String::from_utf8_lossy(&checked.stderr)
    );
    assert!(
        rules.contains("absent(nut_ups_status") && rules.contains("< 60"),
        "{rules}"
    );

    // The UPS goes on battery: upsc says so at once, a page that nobody writes anew does not.
    desk.upsc("OB DISCHRG");
    let document = desk.json(&["metrics"]);
    assert_eq!(document["exit_code"], 3);
    assert!(
        rules_of(&document).contains(&"metrics-disagree"),
        "{document}"
    );

    // The exporter says 503, as HON95's does when the driver is gone.
    desk.upsc("OL");
    server.says(
        "/hon95",
        Say::Whole(503, "", "text/plain", "DRIVER-NOT-CONNECTED".into()),
    );
    wait("the target is down", 20, || {
        answers(&running.url(), "up{job=\"nut\"} == 0")
    });
    assert!(rules_of(&desk.json(&["metrics"])).contains(&"exporter-down"));
    let text = desk.upsctl(&["metrics"]).out;
    assert!(text.contains("server returned HTTP status 503"), "{text}");
}

/// upsctl's own text file through a real node_exporter and Prometheus, and back into `status` when the
/// host is gone: with its age, and not as something that is so now once it is too old.
#[test]
fn what_status_exports_is_what_it_falls_back_on() {
    if programs().is_none() {
        return;
    }
    let (files, folder) = (
        TempDir::new().expect("a folder"),
        TempDir::new().expect("a folder"),
    );
    let node = node_exporter(files.path());
    let running = prometheus(
        folder.path(),
        &job("node", node.port, "/metrics"),
        "groups: []\n",
        &[],
    );
    let desk = Desk::new(&running.url(), "");
    let file = files.path().join("nut.prom");
    let words = [
        "status",
        "--format",
        "prometheus",
        "--out",
        file.to_str().expect("text"),
    ];
    desk.upsc("OB DISCHRG");
    assert_eq!(desk.upsctl(&words).code, 3);
    let on_battery = "network_ups_tools_ups_status{flag=\"OB\"} == 1";
    wait("the file is scraped", 20, || {
        answers(&running.url(), on_battery)
    });
    let document = desk.json(&["metrics"]);
    let reading = &document["ups"][0]["readings"][0];
    assert_eq!(reading["family"], "upsctl", "{document}");
    assert_eq!(reading["disagrees"], serde_json::json!([]), "{document}");

    // As if the host had gone.
    desk.looks_at_no_host();
    let document = desk.json(&["status"]);
    let ups = &document["ups"][0];
    assert_eq!(document["exit_code"], 1, "{document}");
    assert_eq!(ups["headline"], "on_battery", "{document}");
    assert_eq!(ups["read_on"], Value::Null);
    assert_eq!(ups["variables"], serde_json::json!({}));
    assert_eq!(ups["battery_charge_percent"], 87.0);
    let from = &ups["from_prometheus"];
    assert!(
        from["age_seconds"].as_f64().expect("an age") < 120.0 && from["stale"] == false,
        "{from}"
    );
    let text = desk.upsctl(&["status"]).out;
    for words in [
        "ups  on battery",
        "read from Prometheus, ",
        "nobody could be asked directly: pve:",
    ] {
        assert!(text.contains(words), "{words:?} in\n{text}");
    }
    // It is not exported again as if it had been read.
    let exported = desk.upsctl(&["status", "--format", "prometheus"]).out;
    assert!(
        exported.contains("upsctl_ups_answers{ups=\"ups\",server=\"pve\"} 0"),
        "{exported}"
    );
    assert!(
        !exported.contains("network_ups_tools_ups_status"),
        "{exported}"
    );

    // A file that nobody writes any more.
    let text = fs::read_to_string(&file).expect("a file");
    let old =
        text.lines().map(
            |line| match line.starts_with("upsctl_looked_at_timestamp_seconds ") {
                true => format!("upsctl_looked_at_timestamp_seconds {}\n", now() - 4000),
                false => format!("{line}\n"),
            },
        );
    fs::write(&file, old.collect::<String>()).expect("written");
    wait("the old file is scraped", 20, || {
        answers(
            &running.url(),
            "time() - upsctl_looked_at_timestamp_seconds > 3000",
        )
    });
    let document = desk.json(&["status"]);
    assert_eq!(document["ups"][0]["headline"], "not_known", "{document}");
    assert_eq!(
        document["ups"][0]["from_prometheus"]["stale"], true,
        "{document}"
    );
    let text = desk.upsctl(&["status"]).out;
    assert!(
        text.contains("the last that Prometheus has is OB DISCHRG"),
        "{text}"
    );
    assert!(
        rules_of(&desk.json(&["metrics"])).contains(&"metrics-old"),
        "{text}"
    );

    // Neither the host nor Prometheus.
    drop(running);
    let text = desk.upsctl(&["status"]).out;
    assert!(
        text.contains("Prometheus could not be asked either: "),
        "{text}"
    );
}

const ALERTS: &str = r#"groups:
- name: ups
  rules:
  - {alert: Never, expr: 'network_ups_tools_battery_runtime_seconds < 300'}
  - {alert: NeverVoltage, expr: 'nut_input_voltage{ups="ups"} < 200'}
  - {alert: WrongLabel, expr: 'nut_ups_status{ups="rack",status="OB"} == 1'}
  - {alert: Silent, expr: 'nut_ups_status{ups="ups",status="OL"} == 0'}
  - {alert: Fine, expr: 'nut_ups_status{ups="ups",status="OB"} == 1'}
  - {alert: Partly, expr: 'nut_battery_charge < 0.2 or nut_nothing > 1'}
  - {alert: Other, expr: 'node_load1 > 100'}
"#;

#[test]
fn alerts_that_can_never_fire_are_told_and_those_that_are_printed_are_sound() {
    if programs().is_none() {
        return;
    }
    let (server, folder) = (Server::start(), TempDir::new().expect("a folder"));
    server.says("/nut", Say::text(HON95));
    let running = prometheus(
        folder.path(),
        &job("nut", server.port, "/nut"),
        ALERTS,
        &["--web.enable-lifecycle"],
    );
    let desk = Desk::new(&running.url(), "");
    desk.looks_at_no_host();
    let verdicts = |document: &Value| -> Vec<(String, String)> {
        let alerts = document["alerts"].as_array().cloned().unwrap_or_default();
        let word = |value: &Value| value.as_str().map_or(value.to_string(), str::to_string);
        alerts
            .iter()
            .map(|alert| (word(&alert["name"]), word(&alert["verdict"])))
            .collect()
    };
    let wanted = [
        ("Never", "never_fires"),
        ("NeverVoltage", "never_fires"),
        ("WrongLabel", "never_fires"),
        ("Silent", "silent_when_gone"),
        ("Fine", "sound"),
        ("Partly", "partly_empty"),
    ]
    .map(|(name, verdict)| (name.to_string(), verdict.to_string()));
    wait("the exporter", 20, || {
        answers(&running.url(), "nut_input_voltage_volts")
    });
    assert_eq!(verdicts(&desk.json(&["metrics"])), wanted);
    let text = desk.upsctl(&["metrics"]).out;
    let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
    for words in [
        "alert Never can never fire: `network_ups_tools_battery_runtime_seconds`",
        "here it is `nut_battery_runtime_seconds{ups=\"ups\"}`",
        "here it is `nut_input_voltage_volts{ups=\"ups\"}`",
    ] {
        assert!(flat.contains(words), "{words:?} in\n{text}");
    }
    for words in [
        "network_ups_tools_ups_status ask `nut_ups_status{ups=\"ups\",status=\"OL\"}`",
        "nut_input_voltage ask `nut_input_voltage_volts{ups=\"ups\"}`; it is in neither",
    ] {
        assert!(flat.contains(words), "{words:?} in\n{text}");
    }
    // What `metrics rules` prints, read by the same Prometheus.
    let rules = desk.upsctl(&["metrics", "rules"]).out;
    fs::write(folder.path().join("rules.yml"), &rules).expect("written");
    let reload = format!("{}/-/reload", running.url());
    assert!(
        Command::new("curl")
            .args(["-sfX", "POST", &reload])
            .status()
            .expect("curl")
            .success()
    );
    let seen = verdicts(&desk.json(&["metrics"]));
    assert!(
        seen.len() > 5 && seen.iter().all(|(_, verdict)| verdict == "sound"),
        "{seen:?}"
    );
}

/// One that Prometheus cannot evaluate: more than one series matches on both sides.
#[test]
fn an_alert_that_cannot_be_evaluated_is_told() {
    if programs().is_none() {
        return;
    }
    let (server, folder) = (Server::start(), TempDir::new().expect("a folder"));
    server.says("/nut", Say::text(HON95));
    let rules = "groups: [{name: ups, rules: [{alert: Twice, expr: \
                 'nut_ups_status{ups=\"ups\"} + on (ups) nut_ups_status{ups=\"ups\"} > 1'}]}]\n";
    let running = prometheus(folder.path(), &job("nut", server.port, "/nut"), rules, &[]);
    let desk = Desk::new(&running.url(), "");
    wait("the exporter", 20, || {
        answers(&running.url(), "nut_ups_status")
    });
    let said = || rules_of(&desk.json(&["metrics"])).contains(&"alert-broken");
    wait("the rule was tried", 20, said);
    let text = desk.upsctl(&["metrics"]).out;
    assert!(
        text.contains("alert Twice") && text.contains("many-to-many"),
        "{text}"
    );
}

#[test]
fn the_rack_s_draw_comes_from_the_plug_in_its_own_unit() {
    if programs().is_none() {
        return;
    }
    let (server, folder) = (Server::start(), TempDir::new().expect("a folder"));
    let text =
        include_str!("prometheus/homeassistant.prom").replace("LAST", &(now() - 30).to_string());
    server.says("/ha", Say::text(&text));
    let running = prometheus(
        folder.path(),
        &job("homeassistant", server.port, "/ha"),
        "groups: []\n",
        &["--web.external-url=http://x/sub"],
    );
    let url = format!("{}/sub", running.url());
    let power = |meter: &str| Desk::new(&url, &format!("[power]\n{meter}\n"));
    let desk = power("entity = \"sensor.tech_shelf_power\"");
    wait("the plug", 20, || {
        answers(
            &url,
            "count_over_time(homeassistant_sensor_power_w[1m]) > 3",
        )
    });
    let document = desk.json(&["power"]);
    let watts = |key: &str| {
        document[key]["is"]
            .as_f64()
            .unwrap_or_else(|| panic!("{key} in {document}"))
    };
    for key in ["now_watts", "mean_3d_watts", "peak_7d_watts"] {
        assert!((watts(key) - 187.4).abs() < 0.01, "{key}");
    }
    assert!((document["kwh_per_day"].as_f64().expect("energy") - 4.4976).abs() < 0.001);
    let age = document["age_seconds"].as_f64().expect("an age");
    assert!((30.0..90.0).contains(&age), "{age}");
    // 21 % of 800 W carried for 1800 s: 187.4 W for 1613 s.
    let carries = document["ups"][0]["runtime_at_draw_seconds"]
        .as_f64()
        .expect("a time");
    assert!((carries - 1800.0 * 168.0 / 187.4).abs() < 1.0, "{carries}");
    let text = desk.upsctl(&["power"]).out;
    for words in [
        "now          187 W",
        "3-day mean   187 W",
        "4.5 kWh",
        "█",
        "rated        800 W",
        "the draw is 23 % of it",
    ] {
        assert!(text.contains(words), "{words:?} in\n{text}");
    }
    let power = |meter: &str| {
        let desk = power(meter);
        desk.looks_at_no_host();
        desk
    };
    for (meter, now) in [
        ("entity = \"sensor.heater_power\"", 1500.0),
        ("entity = \"sensor.plain_power\"", 42.0),
        (
            "query = 'sum({__name__=~\"homeassistant_sensor_(power|unit)_w\"})'",
            229.4,
        ),
    ] {
        let seen = power(meter).json(&["power"])["now_watts"]["is"]
            .as_f64()
            .expect(meter);
        assert!((seen - now).abs() < 0.01, "{meter}: {seen}");
    }
    for (meter, says) in [
        (
            "entity = \"sensor.nobody\"",
            "has nothing of `sensor.nobody`",
        ),
        (
            "entity = \"sensor.gone_power\"",
            "`sensor.gone_power` is not available",
        ),
        (
            "entity = \"sensor.tech_shelf_energy\"",
            "gives no watts: it is homeassistant_sensor_energy_kwh",
        ),
    ] {
        let ran = power(meter).upsctl(&["power"]);
        assert!(
            ran.code == 1 && ran.err.contains(says) && ran.err.contains("site.toml:"),
            "{}",
            ran.err
        );
    }
    let many = power("query = '{__name__=~\"homeassistant_sensor_power_k?w\"}'").upsctl(&["power"]);
    assert!(
        many.code == 1 && many.out.contains("it gives 2 series"),
        "{}{}",
        many.out,
        many.err
    );
}

#[test]
fn without_a_series_or_a_prometheus_it_says_how_to_read_by_hand() {
    let server = Server::start();
    let empty = r#"{"status":"success","data":{"resultType":"vector","result":[]}}"#;
    server
        .says("/api/v1/query", Say::json(empty))
        .says(
            "/api/v1/targets",
            Say::json(r#"{"status":"success","data":{"activeTargets":[]}}"#),
        )
        .says(
            "/api/v1/rules",
            Say::json(r#"{"status":"success","data":{"groups":[]}}"#),
        );
    let desk = Desk::new(&server.url(), "");
    let ran = desk.upsctl(&["metrics"]);
    assert_eq!(ran.code, 3);
    assert!(
        ran.out.contains("has no series of a UPS")
            && ran.out.contains("\nBy hand:\n    upsc ups@localhost\n"),
        "{}",
        ran.out
    );
    let site = fs::read_to_string(desk.path("site.toml")).expect("text");
    let remote = site.replace("\"local\"", "\"192.0.2.99\"\nuser = \"root\"\nport = 2222");
    fs::write(
        desk.path("site.toml"),
        remote.split("[prometheus]").next().expect("a part"),
    )
    .expect("written");
    let ran = desk.upsctl(&["metrics"]);
    assert_eq!(ran.code, 0);
    assert!(
        ran.out.contains("Not configured")
            && ran
                .out
                .contains("ssh root@192.0.2.99 -p 2222 upsc ups@localhost"),
        "{}",
        ran.out
    );
    assert_eq!(desk.upsctl(&["power"]).code, 0);
}

/// Everything that can come back instead of an answer: an error at the key, with the way out.
#[test]
fn what_is_no_answer_is_an_error_with_a_place_and_a_way_out() {
    let server = Server::start();
    let page = |status, headers, kind, body: &str| Say::Whole(status, headers, kind, body.into());
    let desk = Desk::new(&server.url(), "");
    desk.looks_at_no_host();
    for (say, message, help) in [
        (
            page(401, "", "text/plain", "Unauthorized\n"),
            "HTTP 401: Unauthorized",
            "`username` and `password`, or `token`",
        ),
        (
            page(403, "", "text/plain", "no"),
            "HTTP 403: no",
            "it wants a login",
        ),
        (
            page(404, "", "text/plain", "404 page not found"),
            "HTTP 404",
            "path prefix",
        ),
        (
            page(429, "", "text/plain", "slow down"),
            "HTTP 429: slow down",
            "curl -v",
        ),
        (
            page(500, "", "text/html", "\n<h1>oh</h1>"),
            "HTTP 500: <h1>oh</h1>",
            "its own log",
        ),
        (
            page(502, "", "text/html", ""),
            "HTTP 502",
            "the proxy before it",
        ),
        (
            page(302, "Location: https://login.lan/\r\n", "text/html", ""),
            "redirects elsewhere: https://login.lan/",
            "follows no redirect",
        ),
        (
            page(200, "", "text/html", "<!doctype html>"),
            "no JSON: <!doctype html>",
            "login page",
        ),
        (
            page(200, "", "application/json", ""),
            "none of Prometheus's API",
            "\"status\":\"success\"",
        ),
        (
            page(
                200,
                "",
                "application/json",
                "{\"status\":\"success\",\"data\":[]}",
            ),
            "none of Prometheus's API",
            "curl",
        ),
        (
            page(
                200,
                "",
                "application/json",
                "{\"status\":\"success\",\"data\":{\"resultType\":\"matrix\",\"result\":[]}}",
            ),
            "a `matrix` where a `vector`",
            "curl",
        ),
        (
            page(
                400,
                "",
                "application/json",
                "{\"status\":\"error\",\"errorType\":\"bad_data\",\"error\":\"1:3: parse error\"}",
            ),
            "refuses the query: bad_data: 1:3: parse error",
            "its words say why",
        ),
        (
            page(
                422,
                "",
                "application/json",
                "{\"status\":\"error\",\"errorType\":\"execution\",\"error\":\"many-to-many\"}",
            ),
            "execution: many-to-many",
            "its words say why",
        ),
        (
            Say::Raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
            "speaks no plain HTTP",
            "https://",
        ),
        (Say::Endless, "longer than 8 MB", "far more series"),
    ] {
        server.says("/api", say);
        let ran = desk.upsctl(&["metrics"]);
        let flat = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(ran.code, 1, "{message}: {}", ran.err);
        for words in [message, help, "site.toml:16:7", &server.url()] {
            assert!(flat.contains(words), "{words:?} in\n{}", ran.err);
        }
    }
    let errors = desk.json(&["metrics"]);
    assert_eq!(errors["errors"][0]["place"]["line"], 16);
    let began = Instant::now();
    server.says("/api", Say::Silence(Duration::from_secs(20)));
    let ran = desk.upsctl(&["metrics"]);
    assert!(
        ran.code == 1 && ran.err.contains("no whole answer in time"),
        "{}",
        ran.err
    );
    assert!(
        began.elapsed() < Duration::from_secs(7),
        "{:?}",
        began.elapsed()
    );
    desk.inventory("http://no-such-name.invalid:9090", "");
    desk.looks_at_no_host();
    let ran = desk.upsctl(&["metrics"]);
    assert!(
        ran.code == 1 && ran.err.contains("getent hosts no-such-name.invalid"),
        "{}",
        ran.err
    );
}

#[test]
fn the_login_is_sent_and_never_shown() {
    let server = Server::start();
    let heard = |desk: &Desk| {
        server.heard.lock().expect("no panic").clear();
        desk.upsctl(&["metrics"]);
        server.heard.lock().expect("no panic").concat()
    };
    let bearer = Desk::new(&server.url(), "token = { env = \"TOKEN\" }\n");
    assert!(heard(&bearer).contains("authorization: Bearer hunter2\r\n"));
    let basic = Desk::new(
        &server.url(),
        "username = \"me\"\npassword = { command = \"echo $TOKEN\" }\n",
    );
    // me:hunter2
    assert!(heard(&basic).contains("authorization: Basic bWU6aHVudGVyMg==\r\n"));
    let unset = Desk::new(&server.url(), "token = { env = \"NOT_SET\" }\n").upsctl(&["metrics"]);
    assert!(
        unset.code == 2 && unset.err.contains("`[prometheus] token`: env NOT_SET"),
        "{}",
        unset.err
    );
}

fn openssl(folder: &Path, words: &str) {
    let words: Vec<&str> = words.split(' ').collect();
    let output = Command::new("openssl")
        .args(&words)
        .current_dir(folder)
        .output()
        .expect("openssl runs");
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A server of TLS, by the real Prometheus, with certificates of every trouble.
#[test]
fn tls_is_verified_against_the_ca_of_the_inventory() {
    if programs().is_none() {
        return;
    }
    let folder = TempDir::new().expect("a folder");
    let at = folder.path();
    openssl(
        at,
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj /CN=ca -keyout ca.key -out ca.pem",
    );
    openssl(
        at,
        "req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=prom -keyout key.pem -out prom.csr",
    );
    fs::write(at.join("ext"), "subjectAltName=IP:127.0.0.1\n").expect("written");
    openssl(
        at,
        "x509 -req -in prom.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out good.pem",
    );
    fs::write(at.join("ext"), "subjectAltName=DNS:elsewhere\n").expect("written");
    openssl(
        at,
        "x509 -req -in prom.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 30 -extfile ext -out name.pem",
    );
    openssl(
        at,
        "req -x509 -key key.pem -days 30 -subj /CN=self -addext subjectAltName=IP:127.0.0.1 -out self.pem",
    );
    for (certificate, ca, says, help) in [
        ("good", Some("ca"), "", ""),
        ("good", None, "TLS failed", "`ca_file`"),
        (
            "name",
            Some("ca"),
            "TLS failed",
            "that the certificate is for",
        ),
        (
            "self",
            Some("self"),
            "TLS failed",
            "basicConstraints=critical,CA:FALSE",
        ),
    ] {
        let config =
            format!("tls_server_config: {{cert_file: {certificate}.pem, key_file: key.pem}}\n");
        fs::write(at.join("web.yml"), config).expect("written");
        let _ = fs::remove_dir_all(at.join("data"));
        let web = format!("--web.config.file={}", at.join("web.yml").display());
        let running = prometheus(at, "", "groups: []\n", &[&web]);
        let url = running.url().replace("http:", "https:");
        let more = ca.map_or(String::new(), |ca| {
            format!("ca_file = \"{}\"\n", at.join(format!("{ca}.pem")).display())
        });
        let desk = Desk::new(&url, &more);
        desk.looks_at_no_host();
        let ran = desk.upsctl(&["metrics"]);
        let flat = ran.err.split_whitespace().collect::<Vec<_>>().join(" ");
        match says {
            "" => assert_eq!((ran.code, ran.err.as_str()), (3, ""), "{}", ran.out),
            says => assert!(
                ran.code == 1 && flat.contains(says) && flat.contains(help),
                "{certificate} {}",
                ran.err
            ),
        }
        // And each way round with the scheme.
        desk.inventory(&running.url(), "");
        let plain = desk.upsctl(&["metrics"]).err;
        assert!(plain.contains("https://"), "{plain}");
    }
    let server = Server::start();
    let plain = server.url().replace("http:", "https:");
    let ran = Desk::new(&plain, "").upsctl(&["metrics"]);
    assert!(ran.code == 1 && ran.err.contains("http://"), "{}", ran.err);
    let none = Desk::new(
        &plain,
        &format!("ca_file = \"{}\"\n", at.join("key.pem").display()),
    )
    .upsctl(&["metrics"]);
    assert!(
        none.code == 2 && none.err.contains("has no certificate in it"),
        "{}",
        none.err
    );
    let lost = Desk::new(&plain, "ca_file = \"nowhere.pem\"\n").upsctl(&["metrics"]);
    assert!(
        lost.code == 2 && lost.err.contains("nowhere.pem"),
        "{}",
        lost.err
    );
}

/// 10^5 series of something else whose names begin like a UPS's, and the one UPS among them.
#[test]
fn a_hundred_thousand_series_are_no_hindrance() {
    if programs().is_none() {
        return;
    }
    let (server, folder) = (Server::start(), TempDir::new().expect("a folder"));
    let crowd: String = (0..100_000)
        .map(|n| format!("ups_parcels_total{{parcel=\"{n}\"}} {n}\n"))
        .collect();
    server.says("/nut", Say::text(&format!("{HON95}{crowd}")));
    let jobs = job("nut", server.port, "/nut").replace(
        "metrics_path",
        "scrape_interval: 10s\n  scrape_timeout: 10s\n  metrics_path",
    );
    let running = prometheus(folder.path(), &jobs, "groups: []\n", &[]);
    let desk = Desk::new(&running.url(), "");
    desk.looks_at_no_host();
    wait("the crowd", 40, || {
        answers(&running.url(), "count(ups_parcels_total) > 99999")
    });
    let began = Instant::now();
    let document = desk.json(&["metrics"]);
    assert!(
        began.elapsed() < Duration::from_secs(8),
        "{:?}",
        began.elapsed()
    );
    assert_eq!(document["exit_code"], 0, "{document}");
    assert_eq!(document["ups"][0]["readings"][0]["charge_percent"], 87.0);
}
