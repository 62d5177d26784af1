//! Recorded looks of healthy hosts, one file a NUT version, and what a fault changes in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use upsctl::model::bundle::Bundle;
use upsctl::observe::{Came, Recorded, Recording};

/// FROM and TO; FROM `""` is the end, `"*"` the whole.
pub(crate) type Edits = Vec<(String, String)>;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub name: String,
    /// The NUT version of the server.
    pub base: String,
    /// The findings it must give: `HOST RULE`, the root cause first, nothing else.
    #[serde(default)]
    pub found: Vec<String>,
    /// `HOST RULE` of what could not be looked at.
    #[serde(default)]
    pub unseen: Vec<String>,
    /// A part of the first finding's sentence.
    pub saw: Option<String>,
    #[serde(default)]
    pub hosts: BTreeMap<String, Patch>,
    /// More hosts, as recordings have them.
    #[serde(default)]
    pub more: Vec<String>,
}

/// What a fault changes in the look of one host.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Patch {
    /// It could not be looked at.
    error: Option<String>,
    /// Sections that are not there.
    #[serde(default)]
    gone: Vec<String>,
    /// Sections that come on top.
    #[serde(default)]
    add: BTreeMap<String, String>,
    /// Edits of what the inventory wants, as JSON.
    #[serde(default)]
    wish: Edits,
    /// Edits by section; `unit NAME` is a paragraph of the section `units`.
    #[serde(flatten)]
    sections: BTreeMap<String, Edits>,
}

#[derive(Deserialize)]
struct Cases {
    case: Vec<Case>,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/doctor")
}

/// Every case of a file.
pub(crate) fn cases(file: &str) -> Vec<Case> {
    let text = std::fs::read_to_string(folder().join(file)).unwrap();
    let cases: Cases = toml::from_str(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
    cases.case
}

/// The healthy site of a version.
pub(crate) fn base(version: &str) -> Recording {
    let path = folder().join(format!("{version}.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|why| panic!("{version}: {why}"));
    Recording::read(&text).unwrap()
}

/// The NUT versions that have a healthy site.
pub(crate) const VERSIONS: [&str; 3] = ["2.7.4", "2.8.0", "2.8.1"];

/// Every edit must find something to change, or the case tests nothing.
fn edited(text: &str, edits: &Edits, what: &str) -> String {
    edits
        .iter()
        .fold(text.to_string(), |text, (from, to)| match from.as_str() {
            "" => {
                let end = text.find("\n--n status").unwrap_or(text.len());
                let (body, status) = text.split_at(end);
                format!("{}\n{to}\n{status}", body.trim_end_matches('\n'))
            }
            "*" => format!("\n{to}\n"),
            from => {
                assert!(text.contains(from), "{what}: no {from:?} in\n{text}");
                text.replacen(from, to, 1)
            }
        })
}

impl Case {
    /// The site with the fault in it.
    pub(crate) fn recording(&self) -> Recording {
        let mut recording = base(&self.base);
        for (name, patch) in &self.hosts {
            let mut hosts = recording.hosts.iter_mut();
            let host = hosts
                .find(|host| host.host.as_str() == name)
                .unwrap_or_else(|| panic!("{}: no host {name}", self.name));
            patch.apply(host, &format!("{} {name}", self.name));
        }
        let more = self
            .more
            .iter()
            .map(|text| serde_json::from_str::<Recorded>(text).unwrap());
        recording.hosts.extend(more);
        recording
    }

    pub(crate) fn bundles(&self) -> Vec<Bundle> {
        self.recording().bundles()
    }
}

impl Patch {
    fn apply(&self, host: &mut Recorded, what: &str) {
        if !self.wish.is_empty() {
            let wish = serde_json::to_string(&host.wish).unwrap();
            host.wish = serde_json::from_str(&edited(&wish, &self.wish, what)).unwrap();
        }
        if let Some(error) = &self.error {
            host.came = Came::Error(serde_json::from_str(error).unwrap());
            return;
        }
        let Came::Answer { nonce, lines } = &mut host.came else {
            panic!("{what}: not looked at");
        };
        let mut sections = split(nonce, &lines.join("\n"));
        for name in &self.gone {
            let at = sections.iter().position(|(have, _)| have == name);
            sections.remove(at.unwrap_or_else(|| panic!("{what}: no section {name}")));
        }
        for (name, edits) in &self.sections {
            let what = format!("{what} {name}");
            let unit = name.strip_prefix("unit ");
            let section = if unit.is_some() { "units" } else { name };
            let found = sections.iter_mut().find(|(have, _)| have == section);
            let (_, body) = found.unwrap_or_else(|| panic!("{what}: no such section"));
            *body = match unit {
                None => edited(body, edits, &what),
                Some(unit) => paragraph(body, unit, edits, &what),
            };
        }
        let end = sections.pop().unwrap();
        sections.extend(self.add.iter().map(|(name, body)| {
            let status = if body.contains("--n status") {
                ""
            } else {
                "\n--n status 0\n"
            };
            (name.clone(), format!("\n{body}\n{status}\n"))
        }));
        sections.push(end);
        let text: String = sections
            .into_iter()
            .map(|(name, body)| match name.as_str() {
                "" => body,
                name => format!("--{nonce} {name}{body}"),
            })
            .collect();
        *lines = text.split('\n').map(str::to_string).collect();
    }
}

/// The sections of an answer with all that stands below their heads; what comes before is `""`.
fn split(nonce: &str, text: &str) -> Vec<(String, String)> {
    let mut out = vec![(String::new(), String::new())];
    for line in text.split_inclusive('\n') {
        let head = line.strip_prefix(&format!("--{nonce} "));
        match head
            .map(str::trim_end)
            .filter(|name| !name.starts_with("status "))
        {
            Some(name) => out.push((name.to_string(), "\n".into())),
            None => out.last_mut().unwrap().1.push_str(line),
        }
    }
    out
}

/// A unit may be listed twice, by its name and by a pattern.
fn paragraph(body: &str, unit: &str, edits: &Edits, what: &str) -> String {
    let head = format!("Id={unit}");
    let is_it = |part: &str| part.lines().any(|line| line == head);
    assert!(body.split("\n\n").any(is_it), "{what}: no such unit");
    let parts = body.split("\n\n").map(|part| match is_it(part) {
        true => edited(part, edits, what),
        false => part.to_string(),
    });
    parts.collect::<Vec<_>>().join("\n\n")
}
