use std::fs;
use std::time::Instant;

use super::*;

/// Builds an inventory whose `[secrets] password` is this.
fn site(source: &str) -> Inventory {
    toml::from_str(&format!("[secrets]\npassword = {source}\n")).expect("an inventory")
}

fn users(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| name.to_string()).collect()
}

fn fetched(source: &str, user: &str) -> Result<String, String> {
    let folder = tempfile::tempdir().expect("a folder");
    fetched_in(folder.path(), source, user)
}

fn fetched_in(folder: &Path, source: &str, user: &str) -> Result<String, String> {
    let result = fetch_within(
        &site(source),
        folder,
        &users(&[user]),
        Duration::from_secs(5),
    );
    match result {
        Ok(store) => Ok(store.get(user).expect("the user").expose().to_string()),
        Err(errors) => {
            assert_eq!(errors.len(), 1);
            Err(errors[0].to_string())
        }
    }
}

/// The cause in the error that a source gives.
fn cause(source: &str) -> String {
    let error = fetched(source, "pve").expect_err(source);
    assert!(!error.contains("hunter2"), "{error}");
    error
        .rsplit_once(": ")
        .map_or(error.clone(), |(_, cause)| cause.into())
}

#[test]
fn every_kind_of_source_gives_a_password() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("secrets")).expect("a folder");
    fs::write(folder.path().join("secrets/pve"), "from-file\r\n").expect("a file");
    for (source, want) in [
        ("{ literal = 'as{user}it-is' }", "as{user}it-is"),
        ("{ file = 'secrets/{user}' }", "from-file"),
        ("{ command = 'echo cmd-{user}' }", "cmd-pve"),
        ("{ command = 'printf %s no-line-end' }", "no-line-end"),
        ("{ command = 'cat secrets/{user}' }", "from-file"),
        ("{ env = 'CARGO_PKG_NAME' }", "upsctl"),
    ] {
        assert_eq!(
            fetched_in(folder.path(), source, "pve"),
            Ok(want.into()),
            "{source}"
        );
    }
}

#[test]
fn a_user_name_is_one_word_of_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    for user in ["a b", "$(echo x)", "it's", ";echo x", "*", "pve-1.lan"] {
        let source = "{ command = 'set -- {user}; printf %s \"$#$1\" > words; echo pw' }";
        assert_eq!(fetched_in(folder.path(), source, user), Ok("pw".into()));
        let words = fs::read_to_string(folder.path().join("words")).expect("a file");
        assert_eq!(words, format!("1{user}"));
    }
}

#[test]
fn a_source_shared_by_two_users_is_fetched_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory = site("{ command = 'echo x >> count; echo shared' }");
    let store = fetch(&inventory, folder.path(), &users(&["a", "b"])).expect("passwords");
    assert_eq!(store.get("a"), store.get("b"));
    assert_eq!(
        fs::read_to_string(folder.path().join("count")).expect("a file"),
        "x\n"
    );
}

#[test]
fn only_the_users_asked_for_are_fetched() {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory = site("{ command = 'echo {user} >> log; echo pw' }");
    let store = fetch(&inventory, folder.path(), &users(&["b"])).expect("passwords");
    assert!(store.get("a").is_none());
    assert_eq!(
        fs::read_to_string(folder.path().join("log")).expect("a file"),
        "b\n"
    );
}

#[test]
fn a_failing_command_shows_its_error_and_never_its_output() {
    let command = r"printf hunter%s 2; echo a >&2; printf 'no \033[1mkey\n\n' >&2; exit 3";
    let error = fetched(&format!("{{ command = '''{command}''' }}"), "pve");
    let error = error.expect_err("a failure");
    let start = "no password for NUT user `pve`: command printf ";
    assert!(error.starts_with(start), "{error}");
    assert!(
        error.ends_with(": it failed with status 3: no [1mkey"),
        "{error}"
    );
    assert!(!error.contains("hunter2"), "{error}");
    assert_eq!(cause("{ command = 'exit 1' }"), "it failed with status 1");
    assert_eq!(cause("{ command = 'kill -9 $$' }"), "signal 9 ended it");
}

#[test]
fn output_that_is_not_one_line_is_refused() {
    for (source, want) in [
        ("{ command = 'true' }", "it printed nothing"),
        ("{ command = 'echo' }", "it printed nothing"),
        (
            "{ command = 'echo hunter2; echo b' }",
            "it printed 2 lines instead of one",
        ),
        (
            "{ command = 'echo; echo hunter2' }",
            "it printed 2 lines instead of one",
        ),
        (r"{ command = 'printf \\377' }", "it is not UTF-8 text"),
    ] {
        let source = source.replace("hunter2", "hunter$((1+1))");
        assert_eq!(cause(&source), want, "{source}");
    }
}

#[test]
fn passwords_that_upsd_would_misread_are_refused() {
    for bad in [
        "a b", "a=b", "a#b", r"a\b", "\"a", "#a", " a", "ä", "a\u{7}", "a\nb", "",
    ] {
        assert!(unusable(bad).is_some(), "{bad:?}");
    }
    assert!(unusable(&"x".repeat(502)).is_some());
    assert!(unusable(&"x".repeat(513)).is_some());
    assert_eq!(unusable(&"x".repeat(501)), None);
    for good in [
        "hunter2",
        "a_.-!$%+~@:/?b",
        "a\"b",
        "'a'",
        "a,b;c(d)[e]{f}<g>|&*^`",
    ] {
        assert_eq!(unusable(good), None, "{good:?}");
    }
}

#[test]
fn a_refused_password_is_not_shown() {
    for literal in ["hunter2 x", "hunter2=", "hunter2#", "hunter2ü"] {
        let error = fetched(&format!("{{ literal = '{literal}' }}"), "pve").expect_err(literal);
        assert!(
            !error.contains("hunter2") && !error.contains('ü'),
            "{error}"
        );
        let stars = "no password for NUT user `pve`: literal ***: ";
        assert!(error.starts_with(stars), "{error}");
    }
}

#[test]
fn a_missing_variable_or_file_is_named() {
    let error = fetched("{ env = 'UPSCTL_NO_SUCH_{user}' }", "pve");
    let want = "no password for NUT user `pve`: env UPSCTL_NO_SUCH_pve: the variable is not set";
    assert_eq!(error, Err(want.into()));
    let error = fetched("{ file = '/nonexistent/{user}' }", "pve").expect_err("no file");
    assert!(
        error.ends_with("there is no file `/nonexistent/pve`"),
        "{error}"
    );
    let error = fetched("{ file = '/dev/null' }", "pve").expect_err("a device");
    assert!(
        error.ends_with("`/dev/null` is not a regular file"),
        "{error}"
    );
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("two"), "hunter2\nhunter2\n").expect("a file");
    let error = fetched_in(folder.path(), "{ file = 'two' }", "pve").expect_err("two lines");
    assert!(
        error.ends_with("the file has 2 lines instead of one"),
        "{error}"
    );
    fs::write(folder.path().join("big"), vec![b'x'; 70_000]).expect("a file");
    let error = fetched_in(folder.path(), "{ file = 'big' }", "pve").expect_err("too big");
    assert!(error.ends_with("is too big for a password"), "{error}");
}

#[test]
fn every_error_of_a_run_is_reported() {
    let inventory: Inventory = toml::from_str(
        "[users.a]\npassword = { env = 'UPSCTL_NO_A' }\n[users.b]\npassword = { literal = 'x' }\n",
    )
    .expect("an inventory");
    let errors = fetch(&inventory, Path::new("."), &users(&["a", "b", "c"])).expect_err("errors");
    let said: Vec<String> = errors.iter().map(SecretError::to_string).collect();
    assert_eq!(
        said,
        [
            "no password for NUT user `c`: the inventory does not say where it comes from",
            "no password for NUT user `a`: env UPSCTL_NO_A: the variable is not set",
        ]
    );
    assert!(
        errors[0]
            .help
            .as_deref()
            .is_some_and(|help| help.contains("[secrets] password"))
    );
}

#[test]
fn a_command_that_hangs_is_ended_with_all_it_started() {
    let folder = tempfile::tempdir().expect("a folder");
    let inventory =
        site("{ command = 'echo {user} >> log; (sleep 2; echo late >> log) & sleep 60' }");
    let start = Instant::now();
    let names = users(&["a", "b"]);
    let errors = fetch_within(&inventory, folder.path(), &names, Duration::from_secs(1));
    let errors = errors.expect_err("a hang");
    assert!(
        start.elapsed() < Duration::from_secs(10),
        "{:?}",
        start.elapsed()
    );
    assert!(
        errors[0].to_string().ends_with("no answer after 1 s"),
        "{}",
        errors[0]
    );
    assert!(
        errors[1].to_string().ends_with("an earlier command hung"),
        "{}",
        errors[1]
    );
    std::thread::sleep(Duration::from_millis(1600));
    assert_eq!(
        fs::read_to_string(folder.path().join("log")).expect("a file"),
        "a\n"
    );
}

#[test]
fn what_a_command_leaves_running_is_not_waited_for() {
    let start = Instant::now();
    assert_eq!(
        fetched("{ command = 'sleep 5 & echo pw' }", "pve"),
        Ok("pw".into())
    );
    assert!(
        start.elapsed() < Duration::from_secs(4),
        "{:?}",
        start.elapsed()
    );
}

#[test]
fn a_command_that_prints_without_end_is_refused() {
    let error = fetched(
        "{ command = 'head -c 1000000 /dev/zero | tr \"\\\\0\" x' }",
        "pve",
    );
    assert!(
        error
            .expect_err("too long")
            .contains("more than 501 characters")
    );
}

#[test]
fn appliances_have_the_passwords_of_their_vendors() {
    let inventory: Inventory = toml::from_str(
        "[secrets]\npassword = { env = 'NUT' }\n[hosts.syno]\naddress = 'a'\nplatform = 'synology'\n",
    )
    .expect("an inventory");
    let fixed = inventory.source_of("monuser");
    assert_eq!(fixed, Some(SecretSource::Literal("secret".into())));
    assert_eq!(
        inventory.source_of("admin"),
        Some(SecretSource::Env("NUT".into()))
    );
    assert_eq!(Inventory::default().source_of("monuser"), None);
}

#[test]
fn a_token_may_have_what_no_password_of_nut_can() {
    let folder = tempfile::tempdir().expect("a folder");
    let fetch = |source: SecretSource| fetch_word(&source, folder.path(), "[prometheus] token");
    let token = fetch(SecretSource::Command("echo 'a b=c#\\'".into())).expect("a token");
    assert_eq!(token.expose(), "a b=c#\\");
    let none = fetch(SecretSource::Env("NOT_SET_TOKEN".into()))
        .expect_err("no variable")
        .0
        .remove(0);
    assert_eq!(
        (none.message.as_str(), none.help.as_deref()),
        (
            "`[prometheus] token`: env NOT_SET_TOKEN: the variable is not set",
            Some("set it: `export NOT_SET_TOKEN=…`")
        )
    );
    let cut = fetch(SecretSource::Literal("hunter2\tx".into())).expect_err("a tab");
    assert!(!cut.to_string().contains("hunter2"), "{cut}");
}
