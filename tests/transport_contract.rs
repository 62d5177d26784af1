//! What every transport promises, asked of each kind: this machine and a real sshd.

#[path = "support/processes.rs"]
mod processes;
#[path = "support/sshd.rs"]
mod sshd;

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command as Process, Stdio};
use std::time::{Duration, Instant};

use sshd::Sshd;
use tempfile::TempDir;
use upsctl::host::{Command, Dialogue, Local, Output, Silent, Ssh, Transport};
use upsctl::model::outcome::HostError;
use upsctl::model::secret::Secret;

/// Each promise becomes one test for each kind.
macro_rules! promises {
    ($($name:ident)*) => {
        mod local {
            $(#[test]
            fn $name() {
                let shims = super::shims(&[]);
                super::$name(&mut super::local(shims.path()));
            })*
        }
        mod ssh {
            $(#[test]
            fn $name() {
                let shims = super::shims(&[]);
                let Some(sshd) = super::sshd(shims.path(), "") else { return };
                super::$name(&mut sshd.transport());
            })*
        }
    };
}

promises! {
    passes_quotes_unicode_and_empty_words
    gives_the_exit_status_of_the_program
    passes_3_mb_there_and_back
    does_not_wait_for_a_program_that_reads_nothing
    keeps_the_streams_apart
    lets_the_program_ask_and_answers
    closes_stdin_when_nothing_is_to_be_said
    gives_up_at_the_deadline
    loses_a_program_that_is_killed
    keeps_output_without_a_final_line_end
    keeps_bytes_that_are_no_utf_8
    does_not_listen_for_ever_to_a_program_that_never_stops
    never_has_program_or_input_in_a_process_list
    runs_one_program_after_another
    shows_lines_as_they_come
    says_when_the_program_is_no_sh
}

fn passes_quotes_unicode_and_empty_words(to: &mut dyn Transport) {
    let program = r#"set -- '' "it's" 'a "b" c' 'ü €' '$HOME `id` \n !x' '*'
printf '[%s]' "$@"; cat"#;
    let output = run(to, program, "' \" $x `y` \\ ü").unwrap();
    let expected = "[][it's][a \"b\" c][ü €][$HOME `id` \\n !x][*]' \" $x `y` \\ ü";
    assert_eq!(text(&output), expected);
}

fn gives_the_exit_status_of_the_program(to: &mut dyn Transport) {
    for status in [0, 3, 127, 128 + 15, 255] {
        assert_eq!(
            run(to, &format!("exit {status}"), "").unwrap().status,
            status
        );
    }
    assert_eq!(run(to, "sh -c 'kill -9 $$'", "").unwrap().status, 128 + 9);
}

fn passes_3_mb_there_and_back(to: &mut dyn Transport) {
    let input: String = (0..400_000)
        .map(|number| format!("{number:07}\n"))
        .collect();
    assert!(input.len() > 3_000_000);
    let output = run(to, "cat", &input).unwrap();
    assert!(
        text(&output) == input,
        "{} bytes came back",
        output.stdout.len()
    );
}

fn does_not_wait_for_a_program_that_reads_nothing(to: &mut dyn Transport) {
    let input = "x".repeat(3_000_000);
    assert_eq!(run(to, "exit 4", &input).unwrap().status, 4);
    let program = "dd if=/dev/zero bs=1M count=3 2>/dev/null; cat >/dev/null; exit 5";
    let output = run(to, program, &input).unwrap();
    assert_eq!((output.status, output.stdout.len()), (5, 3 << 20));
}

fn keeps_the_streams_apart(to: &mut dyn Transport) {
    let output = run(to, "echo out; echo err >&2; echo out again", "").unwrap();
    assert_eq!(text(&output), "out\nout again\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "err\n");
}

/// Answers each question with its own words; keeps what it saw and when.
#[derive(Default)]
struct Talk {
    seen: Vec<(String, Duration)>,
    begun: Option<Instant>,
}

impl Dialogue for Talk {
    fn line(&mut self, line: &str) -> Option<String> {
        let begun = *self.begun.get_or_insert_with(Instant::now);
        self.seen.push((line.into(), begun.elapsed()));
        line.strip_prefix("? ")
            .map(|question| format!("so {question}\n"))
    }
}

fn lets_the_program_ask_and_answers(to: &mut dyn Transport) {
    let program = "read -r first; echo \"got $first\"
for number in 1 2 3; do echo \"? $number\"; read -r answer; echo \"heard $answer\"; done; exit 6";
    let mut talk = Talk::default();
    let output = to.run(&command(program, "input\n"), &mut talk).unwrap();
    assert_eq!(output.status, 6);
    let lines = "got input|? 1|heard so 1|? 2|heard so 2|? 3|heard so 3";
    let seen: Vec<&str> = talk.seen.iter().map(|(line, _)| line.as_str()).collect();
    assert_eq!(seen.join("|"), lines);
    assert_eq!(text(&output), format!("{}\n", lines.replace('|', "\n")));
}

fn closes_stdin_when_nothing_is_to_be_said(to: &mut dyn Transport) {
    let output = run(to, "cat; read -r more; echo \"end $?\"", "a\nb\n").unwrap();
    assert_eq!(text(&output), "a\nb\nend 1\n");
}

fn gives_up_at_the_deadline(to: &mut dyn Transport) {
    for input in [String::new(), "x".repeat(3_000_000)] {
        let mut slow = command("echo begun; sleep 60", &input);
        slow.deadline = Duration::from_millis(900);
        let begun = Instant::now();
        assert_eq!(
            to.run(&slow, &mut Silent),
            Err(HostError::TimedOut { seconds: 1 })
        );
        assert!(
            begun.elapsed() < Duration::from_secs(8),
            "{:?}",
            begun.elapsed()
        );
    }
    assert_eq!(
        text(&run(to, "echo still here", "").unwrap()),
        "still here\n"
    );
}

fn loses_a_program_that_is_killed(to: &mut dyn Transport) {
    let lost = run(to, "echo begun; kill -9 $$", "");
    let Err(HostError::Lost { detail }) = lost else {
        panic!("{lost:?}")
    };
    assert!(detail.contains("killed"), "{detail}");
    assert_eq!(text(&run(to, "echo again", "").unwrap()), "again\n");
}

fn keeps_output_without_a_final_line_end(to: &mut dyn Transport) {
    let mut talk = Talk::default();
    let output = to
        .run(&command("printf 'whole\\nbroken'", ""), &mut talk)
        .unwrap();
    assert_eq!(text(&output), "whole\nbroken");
    assert_eq!(talk.seen.len(), 1, "{:?}", talk.seen);
}

fn keeps_bytes_that_are_no_utf_8(to: &mut dyn Transport) {
    let mut talk = Talk::default();
    let output = to
        .run(&command(r"printf '\377a\376\n\000b'", ""), &mut talk)
        .unwrap();
    assert_eq!(output.stdout, b"\xffa\xfe\n\0b");
    assert_eq!(talk.seen[0].0, "\u{fffd}a\u{fffd}");
}

fn does_not_listen_for_ever_to_a_program_that_never_stops(to: &mut dyn Transport) {
    let endless = run(to, "yes", "");
    let Err(HostError::Garbled { detail }) = endless else {
        panic!("{:?}", endless.map(|o| o.status))
    };
    assert!(detail.contains("8 MiB"), "{detail}");
}

fn never_has_program_or_input_in_a_process_list(to: &mut dyn Transport) {
    let program = "echo 'canary-in-the-program' >/dev/null; read -r secret
for file in /proc/[0-9]*/cmdline /proc/[0-9]*/environ; do tr '\\0' ' ' <\"$file\"; echo; done 2>/dev/null";
    let output = run(to, program, "canary-in-the-input\n").unwrap();
    let seen = text(&output);
    assert!(
        seen.contains("iflag=fullblock"),
        "the list does not show our own process"
    );
    assert!(!seen.contains("canary-in-the"), "{seen}");
}

fn runs_one_program_after_another(to: &mut dyn Transport) {
    for number in 0..5 {
        assert_eq!(
            text(&run(to, "cat", &format!("{number}")).unwrap()),
            number.to_string()
        );
    }
}

fn shows_lines_as_they_come(to: &mut dyn Transport) {
    let mut talk = Talk::default();
    to.run(&command("echo one; sleep 0.6; echo two", ""), &mut talk)
        .unwrap();
    assert!(
        talk.seen[1].1 > Duration::from_millis(300),
        "{:?}",
        talk.seen
    );
}

fn says_when_the_program_is_no_sh(to: &mut dyn Transport) {
    let output = run(to, "if then (", "");
    let Err(HostError::Garbled { detail }) = output else {
        panic!("{output:?}")
    };
    assert!(
        detail.contains("never began") && detail.to_lowercase().contains("syntax"),
        "{detail}"
    );
}

// What only one kind, or a special host, can show.

const REFUSING_SUDO: &[(&str, &str)] = &[
    ("id", "echo 1000"),
    ("sudo", "echo 'sudo: a password is required' >&2; exit 1"),
];
const OBLIGING_SUDO: &[(&str, &str)] = &[
    ("id", "echo 1000"),
    (
        "sudo",
        "[ \"$1 $2\" = '-n --' ] || exit 9; shift 2; SUDOED=yes exec \"$@\"",
    ),
];

fn on_both_kinds(programs: &[(&str, &str)], check: impl Fn(&mut dyn Transport)) {
    let shims = shims(programs);
    check(&mut local(shims.path()));
    if let Some(sshd) = sshd(shims.path(), "") {
        check(&mut sshd.transport());
    }
}

#[test]
fn says_that_sudo_refused() {
    on_both_kinds(REFUSING_SUDO, |to| {
        let refused = run(to, "echo never", "");
        let Err(HostError::SudoRefused { detail, .. }) = refused else {
            panic!("{refused:?}")
        };
        assert_eq!(detail, "sudo: a password is required");
    });
}

#[test]
fn runs_through_sudo_when_the_login_is_not_root_s() {
    on_both_kinds(OBLIGING_SUDO, |to| {
        let output = run(to, "echo \"sudoed=$SUDOED\"; cat", "input").unwrap();
        assert_eq!(text(&output), "sudoed=yes\ninput");
    });
}

#[test]
fn drops_what_the_login_prints_before_the_program() {
    let noise = "ForceCommand echo Welcome; echo warning >&2; printf 'no line end'; exec sh -c \"$SSH_ORIGINAL_COMMAND\"";
    let shims = shims(&[]);
    let Some(sshd) = sshd(shims.path(), noise) else {
        return;
    };
    let mut talk = Talk::default();
    let output = sshd
        .transport()
        .run(&command("echo mine; echo my error >&2", ""), &mut talk)
        .unwrap();
    assert_eq!(text(&output), "mine\n");
    assert_eq!(output.stderr, b"my error\n");
    assert_eq!(talk.seen.len(), 1, "{:?}", talk.seen);
}

#[test]
fn a_login_that_runs_nothing_is_told_with_its_own_words() {
    let Some(sshd) = Sshd::start("ForceCommand echo This account is not available.; exit 1") else {
        return;
    };
    let output = run(&mut sshd.transport(), "echo never", "");
    let Err(HostError::Garbled { detail }) = output else {
        panic!("{output:?}")
    };
    assert!(
        detail.contains("This account is not available."),
        "{detail}"
    );
}

#[test]
fn logs_in_once_and_hangs_up_at_the_end() {
    let shims = shims(&[]);
    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    let mut ssh = sshd.transport();
    assert_eq!(sshd.logins(), 0, "it connected before the first program");
    for _ in 0..3 {
        run(&mut ssh, "true", "").unwrap();
    }
    assert_eq!(sshd.logins(), 1);
    assert!(!sshd.clients().is_empty(), "nothing to hang up was found");
    drop(ssh);
    eventually("ssh ends", || sshd.clients().is_empty());
}

/// As long as someone holds it: a person may think before `yes`.
#[test]
fn stays_logged_in_between_two_programs() {
    let shims = shims(&[]);
    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    let mut ssh = sshd.transport();
    run(&mut ssh, "true", "").unwrap();
    std::thread::sleep(Duration::from_secs(4));
    run(&mut ssh, "true", "").unwrap();
    assert_eq!(sshd.logins(), 1);
}

#[test]
fn a_killed_upsctl_leaves_no_ssh_that_is_logged_in() {
    let shims = shims(&[("id", "echo 0"), ("dpkg-query", "sleep 3")]);
    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    let target = sshd.target();
    let inventory = shims.path().join("site.toml");
    let site = format!(
        "[ups.ups]\nhost = \"pve\"\ndriver = \"dummy-ups\"\nport = \"ups.dev\"\n\
         [hosts.pve]\naddress = \"127.0.0.1\"\nport = {}\n\
         [secrets]\npassword = {{ literal = \"x\" }}\n",
        target.port.unwrap()
    );
    fs::write(&inventory, site).unwrap();
    let mut upsctl = Process::new(env!("CARGO_BIN_EXE_upsctl"))
        .args(["verify", "-i"])
        .arg(&inventory)
        .arg("--ssh-config")
        .arg(sshd.path("ssh_config"))
        .env("HOME", shims.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let own = upsctl.id();
    let masters = || {
        let clients = sshd.clients().into_iter();
        clients.filter(|process| process.pid != own).count()
    };
    eventually("it is logged in", || sshd.logins() == 1 && masters() > 0);
    upsctl.kill().unwrap();
    upsctl.wait().unwrap();
    // Three seconds for what runs on the host, two for the master.
    eventually("the master is gone", || masters() == 0);
}

/// A host that takes the connection and says nothing, or takes long to let in.
#[test]
fn the_time_limit_is_for_all_of_connecting() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let shims = shims(&[]);
    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    let mut target = sshd.target();
    target.port = Some(silent.local_addr().unwrap().port());
    target.timeout = Duration::from_secs(2);
    let begun = Instant::now();
    let error = run(&mut Ssh::to(target), "true", "").unwrap_err();
    assert!(
        matches!(error, HostError::ConnectTimeout { seconds: 2, .. }),
        "{error:?}"
    );
    assert!(
        begun.elapsed() < Duration::from_secs(4),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn is_lost_when_the_link_breaks_and_connects_anew() {
    let shims = shims(&[]);
    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    struct Cut<'a>(&'a Sshd);
    impl Dialogue for Cut<'_> {
        fn line(&mut self, _: &str) -> Option<String> {
            self.0.cut();
            None
        }
    }
    let mut ssh = sshd.transport();
    let begun = Instant::now();
    let lost = ssh.run(&command("echo begun; sleep 60", ""), &mut Cut(&sshd));
    let Err(HostError::Lost { detail }) = lost else {
        panic!("{lost:?}")
    };
    assert!(!detail.contains("killed"), "{detail}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    assert_eq!(text(&run(&mut ssh, "echo again", "").unwrap()), "again\n");
}

#[test]
fn connects_anew_when_the_link_broke_between_two_programs() {
    let shims = shims(&[]);
    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    let mut ssh = sshd.transport();
    run(&mut ssh, "true", "").unwrap();
    sshd.cut();
    eventually("ssh notices", || sshd.clients().is_empty());
    assert_eq!(text(&run(&mut ssh, "echo again", "").unwrap()), "again\n");
    assert_eq!(sshd.logins(), 2);
}

/// Ctrl-C goes to the terminal's process group: nothing that carries a program may be in ours.
#[test]
fn leaves_nothing_in_the_process_group_of_the_terminal() {
    let shims = shims(&[]);
    let program = "read -r pid comm state parent group rest </proc/$$/stat; echo \"$group\"";
    let group = text(&run(&mut local(shims.path()), program, "").unwrap());
    assert_ne!(group.trim(), processes::own_group().to_string());

    let Some(sshd) = sshd(shims.path(), "") else {
        return;
    };
    let mut ssh = Ssh::to(sshd.target_behind_itself());
    run(&mut ssh, "true", "").unwrap();
    let clients = sshd.clients();
    assert!(
        clients
            .iter()
            .any(|client| client.command_line.contains(" -W ")),
        "{clients:?}"
    );
    let ours: Vec<_> = clients
        .iter()
        .filter(|client| client.group == processes::own_group())
        .collect();
    assert!(ours.is_empty(), "{ours:?}");
}

fn command(program: &str, input: &str) -> Command {
    Command {
        program: program.into(),
        input: Secret::new(input),
        deadline: Duration::from_secs(20),
    }
}

fn run(to: &mut dyn Transport, program: &str, input: &str) -> Result<Output, HostError> {
    to.run(&command(program, input), &mut Silent)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn eventually(what: &str, mut seen: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(10);
    while !seen() {
        assert!(Instant::now() < until, "not in 10 s: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// A folder of programs that go before the real ones. Without any, whoever runs the tests is root.
fn shims(programs: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let root: &[_] = &[("id", "echo 0")];
    for (name, body) in if programs.is_empty() { root } else { programs } {
        let path = folder.path().join(name);
        fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }
    folder
}

fn path_with(shims: &Path) -> OsString {
    let mut path = OsString::from(shims);
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap());
    path
}

fn local(shims: &Path) -> Local {
    Local::with_environment(vec![("PATH".into(), path_with(shims))])
}

fn sshd(shims: &Path, own_lines: &str) -> Option<Sshd> {
    let path = path_with(shims);
    Sshd::start(&format!(
        "SetEnv PATH={}\n{own_lines}",
        path.to_str().unwrap()
    ))
}

#[test]
fn a_look_is_one_connection_and_one_command() {
    let Some(sshd) = Sshd::start("LogLevel VERBOSE") else {
        return;
    };
    let target = sshd.target();
    let folder = tempfile::tempdir().unwrap();
    let site = folder.path().join("site.toml");
    let text = format!(
        "[ups.ups]\nhost = \"pve\"\ndriver = \"dummy-ups\"\nport = \"ups.dev\"\n[hosts.pve]\naddress = \"127.0.0.1\"\n\
         port = {}\nidentity_file = \"{}\"\n",
        target.port.unwrap(),
        sshd.path("user_key").display()
    );
    fs::write(&site, text).unwrap();
    let ran = std::process::Command::new(env!("CARGO_BIN_EXE_upsctl"))
        .args(["-i".as_ref(), site.as_os_str()])
        .args(["--ssh-config".as_ref(), sshd.path("ssh_config").as_os_str()])
        .args(["diff", "--no-secrets"])
        .output()
        .unwrap();
    let log = fs::read_to_string(sshd.path("sshd.log")).unwrap();
    let said =
        String::from_utf8_lossy(&ran.stdout).into_owned() + &String::from_utf8_lossy(&ran.stderr);
    assert_eq!(sshd.logins(), 1, "{said}\n{log}");
    assert_eq!(
        log.matches("Starting session: ").count(),
        1,
        "{said}\n{log}"
    );
}

/// `UPSCTL_LOOKS=1000` makes so many connections, each with one program; otherwise a few.
#[test]
fn no_connection_is_lost() {
    let Some(sshd) = sshd(shims(&[]).path(), "MaxStartups 100") else {
        return;
    };
    let looks = std::env::var("UPSCTL_LOOKS").ok();
    let looks: usize = looks.and_then(|text| text.parse().ok()).unwrap_or(5);
    let mut lost = Vec::new();
    for look in 0..looks {
        let input = "x".repeat(30_000);
        match run(&mut sshd.transport(), "cat; echo >&2 done", &input) {
            Ok(output) => assert_eq!((output.status, output.stdout.len()), (0, input.len())),
            Err(error) => lost.push(format!("{look}: {error}")),
        }
    }
    assert!(lost.is_empty(), "{} of {looks}: {lost:#?}", lost.len());
}
