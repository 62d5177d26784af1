//! The templates: built in, and the owner's in place of single ones.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use minijinja::Environment;
use minijinja::value::Serde;

use super::context::TemplateContext;
use super::{env, excerpt, password};
use crate::disk;
use crate::model::desired::DesiredFile;
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Inventory;
use crate::model::masking;
use crate::model::name::HostName;
use crate::model::nearest;
use crate::model::text::{Segment, Text};
use crate::nut::directive::File;

/// The built-in templates: file name and text, as `init --templates` writes them.
pub const BUILT_IN: [(File, &str, &str); 5] = [
    (
        File::Nut,
        "nut.conf.j2",
        include_str!("../../templates/nut.conf.j2"),
    ),
    (
        File::Ups,
        "ups.conf.j2",
        include_str!("../../templates/ups.conf.j2"),
    ),
    (
        File::Upsd,
        "upsd.conf.j2",
        include_str!("../../templates/upsd.conf.j2"),
    ),
    (
        File::UpsdUsers,
        "upsd.users.j2",
        include_str!("../../templates/upsd.users.j2"),
    ),
    (
        File::Upsmon,
        "upsmon.conf.j2",
        include_str!("../../templates/upsmon.conf.j2"),
    ),
];

/// The largest template, and the largest file it may make.
const LARGEST: u64 = 1024 * 1024;

/// A set of templates, each compiled once.
#[derive(Debug)]
pub struct Templates {
    env: Environment<'static>,
    sources: BTreeMap<String, TemplateSource>,
}

/// Where a template is from.
#[derive(Debug)]
struct TemplateSource {
    /// As the header of the files names it.
    label: String,
    /// As errors name it.
    path: String,
    text: String,
}

impl Templates {
    /// The built-in templates.
    ///
    /// # Errors
    /// Never, as long as those compile, which the tests see to.
    pub fn built_in() -> Result<Self, Diagnostics> {
        let mut templates = Self {
            env: env::new(),
            sources: BTreeMap::new(),
        };
        for (_, name, text) in BUILT_IN {
            let label = format!("{name} (built in)");
            templates.add(
                name.into(),
                TemplateSource {
                    path: label.clone(),
                    label,
                    text: text.into(),
                },
            )?;
        }
        Ok(templates)
    }

    /// The built-in templates, those in a folder in their places: `FILE.j2` for every host,
    /// `hosts/NAME/FILE.j2` for one.
    ///
    /// # Errors
    /// When the folder cannot be read, when something in it is no template of a host (with the
    /// nearest name), or when a template has a syntax error.
    pub fn load(folder: &Path, inventory: &Inventory) -> Result<Self, Diagnostics> {
        let mut templates = Self::built_in()?;
        let names = BUILT_IN.map(|(_, name, _)| name);
        for entry in entries(folder)? {
            if entry.name == "hosts" && entry.path.is_dir() {
                for host in entries(&entry.path)? {
                    let known = inventory.hosts.keys().map(HostName::as_str);
                    host.must_be_one_of(known, "a host of the inventory")?;
                    for file in entries(&host.path)? {
                        file.must_be_one_of(names, "a template")?;
                        templates.take(
                            folder,
                            format!("hosts/{}/{}", host.name, file.name),
                            &file.path,
                        )?;
                    }
                }
                continue;
            }
            entry.must_be_one_of(names.into_iter().chain(["hosts"]), "a template")?;
            templates.take(folder, entry.name.clone(), &entry.path)?;
        }
        Ok(templates)
    }

    fn take(&mut self, folder: &Path, name: String, path: &Path) -> Result<(), Diagnostic> {
        let shown = path.display().to_string();
        let bytes = disk::read_inside(path, folder, LARGEST);
        let text =
            bytes.and_then(|bytes| String::from_utf8(bytes).map_err(|_| "it is not UTF-8".into()));
        let text =
            text.map_err(|why| Diagnostic::new(format!("cannot read template {shown}: {why}")))?;
        let label = format!("templates/{name}");
        self.add(
            name,
            TemplateSource {
                label,
                path: shown,
                text,
            },
        )
    }

    fn add(&mut self, name: String, source: TemplateSource) -> Result<(), Diagnostic> {
        self.env
            .add_template_owned(name.clone(), source.text.clone())
            .map_err(|why| excerpt::explain(&why, &source.path, &source.text, None))?;
        self.sources.insert(name, source);
        Ok(())
    }

    /// The template of a file for a host.
    fn of(&self, host: &HostName, file: File) -> (String, &TemplateSource) {
        let own = format!("hosts/{host}/{file}.j2");
        let common = format!("{file}.j2");
        let name = if self.sources.contains_key(&own) {
            own
        } else {
            common
        };
        let source = &self.sources[&name];
        (name, source)
    }

    /// Renders a file, its header in front.
    pub(super) fn render(
        &self,
        host: &HostName,
        file: File,
        context: &TemplateContext<'_>,
    ) -> Result<DesiredFile, Diagnostic> {
        let (name, source) = self.of(host, file);
        let explain = |why: &minijinja::Error| {
            let names = serde_json::to_value(context).ok();
            excerpt::explain(why, &source.path, &source.text, names.as_ref())
        };
        let template = self.env.get_template(&name).map_err(|why| explain(&why))?;
        let mut body = Limited::default();
        let rendered = template.render_captured_to(Serde(context), &mut body);
        if body.is_full {
            let message = format!("makes more than {} KiB: no file of NUT", LARGEST >> 10);
            return Err(Diagnostic::new(format!(
                "template {} {message}",
                source.path
            )));
        }
        rendered.map_err(|why| explain(&why))?;
        let body = String::from_utf8_lossy(&body.bytes);
        let body = password::cut(&body, &context.passwords)
            .map_err(|broken| broken_password(&source.path, &broken))?;
        let header = Segment::Plain(header(host, file, &source.label));
        Ok(DesiredFile {
            content: join(header, masking::hide(file, body)),
            template: source.label.clone(),
        })
    }
}

/// What a template makes, up to [`LARGEST`].
#[derive(Default)]
struct Limited {
    bytes: Vec<u8>,
    is_full: bool,
}

impl io::Write for Limited {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.is_full |= (self.bytes.len() + bytes.len()) as u64 > LARGEST;
        if self.is_full {
            return Err(io::Error::other("too much"));
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What stands on top of every file. No time and no version: it changes only with the template.
fn header(host: &HostName, file: File, label: &str) -> String {
    format!(
        "# {file} of {host}, managed by upsctl: made by the template {label}.\n\
         # What is changed here is lost. Change the inventory or the template, look at\n\
         # `upsctl diff {host}`, then `upsctl deploy {host}`.\n\n"
    )
}

/// The header and the body; neighbouring plain pieces become one.
fn join(header: Segment, body: Text) -> Text {
    let mut segments = vec![header];
    for segment in body.0 {
        match (segments.last_mut(), segment) {
            (Some(Segment::Plain(last)), Segment::Plain(more)) => last.push_str(&more),
            (_, segment) => segments.push(segment),
        }
    }
    Text(segments)
}

fn broken_password(path: &str, broken: &password::Broken) -> Diagnostic {
    let whose = match &broken.user {
        Some(user) => format!("the password of user `{user}`"),
        None => "a password".into(),
    };
    Diagnostic::new(format!(
        "template {path}, line {} of what it makes: for {whose} the template {}",
        broken.line, broken.what
    ))
    .help("write it as {{ user.password }} or {{ monitor.password }}, without a filter and without quotes")
}

/// Something in a folder of templates.
struct FolderEntry {
    name: String,
    path: PathBuf,
}

impl FolderEntry {
    fn must_be_one_of<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        what: &str,
    ) -> Result<(), Diagnostic> {
        let names: Vec<&str> = names.into_iter().collect();
        if names.contains(&self.name.as_str()) {
            return Ok(());
        }
        let hint = nearest::hint(&self.name, "there may be", names.into_iter());
        let hint = hint.unwrap_or_else(|| "the inventory has no host".into());
        Err(
            Diagnostic::new(format!("{} is not {what}", self.path.display()))
                .help(format!("{hint} What starts with a dot is passed over.")),
        )
    }
}

/// What is in a folder, by name; hidden files are passed over.
fn entries(folder: &Path) -> Result<Vec<FolderEntry>, Diagnostic> {
    let wrong = |why: std::io::Error| {
        Diagnostic::new(format!(
            "cannot read the folder {}: {why}",
            folder.display()
        ))
    };
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(wrong)? {
        let entry = entry.map_err(wrong)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if !name.starts_with('.') {
            entries.push(FolderEntry {
                name,
                path: entry.path(),
            });
        }
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}
