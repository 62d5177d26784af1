//! The program as it is typed: exact stdout, stderr, exit code and files, in a pinned environment.
//!
//! What a run says stands in `tests/cli/NAME.txt`; `UPDATE=1 cargo test --test cli` writes these
//! texts anew. Nothing here looks at the machine it runs on.

#[path = "cli/harness.rs"]
mod harness;

use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;

use harness::{CANARY, Desk};

const SITE: &str = r#"[ups.ups]
host = "pve"
driver = "usbhid-ups"
port = "auto"

[hosts.pve]
address = "192.0.2.10"
user = "root"

[hosts.nas]
address = "192.0.2.11"
powered_by = ["ups"]
tags = ["rack"]

[hosts.truenas]
address = "192.0.2.12"
platform = "truenas"
powered_by = ["ups"]
shutdown_takes = "90s"

[secrets]
password = { env = "PW_{user}" }
"#;

/// A port on loopback where nobody listens.
fn closed_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    listener.local_addr().expect("an address").port()
}

#[test]
fn says_how_to_get_an_inventory_where_there_is_none() {
    let desk = Desk::empty();
    desk.upsctl(&["diff"]).is("inventory-missing", 2);
    desk.write("inventory/site.toml", "");
    desk.upsctl(&["diff"]).is("inventory-empty", 2);
}

#[test]
fn points_at_a_toml_error() {
    Desk::with("[ups.ups]\nhost = \"pve\ndriver = 1\n")
        .upsctl(&["deploy", "-y"])
        .is("toml-error", 2);
}

#[test]
fn points_at_both_places_of_a_second_primary() {
    let site = format!("{SITE}\n[ups.ups]\nhost = \"nas\"\ndriver = \"dummy-ups\"\n");
    Desk::with(&site).upsctl(&["verify"]).is("two-primaries", 2);
}

#[test]
fn names_the_nearest_ups_for_an_unknown_one() {
    let site = SITE.replace(
        "powered_by = [\"ups\"]\ntags",
        "powered_by = [\"ups1\"]\ntags",
    );
    Desk::with(&site).upsctl(&["diff"]).is("unknown-ups", 2);
}

#[test]
fn names_the_known_hosts_and_tags_for_unknown_ones() {
    let desk = Desk::with(SITE);
    desk.upsctl(&["diff", "nass"]).is("unknown-host", 2);
    desk.upsctl(&["diff", "@rak"]).is("unknown-tag", 2);
    desk.upsctl(&["render", "pve", "ups.cnf"])
        .is("unknown-file", 2);
    desk.upsctl(&["render", "nas", "upsd.users"])
        .is("file-not-needed", 2);
}

#[test]
fn a_password_that_cannot_be_had_names_user_and_source_and_nothing_of_it() {
    for (name, command) in [
        (
            "password-fails",
            "echo can${x}ary-out; echo 'the store is locked' >&2; exit 3",
        ),
        ("password-empty", "true"),
        ("password-two-lines", "printf 'can%s\\n' ary1 ary2"),
    ] {
        let literal = format!("password = {{ command = '''{command}''' }}");
        let site = SITE.replace("password = { env = \"PW_{user}\" }", &literal);
        Desk::with(&site).upsctl(&["diff"]).is(name, 2);
    }
    let site = SITE.replace("PW_", "NOT_SET_");
    Desk::with(&site)
        .upsctl(&["diff", "nas"])
        .is("password-not-set", 2);
}

#[test]
fn a_password_is_fetched_only_when_a_file_that_is_shown_holds_it() {
    let site = SITE.replace(
        "env = \"PW_{user}\"",
        "command = 'touch fetched-{user}; echo can${x}ary'",
    );
    let desk = Desk::with(&site);
    let fetched = |user: &str| {
        desk.path("inventory")
            .join(format!("fetched-{user}"))
            .exists()
    };
    assert_eq!(desk.upsctl(&["render", "pve"]).code, 0);
    assert!(!fetched("pve"), "masked text needs no password");
    assert_eq!(
        desk.upsctl(&["render", "pve", "upsmon.conf", "--reveal"])
            .code,
        0
    );
    assert!(fetched("pve"), "upsmon.conf of pve holds its own password");
    assert!(!fetched("nas"), "and none of another user");
}

#[test]
fn values_that_need_care_are_quoted_and_what_nut_cannot_read_is_refused() {
    let site = SITE.replace(
        "port = \"auto\"",
        "port = \"auto\"\ndesc = 'a = \"1\" # \\ end'",
    );
    Desk::with(&site)
        .upsctl(&["render", "pve", "ups.conf"])
        .is("values-quoted", 0);
    let site = SITE.replace("port = \"auto\"", "port = \"auto\"\ndesc = \"Büro\"");
    Desk::with(&site)
        .upsctl(&["render", "pve", "ups.conf"])
        .is("values-not-ascii", 2);
    let site = SITE.replace("port = \"auto\"", "port = \"auto\"\ndesc = \"one\\ntwo\"");
    Desk::with(&site)
        .upsctl(&["render", "pve", "ups.conf"])
        .is("values-newline", 2);
}

#[test]
fn passwords_that_need_care_are_quoted_and_those_nut_would_cut_are_refused() {
    let words = ["render", "nas", "upsmon.conf", "--reveal"];
    let quoted = Desk::with(SITE).env("PW_nas", &format!("{CANARY}-'a\"b"));
    quoted.upsctl(&words).is("password-quoted", 0);
    for bad in ["ä", "=", "#", " ", "\\", "\n2"] {
        let desk = Desk::with(SITE).env("PW_nas", &format!("{CANARY}{bad}x"));
        let ran = desk.upsctl(&words);
        assert_eq!(ran.code, 2, "{bad:?}");
        assert!(
            !format!("{}{}", ran.stdout, ran.stderr).contains(CANARY),
            "{bad:?}"
        );
    }
    Desk::with(SITE)
        .env("PW_nas", &format!("{CANARY}#x"))
        .upsctl(&words)
        .is("password-refused", 2);
}

#[test]
fn points_into_a_template_that_does_not_parse() {
    let desk = Desk::with(SITE);
    desk.write(
        "inventory/templates/nut.conf.j2",
        "{{ header }}\nMODE={{ mode\n",
    );
    desk.upsctl(&["diff"]).is("template-syntax", 2);
}

#[test]
fn names_template_line_and_variable_where_one_is_undefined() {
    let desk = Desk::with(SITE);
    desk.write("mine/hosts/pve/nut.conf.j2", "# mine\nMODE={{ mood }}\n");
    desk.upsctl(&["diff", "--templates", "mine"])
        .is("template-undefined", 2);
}

#[test]
fn status_watches_for_people_only() {
    Desk::with(SITE)
        .upsctl(&["status", "--watch", "--format", "json"])
        .is("watch-json", 2);
}

#[test]
fn an_unreachable_host_does_not_hide_the_others() {
    let port = closed_port();
    let site = SITE
        .replace(
            "\"192.0.2.10\"",
            &format!("\"127.0.0.1\"\nnut_address = \"192.0.2.10\"\nport = {port}"),
        )
        .replace("\"192.0.2.11\"", &format!("\"127.0.0.2\"\nport = {port}"));
    let desk = Desk::with(&site);
    let port = port.to_string();
    let differing = [(port.as_str(), "PORT")];
    desk.upsctl(&["diff"])
        .matches("unreachable-diff", 1, &differing);
    desk.upsctl(&["deploy", "-y"])
        .matches("unreachable-deploy", 1, &differing);
    desk.upsctl(&["status"])
        .matches("unreachable-status", 1, &differing);
    let status = desk.upsctl(&["status", "--format", "json"]).document();
    assert_eq!(status["ups"][0]["status"], serde_json::Value::Null);
    let written = desk.upsctl(&["status", "--format", "prometheus", "--out", "ups.prom"]);
    assert_eq!((written.code, written.stdout.as_str()), (1, ""));
    assert!(
        desk.read("ups.prom")
            .contains("upsctl_host_reached{host=\"pve\"} 0\n")
    );
    let verified = desk.upsctl(&["verify", "--format", "json"]);
    let document = verified.document();
    let results: Vec<&str> = document["hosts"]
        .as_array()
        .expect("hosts")
        .iter()
        .map(|host| host["result"].as_str().expect("a result"))
        .collect();
    assert_eq!(results, ["failed", "failed", "by_hand"]);
    assert_eq!(verified.code, 1);
    assert_eq!(verified.stderr, "");
}

#[test]
fn deploy_does_not_go_on_where_nobody_can_be_asked() {
    Desk::with(SITE).upsctl(&["deploy"]).is("no-terminal", 2);
}

#[test]
fn colours_are_for_terminals_and_for_those_who_ask() {
    let plain = Desk::empty();
    assert!(!plain.upsctl(&["diff"]).stderr.contains('\x1b'));
    let asked = plain.upsctl(&["diff", "--color", "always"]);
    assert!(asked.stderr.contains('\x1b'));
    let no_color = Desk::empty()
        .env("NO_COLOR", "1")
        .env("CLICOLOR_FORCE", "1");
    assert!(
        !no_color.upsctl(&["diff"]).stderr.contains('\x1b'),
        "NO_COLOR wins"
    );
}

#[test]
fn a_closed_pipe_is_no_error() {
    let desk = Desk::with(SITE);
    for words in [&["render", "pve"][..], &["--help"], &["init", "-i", "new"]] {
        assert_eq!(
            desk.upsctl_unread(words),
            (Some(0), String::new()),
            "{words:?}"
        );
    }
    let (code, stderr) = desk.upsctl_unread(&["diff", "-i", "none", "--format", "json"]);
    assert_eq!(code, Some(2));
    assert!(
        stderr.starts_with("error: there is no inventory"),
        "{stderr}"
    );
}

#[test]
fn json_is_one_document_on_stdout_whatever_happens() {
    let desk = Desk::with(SITE);
    desk.upsctl(&["render", "nas", "--format", "json"])
        .is("json-render", 0)
        .document();
    let sheet = desk
        .upsctl(&["render", "truenas", "--format", "json"])
        .document();
    assert_eq!(
        sheet["sheet"]["fields"][0],
        serde_json::json!(["Identifier", "ups"])
    );
    let wrote = desk
        .upsctl(&["render", "nas", "-o", "out", "--format", "json"])
        .document();
    assert_eq!(
        wrote["wrote"],
        serde_json::json!(["out/nut.conf", "out/upsmon.conf"])
    );
    assert_eq!(
        desk.upsctl(&["init", "-i", "new", "--format", "json"])
            .document()["wrote"][0],
        "new/site.toml"
    );
    for words in [
        &["diff", "-i", "none", "--format", "json"][..],
        &["deploy", "--format", "json"],
        &["verify", "nass", "--format", "json"],
        &["render", "truenas", "ups.conf", "--format", "json"],
    ] {
        let ran = desk.upsctl(words);
        assert_eq!(ran.code, 2);
        let errors = ran.document()["errors"].clone();
        let message = errors[0]["message"].as_str().expect("a message");
        assert!(
            ran.stderr.contains(message.lines().next().expect("a line")),
            "{words:?}"
        );
    }
    desk.write("inventory/more.toml", "[hosts.pv]\n");
    desk.upsctl(&["diff", "--format", "json"])
        .is("json-errors", 2)
        .document();
}

#[test]
fn init_writes_an_inventory_that_renders_and_overwrites_nothing() {
    let desk = Desk::empty();
    desk.upsctl(&["init", "--with-templates"]).is("init", 0);
    desk.upsctl(&["render", "pve", "upsmon.conf"])
        .is("init-render", 0);
    desk.write("inventory/site.toml", "# mine\n");
    desk.upsctl(&["init"]).is("init-again", 2);
    assert_eq!(desk.read("inventory/site.toml"), "# mine\n");

    let templates = Desk::empty();
    templates.write("inventory/templates/ups.conf.j2", "mine");
    assert_eq!(templates.upsctl(&["init", "--with-templates"]).code, 2);
    assert!(
        !templates.path("inventory/site.toml").exists(),
        "all or nothing"
    );
}

#[test]
fn render_masks_passwords_unless_told_to_reveal_them() {
    let desk = Desk::with(SITE);
    desk.upsctl(&["render", "pve", "upsd.users"])
        .is("render-masked", 0);
    desk.upsctl(&["render", "pve", "upsd.users", "--reveal"])
        .is("render-revealed", 0);
}

#[test]
fn render_writes_files_that_only_their_owner_and_group_can_read() {
    let desk = Desk::with(SITE);
    desk.write("out/upsmon.conf", "old, and open to all");
    desk.upsctl(&["render", "nas", "--reveal", "-o", "out"])
        .is("render-output", 0);
    let text = desk.read("out/upsmon.conf");
    assert!(
        text.contains("MONITOR ups@192.0.2.10 1 nas canary-nas "),
        "{text}"
    );
    let mode = |name| desk.path(name).metadata().expect(name).permissions().mode() & 0o777;
    assert_eq!(
        [mode("out/nut.conf"), mode("out/upsmon.conf")],
        [0o640, 0o640]
    );
}

#[test]
fn render_gives_the_sheet_of_a_host_that_is_set_up_by_hand() {
    let desk = Desk::with(SITE);
    desk.upsctl(&["render", "truenas"]).is("render-truenas", 0);
    desk.upsctl(&["render", "truenas", "-o", "out"])
        .is("render-truenas-files", 2);
    assert!(!desk.path("out").exists());
}

#[test]
fn timeline_computes_an_outage_from_the_inventory_alone() {
    let desk = Desk::empty();
    desk.upsctl(&["init"]);
    desk.upsctl(&["timeline", "--desired"]).is("timeline", 0);
    let json = desk.upsctl(&["timeline", "--desired", "--format", "json", "backup"]);
    let json = json.document();
    let chain = &json["chains"][0];
    assert_eq!(chain["hosts"][2]["name"], "pve");
    let fits = &chain["ups"][0]["verdict"]["fits"];
    assert_eq!(
        (fits, &json["basis"]),
        (&"unknown".into(), &"desired".into())
    );
    let shutdown = chain["hosts"][2]["moments"].as_array().expect("moments");
    let shutdown = shutdown.iter().find(|moment| moment["kind"] == "shutdown");
    // FINALDELAY is the 90 s that truenas takes; before it come two polls and truenas's own 5 s.
    let at = serde_json::json!({"earliest_s": 95.0, "typical_s": 100.1, "latest_s": 105.3});
    assert_eq!(shutdown.expect("it goes down")["at"], at);
}

#[test]
fn role_words_follow_the_nut_version() {
    let desk = Desk::with(SITE);
    let monitor = |version: &str| {
        let ran = desk.upsctl(&["render", "nas", "upsmon.conf", "--nut", version]);
        let line = ran.stdout.lines().find(|line| line.starts_with("MONITOR"));
        line.expect("a MONITOR line").to_string()
    };
    assert!(monitor("2.7.4").ends_with(" slave"));
    assert!(monitor("2.8.1").ends_with(" secondary"));
    desk.upsctl(&["render", "nas", "--nut", "new"])
        .is("bad-version", 2);
}

#[test]
fn checks_files_that_it_did_not_write() {
    let desk = Desk::empty();
    desk.write("nut/nut.conf", "# as shipped\nMODE=none\n");
    desk.upsctl(&["check", "--files", "nut"])
        .is("files-clean", 0);
    desk.write(
        "site/pve/ups.conf",
        "[ups]\n\tdriver = usbhid-ups\n\tport = auto\n",
    );
    desk.write("site/pve/upsd.conf", "LISTEN 127.0.0.1\n");
    let users = format!("[nas]\npassword = {CANARY}\nupsmon secondary\n");
    desk.write("site/pve/upsd.users", &users);
    let monitor = format!("MONITOR ups@pve 1 nas {CANARY}x secondary\n");
    let shutdown = "SHUTDOWNCMD '\"/sbin/shutdown -h +0\"'\n";
    desk.write("site/nas/upsmon.conf", &(monitor + shutdown));
    desk.upsctl(&["check", "--files", "site"])
        .is("files-wrong", 3);
    desk.write("site/readme", "nothing");
    desk.upsctl(&["check", "--files", "empty"])
        .is("files-absent", 2);
    desk.write("empty/readme", "nothing");
    desk.upsctl(&["check", "--files", "empty"])
        .is("files-none", 2);
}

#[test]
fn quiet_says_nothing_of_what_is_well() {
    let desk = Desk::empty();
    desk.upsctl(&["init"]);
    let loud = desk.upsctl(&["check"]);
    assert_eq!((loud.code, loud.stdout.is_empty()), (0, false));
    let quiet = desk.upsctl(&["-q", "check"]);
    let said = (quiet.code, quiet.stdout.as_str(), quiet.stderr.as_str());
    assert_eq!(said, (0, "", ""));
}

#[test]
fn strict_takes_warnings_for_errors() {
    let desk = Desk::with(&format!("{SITE}\n[hosts.nas.upsmon]\nDEADTIME = 10\n"));
    assert_eq!(desk.upsctl(&["check"]).code, 0);
    let strict = desk.upsctl(&["check", "--strict"]);
    assert_eq!(strict.code, 3);
    assert!(
        strict.stdout.contains("deadtime-below-polls"),
        "{}",
        strict.stdout
    );
}

/// A site of one host that refuses every connection, with a password that is nowhere.
fn no_password() -> Desk {
    let port = closed_port();
    Desk::with(&format!(
        "[ups.ups]\nhost = \"pve\"\ndriver = \"usbhid-ups\"\nport = \"auto\"\n[hosts.pve]\naddress = \"127.0.0.1\"\n\
         port = {port}\n[secrets]\npassword = {{ env = \"NOWHERE\" }}\n"
    ))
}

#[test]
fn no_secrets_fetches_none() {
    let desk = no_password();
    let with = desk.upsctl(&["diff"]);
    assert_eq!(with.code, 2, "{}", with.stderr);
    assert!(with.stderr.contains("NOWHERE"), "{}", with.stderr);
    let without = desk.upsctl(&["diff", "--no-secrets"]);
    assert_eq!(without.code, 1, "{}", without.stderr);
}

#[test]
fn numbers_out_of_range_are_refused() {
    let desk = no_password();
    for (command, option, value) in [
        ("diff", "--parallel", "0"),
        ("deploy", "--keep", "many"),
        ("deploy", "--keep", "0"),
    ] {
        let ran = desk.upsctl(&[command, option, value]);
        let said = format!("invalid value '{value}' for '{option} <N>'");
        assert!(
            ran.code == 2 && ran.stderr.contains(&said),
            "{}",
            ran.stderr
        );
    }
}

#[test]
fn ctrl_c_ends_a_look_with_130() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let desk = Desk::with(&SITE.replace("192.0.2.10\"", &format!("127.0.0.1\"\nport = {port}")));
    // Whoever connects waits for the greeting of sshd.
    let code = desk.upsctl_interrupted(&["diff", "pve"], || {
        let _ = listener.accept();
    });
    assert_eq!(code, 130);
}
