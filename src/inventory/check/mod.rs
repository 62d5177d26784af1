//! What is wrong across the inventory: names that lead nowhere, hosts in each other's way, values
//! that no file of NUT can hold.

mod address;
mod directives;
mod metering;
mod power;
mod sources;
mod truenas;
mod users;

use super::shape::WrongEntries;
use super::source::SourceMap;
use crate::model::diagnostic::Diagnostic;
use crate::model::finding::Place;
use crate::model::inventory::Inventory;
use crate::model::nearest;

/// So many errors get a guess of what was meant.
const GUESSES: usize = 100;

/// Every such error.
pub(super) fn check(
    inventory: &Inventory,
    source: &SourceMap,
    wrong: &WrongEntries<'_>,
) -> Vec<Diagnostic> {
    let mut check = CrossCheck {
        inventory,
        source,
        wrong,
        errors: Vec::new(),
    };
    power::check(&mut check);
    address::check(&mut check);
    users::check(&mut check);
    sources::check(&mut check);
    directives::check(&mut check);
    metering::check(&mut check);
    truenas::check(&mut check);
    check.errors
}

struct CrossCheck<'a> {
    inventory: &'a Inventory,
    source: &'a SourceMap,
    wrong: &'a WrongEntries<'a>,
    errors: Vec<Diagnostic>,
}

impl CrossCheck<'_> {
    /// Reports an error at what stands under a path of keys.
    fn report(&mut self, path: &[&str], error: Diagnostic) {
        let place = self.source.place_of(path);
        self.errors.push(error.at(place));
    }

    fn place(&self, path: &[&str]) -> Option<Place> {
        self.source.place_of(path)
    }

    /// Whether it is certain which hosts have a UPS; if not, that one has none is not said.
    fn cables_are_known(&self) -> bool {
        let mut servers = self.inventory.ups.values().map(|ups| &ups.host);
        self.wrong.spares_all("ups")
            && servers.all(|host| self.source.has(&["hosts", host.as_str()]))
    }

    /// Reports a name that is in none of the entries of a table of the root; true when it is in
    /// one, even one that is wrong.
    fn known(&mut self, table: &str, name: &str, path: &[&str]) -> bool {
        let known = self.source.has(&[table, name]);
        if !known {
            let what = if table == "ups" { "UPS" } else { "host" };
            // Each guess looks at all names, and nobody reads the thousandth.
            let guesses = self.errors.len() < GUESSES;
            let guess = || nearest::hint(name, "in the inventory", self.source.names(table));
            let help = guesses.then(guess).flatten();
            let help = help.or_else(|| Some(format!("write a `[{table}.{name}]`")));
            let message = format!("there is no {what} `{name}`");
            let error = Diagnostic {
                help,
                ..Diagnostic::new(message)
            };
            self.report(path, error);
        }
        known
    }
}
