//! `upsctl power`: what the rack draws, and what that means for the battery.

use anyhow::Result;
use clap::Args;
use serde::Serialize;

use super::session::Session;
use super::{Format, Global};
use crate::exit::Exit;
use crate::flow;
use crate::flow::prometheus::Prometheus;
use crate::model::observed::Seen;
use crate::report;

#[derive(Debug, Args)]
pub struct Arguments {}

/// Asks Prometheus for the meter, and the hosts for their UPSes.
///
/// # Errors
/// An inventory, a template or a login that cannot be had.
pub fn run(global: &Global, _: &Arguments) -> Result<Exit> {
    let session = Session::begin(global, &[])?;
    let opened = Prometheus::open(&session)?;
    let (Some(prometheus), Some(meter)) = (opened, &session.inventory.power) else {
        return not_configured(global, &session);
    };
    let power = match flow::power::power(&session, &prometheus, meter) {
        Ok(power) => power,
        Err(error) => return session.end_without_prometheus("power", &error),
    };
    // Without a reading of now the question was not answered.
    let exit = match power.now_watts {
        Seen::Is(_) => Exit::Done,
        Seen::Absent | Seen::Unknown(_) => Exit::HostFailed,
    };
    let text = match global.format {
        Format::Json => report::json::document("power", exit, &power)?,
        _ => report::rack_power::text(&power, &session.page()),
    };
    session.show(&text)?;
    Ok(exit)
}

fn not_configured(global: &Global, session: &Session<'_>) -> Result<Exit> {
    let text = match global.format {
        Format::Json => {
            #[derive(Serialize)]
            struct Document {
                configured: bool,
            }
            report::json::document("power", Exit::Done, Document { configured: false })?
        }
        _ => "Not configured: name the plug's sensor in the inventory, and the Prometheus that has it:\n\n    \
              [prometheus]\n    url = \"http://192.168.2.20:9090\"\n\n    \
              [power]\n    entity = \"sensor.tech_shelf_power\"\n"
            .to_string(),
    };
    session.show(&text)?;
    Ok(Exit::Done)
}
