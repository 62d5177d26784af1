//! `upsctl import`: an inventory from what hosts have that were set up by hand.

use std::time::Duration;

use anyhow::{Result, anyhow, bail};
use clap::Args;

use super::session::{self, print};
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow::Options;
use crate::flow::import::{self, Found, Importing};
use crate::host::Ways;
use crate::import::Target;
use crate::inventory;
use crate::model::import::Fate;
use crate::model::name::HostName;
use crate::report::{self, prompt, screen};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Hosts as ssh finds them: ADDRESS, USER@ADDRESS or NAME=ADDRESS
    #[arg(required = true)]
    hosts: Vec<String>,
    /// Do not ask before an inventory that is there is changed
    #[arg(short, long)]
    yes: bool,
    /// Hand each password to this command on stdin, instead of to a file in secrets/
    #[arg(long, value_name = "COMMAND", requires = "secrets_from")]
    secrets: Option<String>,
    /// The command that prints a password again, for the inventory
    #[arg(long, value_name = "COMMAND", requires = "secrets")]
    secrets_from: Option<String>,
}

/// Looks at the hosts, writes the inventory, and says what a deploy of it would change.
///
/// # Errors
/// Hosts that cannot be named, an inventory that is broken, nothing to import, no terminal to ask on.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    let ways = Ways {
        ssh_config: global.ssh_config.clone(),
        connect_timeout: Duration::from_secs(global.timeout),
    };
    let options = Options {
        parallel: usize::from(global.parallel),
        ..Options::default()
    };
    let start = Importing {
        inventory: &global.inventory,
        ways: &ways,
        options: &options,
        targets: targets(&arguments.hosts)?,
        store: arguments
            .secrets
            .clone()
            .zip(arguments.secrets_from.clone()),
    };
    let bars = session::bars(global);
    let found = import::read(&start, bars.as_ref())?;
    bars.clear();
    if found.hosts.is_empty() {
        return nothing(global, &found);
    }
    if !agreed(global, arguments, &found)? {
        return print(global, "Nothing was written.\n").map(|()| Exit::Done);
    }
    import::write(&start, &found)?;
    let notes = import::differences(&start, &found)?;
    let changes = notes.iter().any(|note| note.fate == Fate::Changes);
    let exit = match (found.failed.is_empty(), changes) {
        (false, _) => Exit::HostFailed,
        (true, true) => Exit::Pending,
        (true, false) => Exit::Done,
    };
    let wrote: Vec<String> = found
        .written()
        .iter()
        .map(|file| file.path.display().to_string())
        .collect();
    if global.format == Format::Json {
        let payload = serde_json::json!({
            "hosts": found.hosts.iter().map(|host| &host.target.name).collect::<Vec<_>>(),
            "failed": found.failed,
            "wrote": wrote,
            "secrets": found.imported.secrets.keys().collect::<Vec<_>>(),
            "notes": notes,
        });
        print(global, &report::json::document("import", exit, payload)?)?;
        return Ok(exit);
    }
    let summary = report::human::ImportSummary {
        hosts: found
            .hosts
            .iter()
            .map(|host| host.target.name.clone())
            .collect(),
        failed: found.failed.clone(),
        wrote,
        secrets: found.imported.secrets.len(),
        stored: arguments.secrets.is_some(),
        notes,
    };
    let page = report::human::Page::new(session::verbosity(global));
    print(global, &report::human::imported(&summary, &page))?;
    Ok(exit)
}

fn nothing(global: &Global, found: &Found) -> Result<Exit> {
    let why = found
        .failed
        .iter()
        .map(|(host, why)| format!("{host}: {why}"))
        .collect::<Vec<_>>()
        .join("\n");
    let error = anyhow!("nothing could be imported\n{why}");
    screen::stderr(
        &report::diagnostic::of_error(&error),
        session::color(global),
    )?;
    if global.format == Format::Json {
        print(
            global,
            &report::json::errors("import", Exit::HostFailed, &error)?,
        )?;
    }
    Ok(Exit::HostFailed)
}

/// Whether the inventory may be written: a new one always, one that is there when its owner says so.
fn agreed(global: &Global, arguments: &Arguments, found: &Found) -> Result<bool> {
    let written = found.written();
    let changed: Vec<_> = written
        .iter()
        .filter(|file| file.before.is_some())
        .collect();
    if changed.is_empty() {
        return Ok(true);
    }
    if !arguments.yes && !prompt::can_ask() {
        bail!(
            "import asks before it changes an inventory that is there, and there is no terminal to ask on\nhint: run it with -y to write without asking"
        );
    }
    let mut text = String::new();
    for file in changed {
        let before = inventory::masked(file.before.as_deref().unwrap_or_default());
        let path = file.path.display().to_string();
        text += &report::human::change_of(&path, &before, &inventory::masked(&file.text));
    }
    screen::stderr(&text, session::color(global))?;
    if arguments.yes {
        return Ok(true);
    }
    screen::stderr("Write this? [y/N] ", session::color(global))?;
    Ok(prompt::answer(&|| false)?.unwrap_or(false))
}

/// The hosts as they were typed.
fn targets(words: &[String]) -> Result<Vec<Target>> {
    let mut targets: Vec<Target> = Vec::new();
    for word in words {
        let (name, place) = match word.split_once('=') {
            Some((name, place)) => (Some(name), place),
            None => (None, word.as_str()),
        };
        let (user, address) = match place.split_once('@') {
            Some((user, address)) => (Some(user.to_string()), address),
            None => (None, place),
        };
        let name = name.map_or_else(|| address.replace(':', "-"), str::to_string);
        let name = HostName::new(name).map_err(|why| {
            anyhow!("{why}\nhint: write NAME=ADDRESS to give the host a name of its own")
        })?;
        if targets.iter().any(|other| other.name == name) {
            bail!("{name} is named twice");
        }
        targets.push(Target {
            name,
            address: address.to_string(),
            user,
        });
    }
    Ok(targets)
}
