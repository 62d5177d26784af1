use proptest::prelude::*;

use super::{desire, site};
use crate::model::inventory::{DirectiveValue, Inventory};
use crate::model::secret::{Secret, SecretStore};
use crate::nut::conf::ProblemKind;
use crate::nut::directive::File;
use crate::nut::files::{NutConf, Trap, TrapKind, UpsConf, UpsdConf, UpsdUsers, UpsmonConf};

/// Everything NUT can hold in a word.
const ASCII: &str = "[ -~]{0,80}";

/// The traps that cost something: an apostrophe in front of a password is only odd to look at.
fn losses(traps: Vec<Trap>) -> Vec<Trap> {
    let odd = |trap: &Trap| trap.kind == TrapKind::Words(ProblemKind::Apostrophe);
    traps.into_iter().filter(|trap| !odd(trap)).collect()
}

/// The bytes of a file with these passwords.
fn bytes(inventory: &Inventory, host: &str, file: File, password: &str) -> Vec<u8> {
    let mut secrets = SecretStore::default();
    for user in ["pve", "web"] {
        secrets.insert(user, Secret::new(password));
    }
    let content = &desire(inventory, host).files[&file].content;
    content
        .reveal(&secrets)
        .expect("known passwords")
        .expose()
        .as_bytes()
        .to_vec()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nut_reads_the_desc_that_was_written(desc in ASCII, option in ASCII) {
        let mut site = site("");
        let ups = site.ups.values_mut().next().expect("a ups");
        ups.desc = Some(desc.clone());
        ups.options.insert("serial".into(), DirectiveValue::Text(option.clone()));
        let conf = UpsConf::parse(&bytes(&site, "pve", File::Ups, "x"));
        prop_assert_eq!(&conf.traps, &[]);
        let section = conf.section("ups").expect("the section");
        prop_assert_eq!(section.value("desc"), Some(desc.as_str()));
        prop_assert_eq!(section.value("serial"), Some(option.as_str()));
    }

    #[test]
    fn both_sides_read_the_same_password(password in ASCII) {
        let site = site("");
        let users = UpsdUsers::parse(&bytes(&site, "pve", File::UpsdUsers, &password));
        prop_assert_eq!(losses(users.traps.clone()), []);
        for host in ["pve", "web"] {
            let conf = UpsmonConf::parse(&bytes(&site, host, File::Upsmon, &password));
            prop_assert_eq!(losses(conf.traps), []);
            prop_assert_eq!(&conf.monitors[0].password.value, &password);
            prop_assert!(users.user(host).expect("the user").accepts(&password));
        }
    }

    #[test]
    fn upsmon_reads_the_commands_and_messages_that_were_written(text in ASCII) {
        let mut site = site("");
        let host = site.hosts.get_mut("pve").expect("the host");
        host.upsmon.insert("SHUTDOWNCMD".into(), DirectiveValue::Text(text.clone()));
        let message = [("ONBATT".to_string(), DirectiveValue::Text(text.clone()))];
        host.upsmon.insert("NOTIFYMSG".into(), DirectiveValue::Table(message.into()));
        let conf = UpsmonConf::parse(&bytes(&site, "pve", File::Upsmon, "x"));
        prop_assert_eq!(&conf.traps, &[]);
        let word = |name: &str, at: usize| {
            conf.get(name).and_then(|s| s.args.get(at)).map(|word| word.value.clone())
        };
        prop_assert_eq!(word("SHUTDOWNCMD", 0), Some(text.clone()));
        prop_assert_eq!(word("NOTIFYMSG", 1), Some(text));
    }

    #[test]
    fn a_shell_reads_the_value_that_was_written(text in ASCII) {
        let mut site = site("");
        let host = site.hosts.get_mut("pve").expect("the host");
        host.nut.insert("POWEROFF_WAIT".into(), DirectiveValue::Text(text.clone()));
        let conf = NutConf::parse(&bytes(&site, "pve", File::Nut, "x"));
        prop_assert_eq!(&conf.traps, &[]);
        prop_assert_eq!(conf.get("POWEROFF_WAIT").map(|a| a.value.as_str()), Some(text.as_str()));
    }
}

#[test]
fn nothing_in_the_built_in_files_is_a_trap() {
    let site = site("[users.admin]\nactions = ['SET', 'FSD']\ninstcmds = ['ALL']\n");
    let mut secrets = SecretStore::default();
    for user in ["pve", "web", "admin"] {
        secrets.insert(user, Secret::new("x"));
    }
    for (file, made) in desire(&site, "pve").files {
        let text = made.content.reveal(&secrets).expect("known passwords");
        let bytes = text.expose().as_bytes();
        let traps = match file {
            File::Nut => NutConf::parse(bytes).traps,
            File::Ups => UpsConf::parse(bytes).traps,
            File::Upsd => UpsdConf::parse(bytes).traps,
            File::UpsdUsers => UpsdUsers::parse(bytes).traps,
            File::Upsmon => UpsmonConf::parse(bytes).traps,
        };
        assert_eq!(traps, [], "{file}");
    }
}
