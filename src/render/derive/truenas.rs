//! What the middleware of a TrueNAS should have: the fields of `ups.config` that make it a client.
//!
//! Fields of a server (driver, port, options, extra users, remote monitor) are left alone: in mode
//! SLAVE nothing is generated from them (etc_files/local/nut, 23.10 to 26).

use serde_json::{Value, json};

use super::watched::watched_by;
use super::{InventoryIndex, door::door, overrides};
use crate::model::diagnostic::Diagnostic;
use crate::model::inventory::{DirectiveValue, Host};
use crate::model::name::HostName;
use crate::model::truenas::{DIRECTIVES, DesiredTrueNas, Fields};
use crate::nut::directive::File;
use crate::nut::timing::Timing;
use crate::nut::ups_name::bracketed;

/// The settings of a TrueNAS; none when its middleware is not written to or no UPS of another host
/// feeds it.
///
/// # Errors
/// Names the key whose value leads nowhere.
pub fn truenas(
    index: &InventoryIndex<'_>,
    name: &HostName,
) -> Result<Option<DesiredTrueNas>, Diagnostic> {
    let host = index.host(name)?;
    let Some(way) = host.truenas.as_ref().filter(|_| host.is_managed_truenas()) else {
        return Ok(None);
    };
    // One UPS is all that it can watch; `inventory/check` holds that.
    let mut watched = watched_by(index, name)?.into_iter();
    let Some(watched) = watched.rfind(|watched| watched.server != name) else {
        return Ok(None);
    };
    let Some((address, port)) = door(index, watched.server)? else {
        return Ok(None);
    };
    let user = index.user_of(name)?.to_string();
    let fields = [
        ("mode", json!("SLAVE")),
        ("identifier", json!(watched.ups.as_str())),
        // The middleware puts no brackets around an IPv6 address.
        ("remotehost", json!(bracketed(&address))),
        ("remoteport", json!(port)),
        ("monuser", json!(user)),
        // Whoever cuts the UPS off is the primary.
        ("powerdown", json!(false)),
        ("hostsync", json!(Timing::default().hostsync)),
    ];
    let mut fields: Fields = fields
        .into_iter()
        .map(|(field, value)| (field.to_string(), value))
        .collect();
    match way.on_battery_for {
        None => fields.insert("shutdown".into(), json!("LOWBATT")),
        Some(delay) => {
            fields.insert("shutdowntimer".into(), json!(delay.as_secs()));
            fields.insert("shutdown".into(), json!("BATT"))
        }
    };
    for (directive, field) in DIRECTIVES {
        if let Some(value) = own(index, host, directive) {
            fields.insert(field.into(), value);
        }
    }
    Ok(Some(DesiredTrueNas { fields, user }))
}

/// What the owner wrote for a directive: a number, or a text.
fn own(index: &InventoryIndex<'_>, host: &Host, directive: &str) -> Option<Value> {
    if directive == "SHUTDOWNCMD" {
        return match overrides::find(index, host, File::Upsmon, directive)? {
            DirectiveValue::Text(text) => Some(json!(text)),
            _ => None,
        };
    }
    overrides::seconds(index, host, File::Upsmon, directive).map(|seconds| json!(seconds))
}
