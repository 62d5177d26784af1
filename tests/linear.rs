//! What lies on a host may be written to hurt: the work on it grows with its size, and no faster. Counted
//! is this thread's own time on the processor, of four times as much against once.

use std::fs;
use std::path::Path;
use std::time::Duration;

use upsctl::flow::check_files::check_files;
use upsctl::model::masking;
use upsctl::model::secret::SecretStore;
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::observe::{Came, Recording};
use upsctl::rules::doctor::diagnose;

/// Linear is 4, quadratic is 16.
const MOST: f64 = 8.0;
/// The kernel counts in ticks of 4 ms: below a few of them nothing can be said.
const SHORTEST: Duration = Duration::from_millis(12);

/// A line by its number.
type Line = fn(usize) -> String;

/// What a line of each kind is.
const KINDS: [(File, Line); 13] = [
    (File::Upsmon, |n| format!("NOTHING{n} x\n")),
    (File::Upsmon, |n| {
        format!("MONITOR u{n}@h{n} 1 me pw primary\n")
    }),
    (File::Upsmon, |_| "MINSUPPLIES 1\n".into()),
    (File::Upsmon, |n| format!("NOTIFYCMD \"/bin/x {n}\n")),
    (File::Upsmon, |_| "x \\\n".into()),
    (File::Upsmon, |_| {
        "# MONITOR a MONITOR b MONITOR c password=\n".into()
    }),
    (File::Upsmon, |_| "http://a:b".into()),
    (File::Ups, |n| {
        format!("[ups{n}]\ndriver = dummy-ups\nport = x\n")
    }),
    (File::Ups, |_| "[ups]\n driver = x\n".into()),
    (File::Ups, |n| format!("pasword{n} = \"\n")),
    (File::UpsdUsers, |n| {
        format!("[u{n}]\npassword = x{n}\nupsmon primary\n")
    }),
    (File::UpsdUsers, |_| "password = a#\"b\n".into()),
    (File::Nut, |n| format!("X{n}='a\n")),
];

fn text(kind: usize, count: usize) -> String {
    (0..count).map(KINDS[kind].1).collect()
}

/// Time on the processor.
fn took(work: impl Fn()) -> Duration {
    let spent = || {
        let text = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        text.split(' ').next().unwrap().parse::<u64>().unwrap()
    };
    // The lesser of two: caches and the allocator cost the first time.
    let runs = (0..2).map(|_| {
        let from = spent();
        work();
        spent() - from
    });
    Duration::from_nanos(runs.min().unwrap())
}

fn growth(what: &str, work: impl Fn(usize, usize)) {
    let mut wrong = Vec::new();
    for kind in 0..KINDS.len() {
        let count = 100;
        let once = took(|| work(kind, count)).max(SHORTEST);
        let four = took(|| work(kind, 4 * count));
        let ratio = four.as_secs_f64() / once.as_secs_f64();
        if ratio > MOST {
            wrong.push(format!("{:?}: {once:?} and {four:?}", text(kind, 1)));
        }
    }
    assert!(wrong.is_empty(), "{what}:\n{}", wrong.join("\n"));
}

#[test]
fn linting_is_linear() {
    let dir = tempfile::TempDir::new().unwrap();
    growth("linting", |kind, count| {
        for file in File::ALL {
            let _ = fs::remove_file(dir.path().join(file.name()));
        }
        fs::write(dir.path().join("nut.conf"), "MODE=netserver\n").unwrap();
        fs::write(dir.path().join(KINDS[kind].0.name()), text(kind, count)).unwrap();
        check_files(dir.path(), &[NutVersion::V2_8_1]).unwrap();
    });
}

#[test]
fn masking_is_linear() {
    growth("masking", |kind, count| {
        masking::file(
            KINDS[kind].0,
            &text(kind, 4 * count),
            &SecretStore::default(),
        );
    });
}

fn recording(kind: usize, count: usize) -> Recording {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor/2.8.1.json");
    let mut recording = Recording::read(&fs::read_to_string(path).unwrap()).unwrap();
    let header = format!("--n file {}", KINDS[kind].0.name());
    for host in &mut recording.hosts {
        let Came::Answer { lines, .. } = &mut host.came else {
            panic!("an answer");
        };
        let at = lines.iter().position(|line| *line == header).unwrap();
        let hostile = text(kind, count);
        lines.splice(at + 1..=at, hostile.split('\n').map(str::to_string));
    }
    recording
}

#[test]
fn diagnosing_is_linear() {
    growth("diagnosing", |kind, count| {
        diagnose(&recording(kind, count).bundles(), None, &[]);
    });
}
