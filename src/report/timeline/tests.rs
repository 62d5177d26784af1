use super::*;
use crate::model::finding::Severity;
use crate::model::inventory::Platform;
use crate::nut::timing::Timing;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;
use crate::report::Verbosity;
use crate::time::guests::Guests;
use crate::time::{
    Battery, Decides, Figure, Host, Kind, Leaves, Moment, Outage, Ups, Watch, WayDown, time_line,
};

fn host(name: &str, primary: bool, takes: f64, finaldelay: i64) -> Host {
    let ups = UpsName::new("ups").unwrap();
    let version = NutVersion::V2_8_1;
    Host {
        name: HostName::new(name).unwrap(),
        platform: Platform::Debian,
        version,
        delays: Timing {
            finaldelay,
            ..Timing::default()
        },
        watches: vec![Watch {
            ups: ups.clone(),
            primary,
            power: 1,
        }],
        min_supplies: 1,
        fed_by: vec![ups],
        cuts: primary,
        logged_in: None,
        leaves: Leaves::WhenTold,
        way_down: WayDown::stated(takes),
        guests: Guests::None,
        mounts: Vec::new(),
    }
}

fn course(battery: Battery) -> Course {
    let outage = Outage {
        ups: vec![Ups {
            name: UpsName::new("ups").unwrap(),
            server: HostName::new("pve").unwrap(),
            driver: "usbhid-ups".into(),
            battery,
            off_delay: Some(Figure::new(20.0, "test")),
            on_delay: Some(Figure::new(30.0, "the default of usbhid-ups")),
            strangers: 0,
        }],
        hosts: vec![
            host("pve", true, 30.0, 90),
            host("nas", false, 90.0, 5),
            host("a-host-with-a-very-long-name-indeed", false, 10.0, 5),
        ],
    };
    Course {
        basis: Basis::Observed,
        line: time_line(&outage),
        findings: Vec::new(),
        not_looked: BTreeMap::new(),
        guests_not_seen: BTreeMap::new(),
    }
}

fn full() -> Battery {
    Battery {
        charge: Some(100.0),
        runtime: Some(900.0),
        runtime_low: Some(300.0),
        decides: Decides::Ups,
        ..Battery::default()
    }
}

fn plain(course: &Course, width: usize) -> String {
    let page = Page {
        verbosity: Verbosity::Normal,
        width,
        selection: Vec::new(),
    };
    anstream::adapter::strip_str(&human(course, &page)).to_string()
}

#[test]
fn the_chart_is_as_wide_as_the_terminal_and_no_wider() {
    let course = course(full());
    for width in 40..=200 {
        let text = plain(&course, width);
        let (chart, _) = text.split_once("About").unwrap();
        for line in chart.lines().skip_while(|line| !line.starts_with(' ')) {
            assert!(line.chars().count() <= width, "{width}: {line}");
        }
        for name in ["ups ", "pve ", "nas ", "a-host"] {
            let bar = chart
                .lines()
                .find(|line| line.starts_with(&format!("  {name}")));
            let bar = bar.unwrap_or_else(|| panic!("{name} at {width}"));
            assert!(bar.contains(['█', '━']), "{width}: {bar}");
        }
    }
}

#[test]
fn the_chart_reads_without_colour() {
    let text = plain(&course(full()), 80);
    insta::assert_snapshot!(text);
    let rows: Vec<&str> = text.lines().filter(|line| line.contains('─')).collect();
    assert_eq!(rows.len(), 4, "three hosts and the legend:\n{text}");
    assert!(
        text.contains("About 10 min after mains fail the battery is low"),
        "{text}"
    );
}

#[test]
fn a_threshold_that_nobody_heeds_is_never_shown_as_one() {
    let battery = Battery {
        charge_low: Some(20.0),
        decides: Decides::Unknown,
        ..full()
    };
    let text = plain(&course(battery), 80);
    assert!(!text.contains("20 %") && !text.contains("fits"), "{text}");
    assert!(
        text.contains("is not known: nothing tells when the UPS says"),
        "{}",
        text.replace('\n', " ")
    );
}

#[test]
fn measured_moments_have_a_row_of_their_own() {
    let mut course = course(full());
    let moments = &mut course.line.chains[0].hosts[0].moments;
    moments.push(Moment::measured(Kind::Shutdown, 6.7, 0.1));
    moments.push(Moment::measured(Kind::Down, 30.0, 0.1));
    let text = plain(&course, 80);
    assert!(
        text.lines()
            .any(|line| line.trim_start().starts_with("measured")),
        "{text}"
    );
    let html = page(&course, "t").unwrap();
    assert!(html.contains("row measured"), "no row");
}

#[test]
fn hostile_text_does_not_become_markup() {
    let mut course = course(full());
    let evil = "</title><script>alert(1)</script>\"><img src=x onerror=y>\u{1b}[2J";
    let host = HostName::new("nas").unwrap();
    course.not_looked.insert(host.clone(), evil.into());
    course.line.chains[0].ups[0].driver = evil.into();
    course.line.chains[0].hosts[0].way_down_from = evil.into();
    course.findings = vec![
        Finding::new("power-gone-early", Severity::Error, evil)
            .on(&host)
            .fix(evil),
    ];
    let html = page(&course, evil).unwrap();
    for tag in ["<script", "<img", "\u{1b}"] {
        assert!(!html.contains(tag), "{tag} in {html}");
    }
    assert!(!plain(&course, 80).contains('\u{1b}'));
}

#[test]
fn the_page_fetches_nothing_and_runs_nothing() {
    let html = page(&course(full()), "When mains fail").unwrap();
    for word in ["<script", "http://", "https://", "src=", "@import", "url("] {
        assert!(!html.contains(word), "{word}");
    }
}

/// `UPDATE=1 cargo test --lib report::timeline` writes it anew.
#[test]
fn the_schema_is_the_one_that_is_documented() {
    let schema = schemars::schema_for!(TimeLine);
    let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/timeline.schema.json");
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), text);
}
