use super::{file, line, site, told, try_desire};
use crate::nut::directive::File;

/// A directive of the server's upsmon.conf, written so.
fn upsmon(written: &str) -> crate::model::inventory::Inventory {
    site(&format!("[hosts.pve.upsmon]\n{written}\n"))
}

#[track_caller]
fn refused(written: &str, message: &str) {
    let error = try_desire(&upsmon(written), "pve").expect_err(written);
    let error = told(&error);
    assert!(error.contains(message), "{written}: {error}");
}

#[test]
fn the_host_wins_over_the_defaults_and_both_over_what_was_derived() {
    let site =
        site("[defaults.upsmon]\nPOLLFREQ = 7\nDEADTIME = 30\n[hosts.pve.upsmon]\nPOLLFREQ = 9\n");
    assert_eq!(
        line(&site, "pve", File::Upsmon, "POLLFREQ").as_deref(),
        Some("POLLFREQ 9")
    );
    assert_eq!(
        line(&site, "web", File::Upsmon, "POLLFREQ").as_deref(),
        Some("POLLFREQ 7")
    );
    assert_eq!(
        line(&site, "pve", File::Upsmon, "DEADTIME").as_deref(),
        Some("DEADTIME 30")
    );
}

#[test]
fn defaults_of_the_server_files_do_not_reach_a_client() {
    let site = site("[defaults.upsd]\nMAXAGE = 20\n[defaults.ups]\nmaxretry = 9\n");
    assert_eq!(
        line(&site, "pve", File::Upsd, "MAXAGE").as_deref(),
        Some("MAXAGE 20")
    );
    assert_eq!(super::desire(&site, "web").files.len(), 2);
}

#[test]
fn the_order_of_derived_lines_stays() {
    let text = file(&upsmon("SHUTDOWNCMD = '/bin/true'"), "pve", File::Upsmon);
    let names: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split(' ').next().filter(|word| !word.is_empty()))
        .collect();
    assert_eq!(names[..3], ["MONITOR", "MINSUPPLIES", "SHUTDOWNCMD"]);
}

#[test]
fn false_takes_a_value_away_and_switches_a_switch_off() {
    assert_eq!(
        line(&upsmon("HOSTSYNC = false"), "pve", File::Upsmon, "HOSTSYNC"),
        None
    );
    let off = line(
        &upsmon("CERTVERIFY = false"),
        "pve",
        File::Upsmon,
        "CERTVERIFY",
    );
    assert_eq!(off.as_deref(), Some("CERTVERIFY 0"));
}

#[test]
fn true_means_nothing_for_a_number() {
    refused(
        "POLLFREQ = true",
        "hosts.pve.upsmon.POLLFREQ: `true` is no value of this directive",
    );
}

#[test]
fn a_message_of_several_bare_words_is_refused() {
    refused(
        "NOTIFYMSG = 'ONBATT UPS on battery'",
        "NOTIFYMSG takes 2 words, and this has 4\n  help: write it as a table: NOTIFYMSG.ONBATT",
    );
}

#[test]
fn a_text_that_nut_cuts_is_refused() {
    refused(
        "NOTIFYMSG = 'ONBATT a#b'",
        "`#` starts a comment inside this word",
    );
    refused(
        "SHUTDOWNCMD = \"a\\tb\"",
        "character 2 is the control byte 0x09",
    );
    refused("NOTIFYCMD = 'grüß'", "is not ASCII");
}

#[test]
fn a_name_that_is_no_word_is_refused() {
    for name in ["'A B'", "''", "'A=B'", "'#A'", "'[A]'"] {
        refused(&format!("{name} = 1"), "name");
    }
}

#[test]
fn only_shell_variables_stand_in_nut_conf() {
    for name in ["'A-B'", "'1A'", "'A;reboot'"] {
        let site = site(&format!("[hosts.pve.nut]\n{name} = 1\n"));
        assert!(try_desire(&site, "pve").is_err(), "{name}");
    }
    let list = site("[hosts.pve.nut]\nMODE = [['a', 'b']]\n");
    let error = try_desire(&list, "pve").expect_err("two words").to_string();
    assert!(error.starts_with("hosts.pve.nut.MODE: "), "{error}");
}

#[test]
fn a_password_in_a_monitor_override_is_refused_and_not_repeated() {
    let error = try_desire(
        &upsmon("MONITOR = 'x@10.0.0.9 1 me hunter2 secondary'"),
        "pve",
    )
    .expect_err("a password in the inventory");
    assert!(
        told(&error).contains("write {password} in its place"),
        "{error}"
    );
    assert!(!format!("{error} {error:?}").contains("hunter2"));
}

#[test]
fn a_monitor_override_takes_the_place_of_the_derived_ones() {
    let site = upsmon("MONITOR = 'x@10.0.0.9 1 me {password} secondary'");
    let text = file(&site, "pve", File::Upsmon);
    let monitors: Vec<_> = text
        .lines()
        .filter(|line| line.starts_with("MONITOR"))
        .collect();
    assert_eq!(
        monitors,
        ["MONITOR x@10.0.0.9 1 me <password of me> secondary"]
    );
}

#[test]
fn an_option_that_has_a_key_of_its_own_is_refused() {
    let mut site = site("");
    let ups = site.ups.values_mut().next().expect("a ups");
    let port = crate::model::inventory::DirectiveValue::Text("x".into());
    ups.options.insert("port".into(), port);
    let error = try_desire(&site, "pve").expect_err("port twice");
    let error = error.to_string();
    assert!(error.starts_with("ups.ups.options.port: "), "{error}");
}

#[test]
fn a_secret_of_a_driver_comes_from_its_source_and_one_in_plain_sight_is_hidden() {
    let site = site(
        "[ups.ups.options]\ncommunity = { env = 'SNMP' }\nauthPassword = 'hunter2'\n\
         [ups.x]\nhost = 'pve'\ndriver = 'netxml-ups'\nport = 'http://admin:hunter2@10.0.0.1'\n",
    );
    let content = &super::desire(&site, "pve").files[&File::Ups].content;
    assert_eq!(content.users().collect::<Vec<_>>(), ["community of [ups]"]);
    let shown = content.masked();
    assert!(!shown.contains("hunter2"), "{shown}");
    for line in [
        "community = <secret community of [ups]>",
        "authPassword = <secret authpassword of [ups]>",
        "port = http://<user and password>@10.0.0.1",
    ] {
        assert!(shown.contains(line), "{line} in {shown}");
    }
    let mut secrets = crate::model::secret::SecretStore::default();
    secrets.insert(
        "community of [ups]",
        crate::model::secret::Secret::new("pub lic"),
    );
    let bytes = content.reveal(&secrets).expect("known");
    assert!(bytes.expose().contains("community = \"pub lic\"\n"));
    assert!(bytes.expose().contains("authPassword = hunter2\n"));
}
