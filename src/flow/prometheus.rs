//! The Prometheus of an inventory, and what is asked of it: everything at once, all within one time.

use std::fs;
use std::path::Path;
use std::time::Duration;

use super::{Run, fleet};
use crate::inventory::secrets;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::finding::Place;
use crate::model::inventory::Prometheus as Keys;
use crate::model::key_path::Places;
use crate::prom::{Client, Login, Problem, Request, Settings};

/// All that is asked of Prometheus takes no longer.
const WITHIN: Duration = Duration::from_secs(5);

/// Requests at once.
const AT_ONCE: usize = 16;

/// A CA file is no larger.
const LARGEST_CA: u64 = 1024 * 1024;

/// A way to the Prometheus of an inventory.
pub struct Prometheus {
    client: Client,
    /// Its address, for people.
    pub url: String,
    place: Option<Place>,
}

impl Prometheus {
    /// The way to it; nothing when the inventory names none. The time for all requests begins here.
    ///
    /// # Errors
    /// A login or a CA file that cannot be had.
    pub fn open(run: &Run) -> Result<Option<Self>, Diagnostics> {
        let (root, places) = (run.root, run.places);
        let Some(keys) = &run.inventory.prometheus else {
            return Ok(None);
        };
        let settings = Settings {
            url: keys.url.clone(),
            login: login(keys, root)?,
            ca: ca(keys, root, places)?,
        };
        let at = |key: &str| places(&["prometheus", key]);
        let client = Client::new(&settings, WITHIN)
            .map_err(|problem| problem.diagnostic(&keys.url, at("ca_file")))?;
        Ok(Some(Self {
            client,
            url: keys.url.clone(),
            place: at("url"),
        }))
    }

    /// The answers, in the order of the requests.
    pub fn ask(&self, requests: Vec<Request>) -> Vec<Result<String, Problem>> {
        fleet::each(requests, AT_ONCE, |request| self.client.ask(&request))
    }

    /// A problem, with what was asked, its place and the way out.
    pub fn diagnostic(&self, asked: Option<&str>, problem: &Problem) -> Diagnostic {
        let mut error = problem.diagnostic(&self.url, self.place.clone());
        if let Some(asked) = asked.filter(|_| !problem.is_of_the_way()) {
            error.message = format!("{} (asked: {asked})", error.message);
        }
        error
    }
}

fn login(keys: &Keys, root: &Path) -> Result<Login, Diagnostics> {
    if let Some(token) = &keys.token {
        return Ok(Login::Bearer(secrets::fetch_word(
            token,
            root,
            "[prometheus] token",
        )?));
    }
    match (&keys.username, &keys.password) {
        (Some(user), Some(password)) => Ok(Login::Basic {
            user: user.clone(),
            password: secrets::fetch_word(password, root, "[prometheus] password")?,
        }),
        _ => Ok(Login::None),
    }
}

fn ca(keys: &Keys, root: &Path, places: &Places<'_>) -> Result<Option<Vec<u8>>, Diagnostics> {
    let Some(file) = &keys.ca_file else {
        return Ok(None);
    };
    let path = root.join(file);
    let failed = |why: String| {
        let error = Diagnostic::new(format!("`ca_file`: `{}`: {why}", path.display()));
        Diagnostics::from(
            error
                .at(places(&["prometheus", "ca_file"]))
                .help("name the PEM file of the CA, relative to the inventory"),
        )
    };
    let about = fs::metadata(&path).map_err(|error| failed(error.to_string()))?;
    if !about.is_file() || about.len() > LARGEST_CA {
        return Err(failed("it is no certificate".into()));
    }
    fs::read(&path)
        .map(Some)
        .map_err(|error| failed(error.to_string()))
}
