//! What must stand in the settings of a machine that upsctl does not write to.

use super::derive::{InventoryIndex, Watched, door, watched_by};
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{Inventory, Platform};
use crate::model::name::HostName;
use crate::model::outcome::Sheet;
use crate::model::secret::SecretStore;
use crate::nut::ups_name::{PORT, System, bracketed};

/// The settings of a host that is looked after by hand, field by field. A password is among them where
/// `shown` has it; else where it comes from is.
pub fn by_hand(index: &InventoryIndex<'_>, name: &HostName, shown: Option<&SecretStore>) -> Sheet {
    sheet(index, name, shown).unwrap_or_else(|why| Sheet {
        notes: vec![index.placed(why).to_string()],
        ..Sheet::default()
    })
}

fn sheet(
    index: &InventoryIndex<'_>,
    name: &HostName,
    shown: Option<&SecretStore>,
) -> Result<Sheet, Diagnostic> {
    let host = index.host(name)?;
    let mut sheet = Sheet {
        title: title(host.platform, name),
        ..Sheet::default()
    };
    let watched = watched_by(index, name)?;
    let (own, others): (Vec<_>, Vec<_>) = watched.into_iter().partition(|w| w.server == name);
    for watched in &own {
        sheet.notes.push(format!(
            "it is the server of ups `{}`, which upsctl only sets up on hosts of platform debian",
            watched.ups
        ));
    }
    for watched in &others {
        let client = Client::new(index, name, watched, shown)?;
        client.fields(host.platform, &mut sheet);
    }
    if own.is_empty() && others.is_empty() {
        sheet
            .notes
            .push("no UPS feeds it: there is nothing to set".into());
    }
    if others.len() > 1 && host.platform != Platform::External {
        sheet
            .notes
            .push("its settings hold one UPS only: choose one of these".into());
    }
    Ok(sheet)
}

fn title(platform: Platform, name: &HostName) -> String {
    let place = match platform {
        Platform::Truenas => "System > Services > UPS (the pencil), in the TrueNAS UI",
        Platform::Synology => "Control Panel > Hardware & Power > UPS, in DSM",
        Platform::Qnap => "Control Panel > System > External Device > UPS, in QTS",
        Platform::Debian | Platform::External => "its upsmon.conf, or what it has instead",
    };
    format!("{name}: {place}")
}

/// One UPS of a client.
struct Client<'a> {
    ups: &'a str,
    server: &'a HostName,
    address: String,
    port: u16,
    user: String,
    power_value: u32,
    /// The password itself where it may be seen, else where it comes from.
    password: String,
}

impl<'a> Client<'a> {
    fn new(
        index: &InventoryIndex<'a>,
        name: &HostName,
        watched: &Watched<'a>,
        shown: Option<&SecretStore>,
    ) -> Result<Self, Diagnostic> {
        let server = watched.server;
        // A server that only this machine knows as `local` has some address on the network.
        let unknown = || (format!("<the IP address of {server}>"), PORT);
        let (address, port) = door(index, server)?.unwrap_or_else(unknown);
        let user = index.user_of(name)?.to_string();
        Ok(Self {
            ups: watched.ups.as_str(),
            server,
            address,
            port,
            password: password(index.inventory, &user, shown),
            user,
            power_value: watched.power_value,
        })
    }

    fn fields(&self, platform: Platform, sheet: &mut Sheet) {
        match platform {
            Platform::Truenas => self.truenas(sheet),
            Platform::Synology => self.synology(sheet),
            Platform::Qnap => self.qnap(sheet),
            Platform::Debian | Platform::External => self.external(sheet),
        }
    }

    /// Power-off and timer stay out of it: the primary decides when the battery is low.
    fn truenas(&self, sheet: &mut Sheet) {
        put(
            sheet,
            [
                ("Identifier", self.ups.to_string()),
                ("UPS Mode", "Slave".into()),
                ("Remote Host", bracketed(&self.address).into_owned()),
                ("Remote Port", self.port.to_string()),
                ("Driver, Port", "empty".into()),
                ("Monitor User", self.user.clone()),
                ("Monitor Password", self.password.clone()),
                ("Shutdown Mode", "UPS reaches low battery".into()),
                ("Power Off UPS", "off".into()),
                (
                    "Start Automatically",
                    "on, in the list of services; and the service running".into(),
                ),
            ],
        );
        note(
            sheet,
            "TrueNAS refuses blanks and `#` in user and password, and NUT's clients break on \
                     `=`, `\"` and `\\` there: letters and digits are safe",
        );
        note(
            sheet,
            "a service that runs proves nothing: it also runs with a wrong password",
        );
    }

    fn synology(&self, sheet: &mut Sheet) {
        put(
            sheet,
            [
                ("Enable UPS support", "on".into()),
                ("UPS type", "Synology UPS server".into()),
                ("Network UPS server IP", self.address.clone()),
            ],
        );
        self.insists("DSM", Platform::Synology, sheet);
    }

    fn qnap(&self, sheet: &mut Sheet) {
        put(
            sheet,
            [
                ("UPS mode", "Network UPS slave".into()),
                ("IP address of the UPS server", self.address.clone()),
            ],
        );
        self.insists("QTS", Platform::Qnap, sheet);
    }

    fn external(&self, sheet: &mut Sheet) {
        let system = System {
            ups: self.ups.into(),
            host: self.address.clone(),
            port: self.port,
        };
        let line = format!(
            "MONITOR {system} {} {} PASSWORD secondary",
            self.power_value, self.user
        );
        put(
            sheet,
            [
                ("MONITOR line", line),
                ("PASSWORD in it", self.password.clone()),
            ],
        );
        note(
            sheet,
            "NUT before 2.8.0 wants the word `slave` in place of `secondary`",
        );
    }

    /// What an appliance takes for granted and cannot be told otherwise.
    fn insists(&self, system: &str, platform: Platform, sheet: &mut Sheet) {
        let Some(fixed) = platform.insists() else {
            return;
        };
        let (user, password, ups) = (fixed.user, fixed.password, fixed.ups);
        note(
            sheet,
            &format!(
                "{system} always logs in as `{user}` with the password `{password}`, and everybody \
                 knows that: let nobody but this machine reach the port of upsd"
            ),
        );
        if self.ups != ups {
            note(
                sheet,
                &format!(
                    "{system} only finds a UPS named `{ups}`, and this one is `{own}`: rename it in \
                     the inventory, or add a ups `{ups}` on {server} with the driver dummy-ups and \
                     the port {own}@127.0.0.1",
                    own = self.ups,
                    server = self.server
                ),
            );
        }
        if self.port != PORT {
            note(
                sheet,
                &format!(
                    "{system} only knows port {PORT}, and upsd on {} is on {}",
                    self.server, self.port
                ),
            );
        }
    }
}

fn put<const N: usize>(sheet: &mut Sheet, fields: [(&str, String); N]) {
    let fields = fields
        .into_iter()
        .map(|(field, value)| (field.to_string(), value));
    sheet.fields.extend(fields);
}

/// Adds a note, once.
fn note(sheet: &mut Sheet, text: &str) {
    if sheet.notes.iter().all(|other| other != text) {
        sheet.notes.push(text.to_string());
    }
}

fn password(inventory: &Inventory, user: &str, shown: Option<&SecretStore>) -> String {
    if let Some(password) = shown.and_then(|secrets| secrets.get(user)) {
        return password.expose().to_string();
    }
    let source = inventory
        .source_of(user)
        .map_or("nowhere yet: give [secrets] a password".into(), |source| {
            source.place()
        });
    format!("the password of user `{user}` (from {source})")
}
