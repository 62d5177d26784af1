//! Runs the targets for some seconds with the stable toolchain: texts made of the words that matter,
//! and known texts with some bytes changed. What breaks a target is left in `fuzz/artifacts/`.

use std::panic;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use upsctl_fuzz::{TARGETS, Target};

/// The pieces texts are made of.
const WORDS: [&str; 46] = [
    "[",
    "]",
    "\"",
    "\\",
    "#",
    "=",
    " ",
    "\n",
    "\r\n",
    "\t",
    "'",
    "\\\n",
    "\"\"",
    "é",
    "\u{feff}",
    "\0",
    "[ups]",
    "[nas]\n",
    "password = ",
    "password",
    "upsmon secondary\n",
    "MONITOR ",
    "ups@h:1 1 u pw primary\n",
    "ups@[::1] 1 u \"p w\" slave\n",
    "driver = usbhid-ups\n",
    "port = auto\n",
    "LISTEN * 1\n",
    "MODE=none\n",
    "NOTIFYMSG ONBATT \"%s\"\n",
    "CERTIDENT name pw\n",
    "actions = SET\n",
    "canary-7",
    "hosts",
    "ups",
    ".",
    "\"\"\"",
    "address = \"10.0.0.1\"\n",
    "[hosts.a]\n",
    "[ups.ups]\nhost = \"a\"\ndriver = \"usbhid-ups\"\n",
    "powered_by = [\"ups\"]\n",
    "[hosts.a.upsmon]\n",
    "{ literal = \"x\" }",
    "[secrets]\npassword = ",
    "1979-05-27",
    "true\n",
    "-1\n",
];

/// SplitMix64: small, and the same everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, most: usize) -> usize {
        usize::try_from(self.next() % most.max(1) as u64).unwrap_or(0)
    }
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(30);
    let wanted: Vec<String> = arguments.collect();
    let targets: Vec<Target> = TARGETS
        .into_iter()
        .filter(|(name, _)| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name))
        .collect();
    let corpus = corpus();
    let seed = std::env::var("SEED")
        .ok()
        .and_then(|text| text.parse().ok());
    let seed = seed.unwrap_or_else(|| u64::from(std::process::id()));
    println!("seed {seed}, {} texts", corpus.len());
    let budget = Duration::from_secs(seconds) / u32::try_from(targets.len().max(1)).unwrap_or(1);
    let broken: usize = targets
        .iter()
        .map(|target| run(target, &corpus, seed, budget))
        .sum();
    if broken > 0 {
        std::process::exit(1);
    }
}

fn run((name, target): &Target, corpus: &[Vec<u8>], seed: u64, budget: Duration) -> usize {
    let mut random = Random(seed);
    let (start, mut runs, mut broken) = (Instant::now(), 0usize, 0usize);
    while start.elapsed() < budget && broken < 5 {
        let input = input(&mut random, corpus);
        runs += 1;
        if panic::catch_unwind(|| target(&input)).is_err() {
            broken += 1;
            println!("{name}: broken, kept as {}", keep(name, &input).display());
        }
    }
    println!("{name}: {runs} runs, {broken} broken");
    broken
}

fn input(random: &mut Random, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = match random.below(3) {
        0 => Vec::new(),
        _ => corpus
            .get(random.below(corpus.len()))
            .cloned()
            .unwrap_or_default(),
    };
    for _ in 0..=random.below(12) {
        let at = random.below(bytes.len() + 1);
        match random.below(5) {
            0 if at < bytes.len() => bytes[at] = random.next().to_le_bytes()[0],
            1 if at < bytes.len() => {
                let end = (at + 1 + random.below(20)).min(bytes.len());
                bytes.drain(at..end);
            }
            2 => {
                let end = (at + random.below(40)).min(bytes.len());
                let again = bytes[at..end].to_vec();
                bytes.splice(at..at, again);
            }
            _ => {
                let word = WORDS[random.below(WORDS.len())];
                bytes.splice(at..at, word.bytes());
            }
        }
    }
    bytes
}

/// The texts of the repository: samples, goldens, inventories.
fn corpus() -> Vec<Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut folders = vec![
        root.join("tests/golden"),
        root.join("tests/rules"),
        root.join("inventory"),
    ];
    let mut texts = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if std::fs::metadata(&path).is_ok_and(|meta| meta.len() < 8192) {
                texts.extend(std::fs::read(&path));
            }
        }
    }
    texts.sort();
    texts
}

fn keep(name: &str, input: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("artifacts")
        .join(name);
    let sum = input.iter().fold(0xcbf2_9ce4_8422_2325u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let path = folder.join(format!("crash-{sum:016x}"));
    let _ = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, input));
    path
}
