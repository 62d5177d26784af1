//! Render every host and look at what came out, alone and against one another. Touches no host and
//! needs no password.

use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Inventory;
use crate::nut::version::NutVersion;
use crate::render::{self, RenderError, Templates};
use crate::rules::lint::{self, Report};
use crate::site::{Exposure, ParsedSite, Places};

/// What is checked, and for which versions.
pub struct Check<'a> {
    pub inventory: &'a Inventory,
    pub templates: &'a Templates,
    /// Where the inventory has its keys.
    pub places: &'a Places<'a>,
    /// The versions of NUT to check for, instead of those of the inventory.
    pub versions: &'a [NutVersion],
    pub exposure: Exposure,
}

impl Check<'_> {
    /// Everything the lint rules have to say.
    ///
    /// # Errors
    /// An `allow` of a rule that does not exist; a host whose files cannot be rendered, or do not
    /// say what they should when they are read back.
    pub fn run(&self) -> Result<Report, Diagnostics> {
        let unknown = lint::unknown_allows(self.inventory, self.places);
        if !unknown.is_empty() {
            return Err(Diagnostics::sorted(unknown));
        }
        match self.versions {
            [] => self.of(None),
            [only] => self.of(Some(*only)),
            several => {
                let reports = several
                    .iter()
                    .map(|version| Ok((*version, self.of(Some(*version))?)));
                Ok(Report::merge(reports.collect::<Result<_, Diagnostics>>()?))
            }
        }
    }

    fn of(&self, version: Option<NutVersion>) -> Result<Report, Diagnostics> {
        let site = render::InventoryIndex::new(self.inventory);
        let (mut hosts, mut errors) = (Vec::new(), Vec::new());
        for name in self.inventory.hosts.keys() {
            match render::desired_in(&site, name, version, self.templates) {
                Ok(desired) => hosts.push(desired),
                Err(error) => errors.push(diagnostic(error, self.inventory, self.places)),
            }
        }
        if !errors.is_empty() {
            return Err(Diagnostics::sorted(errors));
        }
        let site = ParsedSite::rendered(self.inventory, &hosts, self.places);
        Ok(lint::check(&site.with_exposure(self.exposure.clone())))
    }
}

/// A template or a value that cannot be rendered, as an error at its place.
pub fn diagnostic(error: RenderError, inventory: &Inventory, places: &Places<'_>) -> Diagnostic {
    let of_key = error
        .key
        .as_deref()
        .and_then(|key| places(&path(key, inventory)));
    let message = match (&error.key, &of_key) {
        (Some(key), None) => format!("{key}: {}", error.message),
        _ => error.message,
    };
    let diagnostic = Diagnostic::new(message).at(error.place.map(|place| *place).or(of_key));
    match error.help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    }
}

/// The keys of `hosts.NAME.upsmon.X`; the names of hosts and UPSes may have dots, too.
fn path<'a>(key: &'a str, inventory: &Inventory) -> Vec<&'a str> {
    let Some((table, rest)) = key.split_once('.') else {
        return vec![key];
    };
    let is_name = |name: &str| match table {
        "hosts" => inventory.hosts.contains_key(name),
        "ups" => inventory.ups.contains_key(name),
        "users" => inventory.users.contains_key(name),
        _ => false,
    };
    let ends = rest
        .match_indices('.')
        .map(|(at, _)| at)
        .chain([rest.len()]);
    let name = ends.map(|end| &rest[..end]).rfind(|name| is_name(name));
    match name {
        Some(name) => {
            let rest = rest[name.len()..]
                .split('.')
                .filter(|part| !part.is_empty());
            [table, name].into_iter().chain(rest).collect()
        }
        None => key.split('.').collect(),
    }
}
