//! What goes wrong on real hosts, and what upsctl then says and leaves behind.

mod support;

use std::time::Instant;

use support::{Lab, available, wait_for};

const ONE: &str = r#"
[ups.ups]
host = "pve"
driver = "dummy-ups"
port = "ups.dev"
[hosts.pve]
address = "pve"
[secrets]
password = { env = "PVE_PASSWORD" }
"#;

fn one(purpose: &str, suite: &str) -> Lab {
    let lab = Lab::up(purpose, &[&format!("pve={suite},192.0.2.10")]);
    lab.write("site.toml", ONE);
    lab.dummy_ups("pve");
    lab
}

/// Everything of /etc/nut, content, owner and mode, and whether a transaction is open.
fn state(lab: &Lab) -> String {
    lab.sh("pve", "cd /etc/nut && stat -c '%n %U:%G %a' . * && sha256sum * && ls -A; ls /var/lib/upsctl/open 2>&1").out
}

fn status(lab: &Lab) -> String {
    lab.sh("pve", "upsc ups@127.0.0.1 ups.status 2>/dev/null")
        .out
        .trim()
        .to_string()
}

fn broken_driver(suite: &str) {
    let lab = one("broken", suite);
    lab.upsctl(&["deploy", "-y"]).expect(0);
    let before = state(&lab);
    lab.write(
        "site.toml",
        &format!("{ONE}\n[ups.ups.options]\nnosuchkey = \"x\"\n"),
    );
    // Seen before anything is written; whoever insists meets the rollback.
    let refused = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        refused.out.contains("driver-key-unknown"),
        "{}",
        refused.out
    );
    assert_eq!(before, state(&lab));
    lab.write(
        "site.toml",
        &format!("allow = [\"driver-key-unknown\"]\n{ONE}\n[ups.ups.options]\nnosuchkey = \"x\"\n"),
    );
    let ran = lab.upsctl(&["deploy", "-y"]).expect(5);
    assert!(
        ran.out.contains("rolled back, the host is as it was"),
        "{}",
        ran.out
    );
    assert_eq!(before, state(&lab));
    assert_eq!(status(&lab), "OL");
    lab.write("site.toml", ONE);
    lab.upsctl(&["verify"]).expect(0);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
}

#[test]
fn a_driver_that_does_not_start_is_rolled_back_on_2_8_0() {
    if available() {
        broken_driver("bookworm");
    }
}

#[test]
fn a_driver_that_does_not_start_is_rolled_back_on_2_8_1() {
    if available() {
        broken_driver("trixie");
    }
}

#[test]
fn a_driver_that_does_not_start_is_rolled_back_on_2_7_4() {
    if available() {
        broken_driver("bullseye");
    }
}

#[test]
fn a_host_without_nut_gets_it_when_asked() {
    if !available() {
        return;
    }
    let lab = Lab::up("bare", &["--bare", "pve=bookworm,192.0.2.10"]);
    lab.write("site.toml", ONE);
    let refused = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        refused.out.contains("NUT is not installed"),
        "{}",
        refused.out
    );
    assert!(
        refused
            .out
            .contains("apt-get install -y nut-server nut-client"),
        "{}",
        refused.out
    );
    lab.sh("pve", "mkdir -p /etc/nut").expect(0);
    lab.dummy_ups("pve");
    lab.upsctl(&["deploy", "-y", "--install"]).expect(0);
    assert_eq!(status(&lab), "OL");
    lab.upsctl(&["diff", "--exit-code"]).expect(0);
}

#[test]
fn odd_files_are_refused_and_left_alone() {
    if !available() {
        return;
    }
    let lab = one("odd", "bookworm");
    lab.sh(
        "pve",
        "cd /etc/nut && mv upsd.users real && ln -s real upsd.users",
    )
    .expect(0);
    let before = state(&lab);
    let ran = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        ran.out
            .contains("/etc/nut/upsd.users is a symbolic link to real"),
        "{}",
        ran.out
    );
    assert_eq!(before, state(&lab));

    lab.sh("pve", "cd /etc/nut && rm upsd.users && mkdir upsd.users")
        .expect(0);
    let ran = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        ran.out.contains("/etc/nut/upsd.users is no regular file"),
        "{}",
        ran.out
    );

    lab.sh("pve", "mv /etc/nut /etc/nut.away").expect(0);
    let ran = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        ran.out
            .contains("/etc/nut does not exist although NUT is installed"),
        "{}",
        ran.out
    );
    lab.sh(
        "pve",
        "mv /etc/nut.away /etc/nut && rmdir /etc/nut/upsd.users",
    )
    .expect(0);

    // A file that is absent is made; one that is not UTF-8 is shown and replaced.
    lab.sh("pve", "printf 'MAXAGE 15\\377\\n' >/etc/nut/upsd.conf")
        .expect(0);
    let shown = lab.upsctl(&["diff"]).expect(0);
    assert!(
        shown.out.contains("/etc/nut/upsd.users  (new file"),
        "{}",
        shown.out
    );
    lab.upsctl(&["deploy", "-y"]).expect(0);
    assert_eq!(status(&lab), "OL");
}

#[test]
fn sudo_is_used_where_the_user_is_not_root_and_its_refusal_is_told() {
    if !available() {
        return;
    }
    let lab = one("sudo", "bookworm");
    lab.write(
        "site.toml",
        &ONE.replace("address = \"pve\"", "address = \"pve\"\nuser = \"limited\""),
    );
    let ran = lab.upsctl(&["diff"]).expect(1);
    assert!(
        ran.out
            .contains("limited may not use sudo without a password"),
        "{}{}",
        ran.out,
        ran.err
    );
    lab.write(
        "site.toml",
        &ONE.replace("address = \"pve\"", "address = \"pve\"\nuser = \"admin\""),
    );
    lab.upsctl(&["deploy", "-y"]).expect(0);
    assert_eq!(status(&lab), "OL");
}

#[test]
fn a_full_or_read_only_disk_changes_nothing() {
    if !available() {
        return;
    }
    let lab = one("disk", "trixie");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.write(
        "site.toml",
        &format!("{ONE}\n[hosts.pve.upsd]\nMAXAGE = 20\n"),
    );

    // No room for the backup.
    lab.sh("pve", "mount -t tmpfs -o size=16k,mode=700 tmpfs /var/lib/upsctl && ! dd if=/dev/zero of=/var/lib/upsctl/full 2>/dev/null").expect(0);
    let before = state(&lab);
    let ran = lab.upsctl(&["deploy", "-y"]).expect(1);
    assert!(ran.out.contains("is the disk full"), "{}", ran.out);
    assert_eq!(before, state(&lab));
    lab.sh("pve", "umount /var/lib/upsctl").expect(0);

    // No room for the files themselves.
    lab.sh("pve", "cp -a /etc/nut /root/nut && mount -t tmpfs -o size=32k,mode=755 tmpfs /etc/nut && chown root:nut /etc/nut && cp -a /root/nut/* /etc/nut/ && ! dd if=/dev/zero of=/etc/nut/full 2>/dev/null").expect(0);
    let before = state(&lab);
    let ran = lab.upsctl(&["deploy", "-y"]).expect(1);
    assert!(ran.out.contains("is the disk full"), "{}", ran.out);
    assert_eq!(before, state(&lab));

    // Read-only.
    lab.sh("pve", "rm /etc/nut/full; mount -o remount,ro /etc/nut")
        .expect(0);
    let before = state(&lab);
    lab.upsctl(&["deploy", "-y"]).expect(1);
    assert_eq!(before, state(&lab));
    assert_eq!(status(&lab), "OL");
    lab.sh("pve", "umount /etc/nut").expect(0);
    lab.upsctl(&["deploy", "-y"]).expect(0);

    // What a change of ups.conf by hand needs is put right as well.
    let path = "nut-driver-enumerator.path";
    lab.sh("pve", &format!("systemctl stop {path}")).expect(0);
    let ran = lab.upsctl(&["diff", "--exit-code"]).expect(4);
    assert!(ran.out.contains(path), "{}", ran.out);
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.sh("pve", &format!("systemctl is-active {path}"))
        .expect(0);
}

#[test]
fn nothing_is_touched_on_battery_or_with_fsd_latched() {
    if !available() {
        return;
    }
    let lab = one("battery", "bookworm");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.write(
        "site.toml",
        &format!("{ONE}\n[hosts.pve.upsd]\nMAXAGE = 20\n"),
    );
    lab.ups_status("pve", "OB DISCHRG");
    wait_for("the status arrives", 20, || status(&lab).starts_with("OB"));
    let before = state(&lab);
    let ran = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        ran.out.contains("is on battery (ups.status: OB DISCHRG)"),
        "{}",
        ran.out
    );
    assert_eq!(before, state(&lab));
    lab.upsctl(&["deploy", "-y", "--even-on-battery"]).expect(0);
}

#[test]
fn unreachable_hosts_do_not_stop_the_others() {
    if !available() {
        return;
    }
    let lab = Lab::up(
        "reach",
        &["pve=bookworm,192.0.2.10", "nas=bookworm,192.0.2.11"],
    );
    lab.dummy_ups("pve");
    let site = format!(
        "{ONE}\n[hosts.nas]\naddress = \"nas\"\npowered_by = [\"ups\"]\n[hosts.nowhere]\naddress = \"nowhere.invalid\"\npowered_by = [\"ups\"]\n"
    );
    lab.write(
        "site.toml",
        &site.replace(
            "address = \"pve\"",
            "address = \"pve\"\nnut_address = \"192.0.2.10\"",
        ),
    );
    lab.ctl(&["cut", "nas"]).expect(0);
    let begun = Instant::now();
    let ran = lab.upsctl(&["deploy", "-y", "--timeout", "4"]).expect(1);
    assert!(begun.elapsed().as_secs() < 60);
    assert!(
        ran.out.contains("pve      deployed") || ran.out.contains("pve  deployed"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("name resolution") || ran.out.contains("does not resolve"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("did not answer") || ran.out.contains("cannot reach"),
        "{}",
        ran.out
    );
    assert_eq!(status(&lab), "OL");
    lab.ctl(&["mend", "nas"]).expect(0);
    lab.upsctl(&["deploy", "-y", "nas"]).expect(0);
    lab.upsctl(&["verify", "pve", "nas"]);
}

#[test]
fn two_deploys_at_once_do_not_meet() {
    if !available() {
        return;
    }
    let lab = one("twice", "trixie");
    let mut first = lab
        .upsctl_command(&["deploy", "-y"])
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    wait_for("the first holds the lock", 30, || {
        lab.sh("pve", "test -e /var/lib/upsctl/open").code == 0
    });
    // It waits for the first, sees what that one made, and finds nothing left to do.
    let second = lab.upsctl(&["deploy", "-y", "-v"]).expect(0);
    assert!(
        second.err.contains("waiting for an earlier deploy to end"),
        "{}",
        second.err
    );
    assert!(second.out.contains("in sync"), "{}", second.out);
    assert!(first.wait().unwrap().success());
}

#[test]
fn a_restart_that_is_owed_is_seen_and_made_up_for() {
    if !available() {
        return;
    }
    let lab = one("owed", "trixie");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.sh("pve", "sleep 2; touch /etc/nut/upsmon.conf")
        .expect(0);
    let seen = lab.upsctl(&["diff", "--exit-code"]).expect(4);
    assert!(
        seen.out.contains("restart nut-monitor.service"),
        "{}",
        seen.out
    );
    assert!(
        seen.out
            .contains("it started before upsmon.conf was last changed"),
        "{}",
        seen.out
    );
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);

    // A reload counts as read, and is enough for MAXAGE.
    lab.write(
        "site.toml",
        &format!("{ONE}\n[hosts.pve.upsd]\nMAXAGE = 20\n"),
    );
    let plan = lab.upsctl(&["diff"]).expect(0);
    assert!(
        plan.out.contains("reload  nut-server.service")
            || plan.out.contains("reload nut-server.service"),
        "{}",
        plan.out
    );
    lab.upsctl(&["deploy", "-y"]).expect(0);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);

    // Started by hand before, down now.
    lab.sh("pve", "systemctl stop nut-server").expect(0);
    lab.upsctl(&["verify"]).expect(3);
    lab.upsctl(&["deploy", "-y"]).expect(0);
    assert_eq!(status(&lab), "OL");

    lab.sh(
        "pve",
        "systemctl stop nut-server; systemctl mask nut-server",
    )
    .expect(0);
    let masked = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(
        masked.out.contains("systemctl unmask nut-server.service"),
        "{}",
        masked.out
    );
}

#[test]
fn earlier_states_come_back_and_saved_plans_are_held_to() {
    if !available() {
        return;
    }
    let lab = one("back", "bookworm");
    let fresh = lab
        .sh("pve", "cd /etc/nut && sha256sum *.conf upsd.users")
        .out;
    lab.upsctl(&["deploy", "-y"]).expect(0);
    let first = state(&lab);

    // A plan is applied as it was saved, once.
    lab.write(
        "site.toml",
        &format!("{ONE}\n[hosts.pve.upsd]\nMAXAGE = 20\n"),
    );
    let plan = lab.dir.path().join("plan.json").display().to_string();
    lab.upsctl(&["diff", "--out", &plan]).expect(0);
    let saved = std::fs::read_to_string(&plan).unwrap();
    assert!(
        saved.contains("MAXAGE 20") && !saved.contains("canary"),
        "{saved}"
    );
    lab.sh("pve", "echo '# by hand' >>/etc/nut/upsd.conf")
        .expect(0);
    let stale = lab.upsctl(&["deploy", "-y", "--plan", &plan]).expect(1);
    assert!(stale.out.contains("stale"), "{}", stale.out);
    lab.sh("pve", "sed -i '/# by hand/d' /etc/nut/upsd.conf")
        .expect(0);
    // The edit and its undoing leave a newer file, which is a step of its own.
    lab.upsctl(&["diff", "--out", &plan]).expect(0);
    lab.upsctl(&["deploy", "-y", "--plan", &plan]).expect(0);
    lab.upsctl(&["diff", "--exit-code"]).expect(0);

    let history = lab.upsctl(&["history", "pve"]).expect(0);
    assert_eq!(
        history.out.matches("confirmed").count(),
        2,
        "{}",
        history.out
    );
    lab.upsctl(&["rollback", "pve", "-y"]).expect(0);
    assert_eq!(state(&lab), first, "the last deploy is undone");
    assert_eq!(status(&lab), "OL");
    lab.upsctl(&["rollback", "pve", "nosuchid", "-y"]).expect(1);

    // Back to before NUT was set up: nothing runs, nothing is left.
    let id = history.out.split_whitespace().next().unwrap().to_string();
    lab.upsctl(&["rollback", "pve", &id, "-y"]).expect(0);
    assert_eq!(
        lab.sh("pve", "cd /etc/nut && sha256sum *.conf upsd.users")
            .out,
        fresh
    );
    assert_eq!(status(&lab), "");
    lab.upsctl(&["deploy", "-y"]).expect(0);
    assert_eq!(status(&lab), "OL");

    // What the rules find wrong is not written.
    lab.write(
        "site.toml",
        &format!("{ONE}\n[hosts.pve.upsmon]\nMINSUPPLIES = 2\n"),
    );
    let before = state(&lab);
    let refused = lab.upsctl(&["deploy", "-y"]).expect(3);
    assert!(refused.out.contains("MINSUPPLIES"), "{}", refused.out);
    assert_eq!(before, state(&lab));
}
