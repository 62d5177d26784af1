//! How long `upsctl check` takes for 10 to 10,000 hosts, and whether that is linear; and how long the
//! program takes to start. `cargo bench --bench check`; with `-- --strict` it fails when a budget
//! is missed: 0.2 s for 1,000 hosts, four times the hosts' ratio, 3 ms for the start.
#![allow(clippy::print_stdout, clippy::exit)]

use std::fmt::Write as _;
use std::process::Command;
use std::time::{Duration, Instant};

use upsctl::inventory::load;
use upsctl::render::{self, Templates};
use upsctl::rules::lint;

const SIZES: [usize; 4] = [10, 100, 1_000, 10_000];
const BUDGET_1000: Duration = Duration::from_millis(200);
const BUDGET_START: Duration = Duration::from_millis(3);

/// A site of racks: a server, its UPS, and nine clients each.
fn racks(hosts: usize) -> String {
    let mut text = String::from("[secrets]\npassword = { env = \"NUT_{user}\" }\n");
    for n in 0..hosts {
        let (rack, place) = (n / 10, n % 10);
        let address = format!("10.{}.{}.{}", n / 65_536, n / 256 % 256, n % 256);
        if place == 0 {
            let _ = write!(
                text,
                "[ups.ups{rack}]\nhost = \"s{rack}\"\ndriver = \"usbhid-ups\"\n[hosts.s{rack}]\naddress = \"{address}\"\n"
            );
        } else {
            let _ = write!(
                text,
                "[hosts.c{n}]\naddress = \"{address}\"\npowered_by = [\"ups{rack}\"]\nshutdown_takes = \"90s\"\n"
            );
        }
    }
    text
}

/// One UPS that feeds everybody: the worst a site can look like.
fn star(hosts: usize) -> String {
    let mut text = String::from(
        "[secrets]\npassword = { env = \"NUT_{user}\" }\n[ups.ups]\nhost = \"s\"\ndriver = \"usbhid-ups\"\n[hosts.s]\naddress = \"10.255.0.1\"\n",
    );
    for n in 1..hosts {
        let address = format!("10.{}.{}.{}", n / 65_536, n / 256 % 256, n % 256);
        let _ = write!(
            text,
            "[hosts.c{n}]\naddress = \"{address}\"\npowered_by = [\"ups\"]\n"
        );
    }
    text
}

/// The best of some runs of everything that `upsctl check` does: load, render, look.
fn time(text: &str) -> [Duration; 3] {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("site.toml");
    std::fs::write(&path, text).expect("written");
    let once = || {
        let start = Instant::now();
        let loaded = load(&path).expect("an inventory");
        let load = start.elapsed();
        let templates = Templates::built_in().expect("built in");
        let places = loaded.places();
        let index = render::InventoryIndex::new(&loaded.inventory, &places);
        let names = loaded.inventory.hosts.keys();
        let desired = names.map(|name| render::desired(&index, name, None, &templates));
        let hosts: Vec<_> = desired.collect::<Result<_, _>>().expect("rendered");
        let render = start.elapsed() - load;
        let report = lint::check(&upsctl::site::ParsedSite::rendered(
            &loaded.inventory,
            &hosts,
            &places,
        ));
        assert!(report.findings.is_empty(), "{:#?}", report.findings.first());
        [load, render, start.elapsed() - load - render]
    };
    let total = |parts: &[Duration; 3]| parts.iter().sum::<Duration>();
    (0..3)
        .map(|_| once())
        .min_by_key(total)
        .expect("three runs")
}

fn start() -> Duration {
    let once = || {
        let start = Instant::now();
        let done = Command::new(env!("CARGO_BIN_EXE_upsctl"))
            .arg("--version")
            .output();
        assert!(done.is_ok_and(|output| output.status.success()));
        start.elapsed()
    };
    (0..50).map(|_| once()).min().expect("runs")
}

fn main() {
    let strict = std::env::args().any(|argument| argument == "--strict");
    let mut missed = false;
    for (name, site) in [("racks", racks as fn(usize) -> String), ("star", star)] {
        let mut before: Option<Duration> = None;
        for size in SIZES {
            let parts = time(&site(size));
            let took: Duration = parts.iter().sum();
            let [load, render, rules] = parts.map(|part| part.as_secs_f64() * 1e3);
            let ratio = before.map_or(1.0, |before| took.as_secs_f64() / before.as_secs_f64());
            println!(
                "{name:6} {size:6} hosts {:9.1} ms  x{ratio:.1}  (load {load:.1}, render {render:.1}, rules {rules:.1})",
                took.as_secs_f64() * 1e3
            );
            missed |= size == 1_000 && took > BUDGET_1000 || ratio > 40.0;
            before = Some(took);
        }
    }
    let took = start();
    println!("start of the program {:.2} ms", took.as_secs_f64() * 1e3);
    missed |= took > BUDGET_START;
    if missed {
        println!("a budget was missed");
    }
    if missed && strict {
        std::process::exit(1);
    }
}
