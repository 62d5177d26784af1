//! Render every host and look at what came out, alone and against one another. Touches no host and
//! needs no password.

use crate::model::diagnostic::Diagnostics;
use crate::model::inventory::Inventory;
use crate::nut::version::NutVersion;
use crate::render::{self, Templates};
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
        let site = render::InventoryIndex::new(self.inventory, self.places);
        let (mut hosts, mut errors) = (Vec::new(), Vec::new());
        for name in self.inventory.hosts.keys() {
            match render::desired(&site, name, version, self.templates) {
                Ok(desired) => hosts.push(desired),
                Err(error) => errors.extend(error.0),
            }
        }
        if !errors.is_empty() {
            return Err(Diagnostics::sorted(errors));
        }
        let site = ParsedSite::rendered(self.inventory, &hosts, self.places);
        Ok(lint::check(&site.with_exposure(self.exposure.clone())))
    }
}
