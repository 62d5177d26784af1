use super::{inventory, name, site};
use crate::model::inventory::Inventory;
use crate::model::outcome::Sheet;
use crate::model::secret::{Secret, SecretStore};
use crate::render::{self, InventoryIndex};

/// The sheet of the client.
fn by_hand(inventory: &Inventory) -> Sheet {
    sheet_of(inventory, "web")
}

fn sheet_of(inventory: &Inventory, host: &str) -> Sheet {
    render::by_hand(
        &InventoryIndex::new(inventory, &|_| None),
        &name(host),
        None,
    )
}

#[test]
fn a_password_is_shown_where_it_is_asked_for() {
    let site = site("platform = 'truenas'\n");
    let mut secrets = SecretStore::default();
    secrets.insert("web", Secret::new("hunter2"));
    let index = InventoryIndex::new(&site, &|_| None);
    let sheet = render::by_hand(&index, &name("web"), Some(&secrets));
    let field = ("Monitor Password".to_string(), "hunter2".to_string());
    assert!(sheet.fields.contains(&field), "{sheet:?}");
}

#[test]
fn a_password_is_named_and_never_shown() {
    let more = "platform = 'truenas'\n[users.web]\npassword = { literal = 'hunter2' }\n";
    let sheet = by_hand(&site(more));
    let password = sheet
        .fields
        .iter()
        .find(|(field, _)| field == "Monitor Password");
    let expected = "the password of user `web` (from the inventory)";
    assert_eq!(password.map(|(_, value)| value.as_str()), Some(expected));
    assert!(!format!("{sheet:?}").contains("hunter2"));
}

#[test]
fn an_appliance_says_which_name_its_ups_must_have() {
    let sheet = by_hand(&site("platform = 'qnap'\n"));
    let note = sheet
        .notes
        .iter()
        .find(|note| note.contains("qnapups"))
        .expect("a note");
    assert!(
        note.starts_with("QTS only finds a UPS named `qnapups`, and this one is `ups`"),
        "{note}"
    );
    let synology = by_hand(&site("platform = 'synology'\n"));
    assert!(
        synology
            .notes
            .iter()
            .all(|note| !note.contains("only finds"))
    );
}

#[test]
fn an_appliance_says_that_it_knows_one_port() {
    let more = "platform = 'synology'\n[hosts.pve.upsd]\nLISTEN = '0.0.0.0 4000'\n";
    let sheet = by_hand(&site(more));
    assert!(
        sheet
            .notes
            .iter()
            .any(|note| note.contains("only knows port 3493")),
        "{sheet:?}"
    );
}

#[test]
fn truenas_gets_an_ipv6_address_in_brackets() {
    let six = super::SITE.replace("192.168.2.214", "fd00::1") + "platform = 'truenas'\n";
    let sheet = by_hand(&inventory(&six));
    assert!(
        sheet
            .fields
            .contains(&("Remote Host".into(), "[fd00::1]".into()))
    );
}

#[test]
fn a_host_without_a_ups_has_nothing_to_set() {
    let sheet = sheet_of(
        &site("[hosts.nas]\naddress='10.0.0.9'\nplatform='truenas'\n"),
        "nas",
    );
    assert_eq!((sheet.fields.len(), sheet.notes.len()), (0, 1));
}
