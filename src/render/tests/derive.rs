use super::{desire, file, inventory, line, site, told, try_desire};
use crate::model::desired::HostRole;
use crate::nut::directive::File;
use crate::nut::files::{Role, UpsdUsers};

#[test]
fn a_host_with_a_cable_is_a_server_and_the_others_are_clients() {
    let site = site("");
    assert_eq!(
        desire(&site, "pve").role,
        HostRole::Server { clients: true }
    );
    assert_eq!(desire(&site, "web").role, HostRole::Client);
    let files: Vec<_> = desire(&site, "web").files.into_keys().collect();
    assert_eq!(files, [File::Nut, File::Upsmon]);
}

#[test]
fn the_server_alone_stays_on_loopback() {
    let alone = inventory("[ups.u]\nhost='h'\ndriver='d'\n[hosts.h]\naddress='10.0.0.1'\n");
    assert_eq!(
        desire(&alone, "h").role,
        HostRole::Server { clients: false }
    );
    assert_eq!(
        line(&alone, "h", File::Upsd, "LISTEN").as_deref(),
        Some("LISTEN 127.0.0.1 3493")
    );
}

#[test]
fn a_primary_waits_for_the_slowest_client() {
    let slow = site(
        "shutdown_takes = '2m'\n[hosts.web.upsmon]\nFINALDELAY = 30\nPOLLFREQALERT = 8\nSHUTDOWNEXIT = 7\n",
    );
    assert_eq!(
        line(&slow, "pve", File::Upsmon, "HOSTSYNC").as_deref(),
        Some("HOSTSYNC 50")
    );
    assert_eq!(
        line(&slow, "pve", File::Upsmon, "FINALDELAY").as_deref(),
        Some("FINALDELAY 120")
    );
    assert_eq!(
        line(&slow, "web", File::Upsmon, "HOSTSYNC").as_deref(),
        Some("HOSTSYNC 15")
    );
}

#[test]
fn a_quick_client_does_not_make_a_primary_quicker_than_nut() {
    let quick = site("shutdown_takes = '1s'\n[hosts.web.upsmon]\nFINALDELAY = 0\n");
    assert_eq!(
        line(&quick, "pve", File::Upsmon, "HOSTSYNC").as_deref(),
        Some("HOSTSYNC 15")
    );
    assert_eq!(
        line(&quick, "pve", File::Upsmon, "FINALDELAY").as_deref(),
        Some("FINALDELAY 5")
    );
}

#[test]
fn defaults_of_upsmon_count_for_clients_too() {
    let site = site("[defaults.upsmon]\nPOLLFREQALERT = 20\n");
    assert_eq!(
        line(&site, "pve", File::Upsmon, "HOSTSYNC").as_deref(),
        Some("HOSTSYNC 30")
    );
}

#[test]
fn defaults_of_upsmon_do_not_count_for_an_appliance() {
    let site = site("platform = 'truenas'\n[defaults.upsmon]\nPOLLFREQALERT = 20\n");
    assert_eq!(
        line(&site, "pve", File::Upsmon, "HOSTSYNC").as_deref(),
        Some("HOSTSYNC 15")
    );
}

#[test]
fn a_server_that_no_ups_feeds_still_starts_its_upsmon() {
    let mut unfed = site("");
    unfed
        .hosts
        .values_mut()
        .for_each(|host| host.powered_by = host.powered_by.take().or(Some(vec![])));
    let text = file(&unfed, "pve", File::Upsmon);
    assert!(
        text.contains("MONITOR ups@127.0.0.1 0 pve <password of pve> primary\n"),
        "{text}"
    );
    assert!(text.contains("MINSUPPLIES 0\n"), "{text}");
}

#[test]
fn hosts_that_share_a_user_share_its_section() {
    let shared = site(
        "nut_user = 'pve'\n[hosts.db]\naddress='10.0.0.3'\npowered_by=['ups']\nnut_user='both'\n[hosts.mail]\naddress='10.0.0.4'\npowered_by=['ups']\nnut_user='both'\n",
    );
    let content = &desire(&shared, "pve").files[&File::UpsdUsers].content;
    let text = content.fill(|_| "x".into());
    let users = UpsdUsers::parse(text.as_bytes());
    let roles: Vec<_> = users
        .users
        .iter()
        .map(|u| (u.name.as_str(), u.role()))
        .collect();
    assert_eq!(
        roles,
        [
            ("pve", Some(Role::Primary)),
            ("both", Some(Role::Secondary)),
        ]
    );
    assert_eq!(users.traps, []);
}

#[test]
fn a_user_is_only_on_the_servers_it_names() {
    let more = "[users.here]\non = ['pve']\n[users.there]\non = ['web']\n[users.everywhere]\nactions = ['SET']\n[users.web]\ninstcmds = ['beeper.mute']\n";
    let text = file(&site(more), "pve", File::UpsdUsers);
    assert!(
        text.contains("[here]\n") && text.contains("[everywhere]\n"),
        "{text}"
    );
    assert!(!text.contains("[there]"), "{text}");
    assert!(
        text.contains("    instcmds = beeper.mute\n    upsmon secondary\n"),
        "{text}"
    );
}

#[test]
fn a_server_known_only_as_local_needs_an_address_for_its_clients() {
    let here = inventory(&super::SITE.replace("192.168.2.214", "local"));
    let error = told(&try_desire(&here, "web").expect_err("no address"));
    assert_eq!(
        error,
        "hosts.pve.address: web must reach ups `ups` on pve, and `local` is no address for it\n  \
         help: give pve a nut_address, the IP address its NUT clients use"
    );
    assert_eq!(
        desire(&here, "pve").expect.monitors[0].system,
        "ups@127.0.0.1"
    );
}

#[test]
fn a_client_of_an_unknown_ups_is_an_error_with_its_key() {
    let wrong = inventory("[hosts.web]\naddress='10.0.0.1'\npowered_by=['upz']\n");
    let error = try_desire(&wrong, "web")
        .expect_err("unknown ups")
        .to_string();
    assert_eq!(
        error,
        "hosts.web.powered_by: there is no ups `upz` in the inventory"
    );
}

#[test]
fn names_that_nut_cuts_are_refused() {
    for user in ["my user", "a#b", "a]", "ü", "", "a=b", "a\"b"] {
        let mut site = site("");
        site.users.insert(user.into(), Default::default());
        let error = try_desire(&site, "pve").expect_err(user);
        let key = format!("users.{user}: ");
        assert!(error.to_string().starts_with(&key), "{error}");
    }
}

#[test]
fn the_own_version_chooses_the_words_of_a_host() {
    let old = site("nut_version = '2.7.4'\n");
    assert!(file(&old, "web", File::Upsmon).contains(" slave\n"));
    assert!(file(&old, "pve", File::Upsmon).contains(" primary\n"));
    assert!(file(&old, "pve", File::UpsdUsers).contains("upsmon secondary\n"));
}

#[test]
fn a_host_outside_the_inventory_is_an_error() {
    let error = try_desire(&site(""), "nobody").expect_err("unknown host");
    assert_eq!(
        error.to_string(),
        "there is no host `nobody` in the inventory"
    );
}
