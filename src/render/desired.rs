use std::collections::BTreeMap;

use super::check::check_text;
use super::context::TemplateContext;
use super::derive::{Derived, DerivedMonitor, InventoryIndex, truenas};
use super::roundtrip;
use super::templates::Templates;
use crate::model::desired::{
    DesiredFile, DesiredHost, Expect, ExpectedMonitor, ExpectedUps, HostRole,
};
use crate::model::diagnostic::{Diagnostic, Diagnostics};
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::nut::directive::File;
use crate::nut::files;
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;

/// The version files are written for when neither the host nor the inventory tells one.
pub const ASSUMED: NutVersion = NutVersion::V2_8_0;

/// What a host should have.
///
/// The files are for the version that was observed, else the inventory's `nut_version`, else
/// [`ASSUMED`]; a host of another platform than `debian` has none.
///
/// # Errors
/// When the inventory says something no file of NUT can hold, or a template does not render.
pub fn desired(
    index: &InventoryIndex<'_>,
    name: &HostName,
    observed: Option<NutVersion>,
    templates: &Templates,
) -> Result<DesiredHost, Diagnostics> {
    of(index, name, observed, templates).map_err(|error| index.placed(error).into())
}

fn of(
    index: &InventoryIndex<'_>,
    name: &HostName,
    observed: Option<NutVersion>,
    templates: &Templates,
) -> Result<DesiredHost, Diagnostic> {
    let host = index.host(name)?;
    let nut = observed.or(host.nut_version).unwrap_or(ASSUMED);
    let derived = Derived::of(index, name, nut)?;
    let files = match host.platform {
        Platform::Debian => files(name, &derived, templates)?,
        _ => BTreeMap::new(),
    };
    Ok(DesiredHost {
        name: name.clone(),
        platform: host.platform,
        role: derived.role,
        nut,
        files,
        truenas: truenas(index, name)?,
        expect: expect(index, name, derived),
    })
}

/// The files a role needs. A client gets nothing that would make it a server.
fn needed(role: HostRole) -> &'static [File] {
    match role {
        HostRole::Server { .. } => &File::ALL,
        HostRole::Client => &[File::Nut, File::Upsmon],
    }
}

fn files(
    name: &HostName,
    derived: &Derived,
    templates: &Templates,
) -> Result<BTreeMap<File, DesiredFile>, Diagnostic> {
    let mut files = BTreeMap::new();
    for file in needed(derived.role) {
        let context = TemplateContext::new(name, *file, derived);
        let made = templates.render(name, *file, &context)?;
        check_text(name, *file, &made.content)?;
        roundtrip::verify(name, *file, derived, &made)?;
        files.insert(*file, made);
    }
    Ok(files)
}

fn expect(index: &InventoryIndex<'_>, name: &HostName, derived: Derived) -> Expect {
    let ups = index.owned(name).iter().map(|(name, ups)| ExpectedUps {
        name: (*name).clone(),
        system: own_system(&derived.monitors, name),
        driver: ups.driver.clone(),
        usb: ups.usb.clone(),
    });
    let ups = ups.collect();
    Expect {
        ups,
        listen: derived.listen,
        monitors: derived.monitors.into_iter().map(expected).collect(),
        clients: derived.clients,
    }
}

/// As the host's own MONITOR line has it; on a host with hand-made ones, as most have it.
fn own_system(monitors: &[DerivedMonitor], ups: &UpsName) -> String {
    let own = monitors
        .iter()
        .find(|monitor| monitor.role == files::Role::Primary && monitor.ups == *ups);
    own.map_or_else(
        || format!("{ups}@127.0.0.1"),
        |monitor| monitor.system.clone(),
    )
}

fn expected(monitor: DerivedMonitor) -> ExpectedMonitor {
    ExpectedMonitor {
        ups: monitor.ups,
        server: monitor.server,
        system: monitor.system,
        user: monitor.user,
        primary: monitor.role == files::Role::Primary,
        power_value: monitor.power_value,
    }
}
