//! `upsctl remove`: gives a host back as it was before upsctl.

use anyhow::{Result, bail};
use clap::Args;
use clap_complete::engine::ArgValueCandidates;

use super::candidates;
use super::session::Session;
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow::remove::{self, Removed};
use crate::report::{self, prompt};

#[derive(Debug, Args)]
pub struct Arguments {
    /// Host
    #[arg(add = ArgValueCandidates::new(candidates::hosts))]
    host: String,
    /// Do not ask
    #[arg(short, long)]
    yes: bool,
    /// Go on although a UPS is on battery or has FSD latched: on NUT 2.8.1 this can shut hosts down
    #[arg(long)]
    even_on_battery: bool,
}

/// Shows what would be put back, asks, puts it back, and takes away everything of upsctl.
///
/// # Errors
/// An inventory that cannot be had, a host nobody knows, no terminal to ask on.
pub fn run(global: &Global, arguments: &Arguments) -> Result<Exit> {
    if !arguments.yes && !prompt::can_ask() {
        bail!(
            "remove asks before it changes anything, and there is no terminal to ask on\nhint: run it with -y to remove without asking"
        );
    }
    let mut session = Session::begin(global, std::slice::from_ref(&arguments.host))?;
    let name = session.only_host("remove")?;
    // Only for telling which password is which; what is put back is the host's own.
    let _ = session.fetch_secrets();
    session.interrupt.listen()?;
    session.options.policy.even_on_battery = arguments.even_on_battery;
    let hosts = session.to_change();
    let removed = remove::remove(&session, hosts, &name, &|previews| {
        if global.format != Format::Json {
            session.show(&report::human::outcomes(
                "rollback",
                previews,
                &session.page(),
            ))?;
        }
        let question =
            format!("Put {name} back as it was before upsctl, and take away every trace? [y/N] ");
        if arguments.yes {
            Ok(true)
        } else {
            session.ask(&question)
        }
    })?;
    let (exit, text) = match removed {
        Removed::Back => (
            Exit::Done,
            format!(
                "{name}  given back: files and units as before the first deploy, nothing of upsctl is left\n\
                 Take it out of the inventory, or the next deploy sets it up again.\n"
            ),
        ),
        Removed::Left(why) => (
            Exit::HostFailed,
            format!("{name}  not given back: {}\n", why.escape_debug()),
        ),
        Removed::Stopped(outcome) => {
            return session.end_change("rollback", false, &[outcome]);
        }
    };
    if global.format == Format::Json {
        let payload =
            serde_json::json!({ "host": name, "given_back": exit == Exit::Done, "said": text });
        session.show(&report::json::document("remove", exit, payload)?)?;
        return Ok(exit);
    }
    session.show(&text)?;
    Ok(exit)
}
