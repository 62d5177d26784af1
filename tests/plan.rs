//! What is planned for a host: an edit of one that is in sync, and the steps that mend it.

use std::collections::BTreeMap;
use std::fs;

use upsctl::inventory;
use upsctl::model::desired::DesiredHost;
use upsctl::model::name::HostName;
use upsctl::model::observed::{
    FileKind, List, Machine, Meta, ObservedFile, ObservedHost, Reading, Seen, Unit,
};
use upsctl::model::plan::HostPlan;
use upsctl::model::secret::{Secret, SecretStore};
use upsctl::nut::directive::File;
use upsctl::nut::version::NutVersion;
use upsctl::plan::{self, Policy};
use upsctl::render::{self, Templates};

const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "usbhid-ups"
port = "auto"
[hosts.pve]
address = "192.0.2.10"
[hosts.nas]
address = "192.0.2.11"
powered_by = ["ups"]
[secrets]
password = { env = "NUT" }
"#;

const SERVER: &str = "nut-server.service";
const MONITOR: &str = "nut-monitor.service";
const DRIVER: &str = "nut-driver@ups.service";

/// A host, what it should have and what it has: all is well until a test edits it.
struct Host {
    desired: DesiredHost,
    observed: ObservedHost,
    secrets: SecretStore,
    policy: Policy,
}

fn meta(kind: FileKind) -> Meta {
    Meta {
        owner: "root".into(),
        group: "nut".into(),
        mode: 0o640,
        modified: 100,
        kind,
    }
}

fn host(name: &str, nut: NutVersion) -> Host {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("site.toml");
    fs::write(&path, SITE).unwrap();
    let loaded = inventory::load(&path).unwrap();
    let name = HostName::new(name).unwrap();
    let templates = Templates::built_in().unwrap();
    let places = loaded.places();
    let index = render::InventoryIndex::new(&loaded.inventory, &places);
    let desired = render::desired(&index, &name, Some(nut), &templates).unwrap();
    let mut secrets = SecretStore::default();
    for user in ["pve", "nas"] {
        secrets.insert(user, Secret::new(format!("pw-of-{user}")));
    }
    let files = desired.files.iter().map(|(file, want)| {
        let seen = ObservedFile {
            meta: meta(FileKind::File),
            content: want.content.reveal(&secrets).unwrap(),
            digest: "digest".into(),
        };
        (*file, Seen::Is(seen))
    });
    let unit = Unit {
        load: "loaded".into(),
        active: "active".into(),
        sub: "running".into(),
        enabled: "enabled".into(),
        since: 1000,
        loaded: 1000,
        ..Unit::default()
    };
    let names = match desired.role.is_server() {
        true => vec![
            SERVER,
            MONITOR,
            DRIVER,
            "nut-driver.service",
            "nut.target",
            "nut-driver.target",
            "nut-driver-enumerator.service",
            "nut-driver-enumerator.path",
        ],
        false => vec![MONITOR, "nut.target"],
    };
    let packages = desired.role.packages().iter();
    let observed = ObservedHost {
        name: name.clone(),
        system: Machine {
            os_ids: vec!["debian".into()],
            systemd: true,
            clock: 2000,
            booted: 1,
            ..Machine::default()
        },
        nut: Seen::Is(nut),
        candidate: None,
        packages: packages
            .map(|name| (name.to_string(), "1".to_string()))
            .collect(),
        config_dir: Seen::Is(meta(FileKind::Directory)),
        files: files.collect(),
        units: names
            .into_iter()
            .map(|name| (name.to_string(), unit.clone()))
            .collect(),
        listening: Seen::Absent,
        ups: BTreeMap::new(),
        clients: BTreeMap::new(),
        usb: Seen::Absent,
        journal: Seen::Absent,
        addresses: Vec::new(),
        truenas: Seen::Absent,
        transaction: None,
        unread: BTreeMap::new(),
        leftovers: Vec::new(),
        deep: BTreeMap::new(),
    };
    Host {
        desired,
        observed,
        secrets,
        policy: Policy::default(),
    }
}

fn pve() -> Host {
    host("pve", NutVersion::V2_8_1)
}

impl Host {
    fn plan(&self) -> HostPlan {
        plan::host(&self.desired, &self.observed, &self.secrets, self.policy)
    }

    fn edit(mut self, file: File, edit: impl Fn(&str) -> String) -> Self {
        let Some(Seen::Is(have)) = self.observed.files.get_mut(&file) else {
            panic!("no {file}");
        };
        have.content = Secret::new(edit(have.content.expose()));
        self
    }

    fn file(&mut self, file: File) -> &mut Seen<ObservedFile> {
        self.observed.files.get_mut(&file).unwrap()
    }

    fn meta(&mut self, file: File) -> &mut Meta {
        match self.file(file) {
            Seen::Is(have) => &mut have.meta,
            _ => panic!("no {file}"),
        }
    }

    fn unit(&mut self, name: &str) -> &mut Unit {
        self.observed.units.get_mut(name).unwrap()
    }
}

/// The units' steps: `restart nut-server because …`.
fn units(plan: &HostPlan) -> Vec<String> {
    let steps = plan.units.iter();
    steps
        .map(|step| {
            let action = format!("{:?}", step.action).to_lowercase();
            let unit = step.unit.trim_end_matches(".service");
            format!("{action} {unit} because {}", step.because.join("; "))
        })
        .collect()
}

fn blocked(plan: &HostPlan) -> Vec<&str> {
    plan.blocked.iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_host_in_sync_has_no_step_in_any_version() {
    for name in ["pve", "nas"] {
        for nut in [NutVersion::V2_7_4, NutVersion::V2_8_0, NutVersion::V2_8_1] {
            let plan = host(name, nut).plan();
            assert!(plan.in_sync(), "{name} {nut}: {plan:?}");
            assert_eq!(plan.blocked, []);
        }
    }
}

const LOGS_IN_AGAIN: &str = "restart nut-monitor because nut-server restarts: it logs in again at once, not at its next poll";

#[test]
fn what_changes_restarts_what_reads_it() {
    let add = |text: &'static str| move |old: &str| format!("{old}{text}");
    for (file, edit, steps) in [
        (
            File::Upsd,
            "MAXAGE 99\n",
            vec![
                "restart nut-server because upsd.conf changes: MAXAGE is removed, which a reload would \
                 not notice",
                LOGS_IN_AGAIN,
            ],
        ),
        (
            File::UpsdUsers,
            "[someone]\n  password = x\n",
            vec!["reload nut-server because upsd.users changes"],
        ),
        (
            File::Upsmon,
            "POLLFREQ 9\n",
            vec![
                "restart nut-monitor because upsmon.conf changes: POLLFREQ is removed, which a reload \
                 would not notice",
            ],
        ),
        (
            File::Ups,
            "# by hand\n",
            vec![
                "enumerate nut-driver-enumerator because ups.conf changes",
                "restart nut-driver@ups because ups.conf changes",
                "restart nut-server because ups.conf changes",
                LOGS_IN_AGAIN,
            ],
        ),
    ] {
        let plan = pve().edit(file, add(edit)).plan();
        assert_eq!(plan.files.len(), 1, "{file}");
        assert_eq!(units(&plan), steps, "{file}");
    }
}

#[test]
fn a_unit_that_does_not_run_is_restarted_and_nothing_else() {
    let mut host = pve();
    host.unit(MONITOR).active = "failed".into();
    assert_eq!(
        units(&host.plan()),
        ["restart nut-monitor because it is failed"]
    );
    let mut host = pve();
    host.observed.units.remove(SERVER);
    assert_eq!(
        units(&host.plan()),
        [
            "restart nut-server because it is not there yet",
            LOGS_IN_AGAIN,
        ]
    );
    let mut host = pve();
    host.unit(DRIVER).active = "inactive".into();
    assert_eq!(
        units(&host.plan()),
        [
            "enumerate nut-driver-enumerator because a driver instance is missing or not active",
            "restart nut-driver@ups because it is inactive",
        ]
    );
}

#[test]
fn a_restart_is_owed_when_a_file_is_newer_than_the_unit_that_reads_it() {
    let mut host = pve();
    host.meta(File::Upsmon).modified = 1500;
    assert_eq!(
        units(&host.plan()),
        ["restart nut-monitor because it started before upsmon.conf was last changed"]
    );
    // Rounded seconds: the same moment is not later.
    host.meta(File::Upsmon).modified = 1001;
    assert!(host.plan().in_sync());
}

#[test]
fn a_client_that_stayed_out_is_restarted() {
    let out = |listed: &[&str], status: &str| {
        let mut host = host("nas", NutVersion::V2_8_1);
        host.observed.addresses = vec!["192.0.2.11".into()];
        let system = "ups@192.0.2.10".to_string();
        let variables = BTreeMap::from([("ups.status".to_string(), status.to_string())]);
        let reading = match status {
            "" => Reading::TimedOut,
            _ => Reading::Variables(variables),
        };
        let listed = listed.iter().map(ToString::to_string).collect();
        host.observed.ups.insert(system.clone(), reading);
        host.observed.clients.insert(system, Seen::Is(listed));
        host
    };
    let owed = ["restart nut-monitor because it is not logged in to ups@192.0.2.10"];
    assert_eq!(units(&out(&["127.0.0.1"], "OL").plan()), owed);
    assert!(out(&["127.0.0.1", "192.0.2.11"], "OL").plan().in_sync());
    assert!(out(&["::ffff:192.0.2.11"], "OL").plan().in_sync());
    // Nobody can log in to a server that does not answer.
    assert!(out(&[], "").plan().in_sync());
    let mut young = out(&[], "OL");
    young.unit(MONITOR).since = 1995;
    assert!(young.plan().in_sync());
    let mut unknown = out(&[], "OL");
    unknown.observed.addresses.clear();
    assert!(unknown.plan().in_sync(), "its address is not known");
}

#[test]
fn what_would_not_start_at_boot_is_enabled() {
    for unit in [
        MONITOR,
        SERVER,
        "nut.target",
        "nut-driver.target",
        "nut-driver-enumerator.service",
        "nut-driver-enumerator.path",
    ] {
        let mut host = pve();
        host.unit(unit).enabled = "disabled".into();
        let name = unit.trim_end_matches(".service");
        assert_eq!(
            units(&host.plan()),
            [format!("enable {name} because it would not start at boot")]
        );
    }
}

#[test]
fn a_client_that_serves_is_stopped_from_it() {
    let mut host = host("nas", NutVersion::V2_8_0);
    let running = host.unit(MONITOR).clone();
    host.observed.units.insert(SERVER.into(), running);
    assert_eq!(
        units(&host.plan()),
        ["stop nut-server because this host is only a client"]
    );
}

#[test]
fn a_password_is_told_as_new_changed_or_removed_and_never_shown() {
    let notes = |host: Host| {
        let plan = host.plan();
        assert!(!format!("{plan:?}").contains("pw-of-"), "{plan:?}");
        let steps = plan.files.iter();
        steps
            .flat_map(|step| &step.passwords)
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    let users = File::UpsdUsers;
    let changed = pve().edit(users, |old| old.replace("pw-of-nas", "pw-of-old"));
    assert_eq!(notes(changed), ["password of user nas: changed"]);
    let new = pve().edit(users, |old| old.replace("[nas]", "[other]"));
    assert_eq!(
        notes(new),
        [
            "password of user nas: new",
            "password of user other: removed"
        ]
    );
}

#[test]
fn owner_and_mode_are_put_right() {
    let mut host = pve();
    host.meta(File::UpsdUsers).mode = 0o644;
    let plan = host.plan();
    assert_eq!(plan.files[0].old_meta.as_deref(), Some("root:nut/644"));
    assert_eq!(plan.files[0].new_meta, "root:nut/640");
}

#[test]
fn on_battery_or_with_fsd_nothing_is_written_unless_one_insists() {
    for (status, refused) in [
        ("OL", false),
        ("OL CHRG", false),
        ("OB DISCHRG", true),
        ("OB LB", true),
        ("FSD OL", true),
    ] {
        let mut host = pve().edit(File::Upsd, |old| format!("{old}MAXAGE 99\n"));
        let variables = BTreeMap::from([("ups.status".to_string(), status.to_string())]);
        let reading = Reading::Variables(variables);
        host.observed.ups.insert("ups@127.0.0.1".into(), reading);
        let expected: &[&str] = if refused { &["ups-on-battery"] } else { &[] };
        assert_eq!(blocked(&host.plan()), expected, "{status}");
        host.policy.even_on_battery = true;
        assert!(blocked(&host.plan()).is_empty(), "{status}");
    }
}

type Edit = fn(&mut Host);

#[test]
fn what_speaks_against_a_plan_is_said() {
    let table: [(&str, Edit); 12] = [
        ("nut-not-installed", |host| host.observed.packages.clear()),
        ("host-not-debian", |host| {
            host.observed.system.os_ids = vec!["fedora".into()]
        }),
        ("host-without-systemd", |host| {
            host.observed.system.systemd = false
        }),
        ("config-dir-odd", |host| {
            host.observed.config_dir = Seen::Is(meta(FileKind::File))
        }),
        ("config-dir-absent", |host| {
            host.observed.config_dir = Seen::Absent
        }),
        ("config-dir-unreadable", |host| {
            host.observed.config_dir = Seen::Unknown("I/O error".into());
        }),
        ("file-is-symlink", |host| {
            host.meta(File::Ups).kind = FileKind::Symlink("/elsewhere".into());
        }),
        ("file-is-odd", |host| {
            host.meta(File::Ups).kind = FileKind::Directory
        }),
        ("file-unreadable", |host| {
            *host.file(File::Ups) = Seen::Unknown("I/O error".into())
        }),
        ("unit-masked", |host| {
            host.unit(MONITOR).load = "masked".into();
            host.unit(MONITOR).active = "inactive".into();
        }),
        ("packages-unreadable", |host| {
            host.observed.packages.clear();
            host.observed.unread.insert(List::Packages, "broken".into());
        }),
        ("units-unreadable", |host| {
            host.observed.units.clear();
            host.observed.unread.insert(List::Units, "no bus".into());
        }),
    ];
    for (rule, edit) in table {
        let mut host = pve();
        edit(&mut host);
        assert_eq!(blocked(&host.plan()), [rule]);
    }
}

#[test]
fn what_could_not_be_looked_at_is_neither_installed_nor_restarted() {
    let mut host = pve();
    host.observed.packages.clear();
    host.observed.units.clear();
    host.observed.unread.insert(List::Packages, "broken".into());
    host.observed.unread.insert(List::Units, "no bus".into());
    let plan = host.plan();
    assert!(plan.install.is_empty() && plan.units.is_empty(), "{plan:?}");
}
