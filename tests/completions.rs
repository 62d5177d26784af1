//! Tab in real shells, on a terminal of their own: the inventory's hosts, tags, rules and symptoms.

use std::io::{Read, Write};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// What a shell shows after `keys`, until all of `wanted` are there or patience ends.
fn typed(shell: &str, set_up: &str, keys: &str, wanted: &[&str]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let site = "[ups.ups]\nhost = \"alpha\"\ndriver = \"dummy-ups\"\n\
        [hosts.alpha]\naddress = \"192.0.2.1\"\ntags = [\"rack1\"]\n\
        [hosts.beta-nas]\naddress = \"192.0.2.2\"\npowered_by = [\"ups\"]\n";
    std::fs::create_dir(folder.path().join("inventory")).expect("a folder");
    std::fs::write(folder.path().join("inventory/site.toml"), site).expect("written");
    let program = env!("CARGO_BIN_EXE_upsctl");
    let here = std::path::Path::new(program).parent().expect("a folder");
    let path = format!(
        "{}:{}",
        here.display(),
        std::env::var("PATH").unwrap_or_default()
    );
    // `script` gives the shell the terminal that completion needs.
    let mut child = Command::new("script")
        .args(["-qfec", shell, "/dev/null"])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("TERM", "dumb")
        .env("HOME", folder.path())
        .env_remove("UPSCTL_INVENTORY")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script, of util-linux");
    let mut stdout = child.stdout.take().expect("a pipe");
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut bytes = [0; 4096];
        while let Ok(count @ 1..) = stdout.read(&mut bytes) {
            if sender.send(bytes[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    let mut stdin = child.stdin.take().expect("a pipe");
    let mut seen = String::new();
    let wait_for = |seen: &mut String, words: &[&str]| {
        let end = Instant::now() + PATIENCE;
        while !words.iter().all(|word| seen.contains(word)) && Instant::now() < end {
            if let Ok(bytes) = receiver.recv_timeout(Duration::from_millis(200)) {
                seen.push_str(&String::from_utf8_lossy(&bytes));
            }
        }
    };
    // The word is put together by the shell, so that its echo is not taken for it.
    let ready = format!("{set_up}; printf 'rea%s\\n' dy\n");
    stdin.write_all(ready.as_bytes()).expect("typed");
    wait_for(&mut seen, &["ready"]);
    assert!(seen.contains("ready"), "{shell} is not ready: {seen}");
    seen.clear();
    stdin.write_all(keys.as_bytes()).expect("typed");
    wait_for(&mut seen, wanted);
    let _ = child.kill();
    let _ = child.wait();
    seen
}

fn offers(shell: &str, set_up: &str, keys: &str, wanted: &[&str]) {
    let seen = typed(shell, set_up, keys, wanted);
    for word in wanted {
        assert!(
            seen.contains(word),
            "{shell}: {keys:?} does not offer {word}:\n{seen}"
        );
    }
}

fn has(shell: &str) -> bool {
    let found = Command::new(shell)
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    let there = found.is_ok_and(|status| status.success());
    let ci = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(
        there || !ci,
        "{shell} is not installed, and in CI it must be (scripts/deps.sh)"
    );
    there
}

const BASH: &str = "bash --norc --noprofile -i";
const BASH_SET_UP: &str =
    "bind 'set enable-bracketed-paste off'; source <(upsctl completions bash)";
const ZSH: &str = "zsh -f -i";
const ZSH_SET_UP: &str = "autoload -Uz compinit; compinit -u -D; source <(upsctl completions zsh)";

#[test]
fn bash_offers_the_hosts_and_tags_of_the_inventory_at_hand() {
    if has("bash") {
        offers(
            BASH,
            BASH_SET_UP,
            "upsctl deploy \t\t",
            &["alpha", "beta-nas", "@rack1"],
        );
    }
}

#[test]
fn bash_offers_symptoms_and_rules() {
    if has("bash") {
        offers(
            BASH,
            BASH_SET_UP,
            "upsctl doctor \t\t",
            &["not-detected", "beta-nas"],
        );
        offers(
            BASH,
            BASH_SET_UP,
            "upsctl explain driver-m\t\t",
            &["driver-masked"],
        );
    }
}

#[test]
fn zsh_offers_the_hosts_and_tags_of_the_inventory_at_hand() {
    if has("zsh") {
        offers(
            ZSH,
            ZSH_SET_UP,
            "upsctl deploy \t\t",
            &["alpha", "beta-nas", "@rack1"],
        );
    }
}
