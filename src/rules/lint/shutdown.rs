//! What upsmon runs at the end, and what cuts the UPS.

use crate::nut::directive::File;
use crate::nut::files::Setting;
use crate::nut::shutdown_command;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::{ParsedHost, ParsedUps};

rules! {
    "shutdowncmd-missing" Error Host missing;
    "shutdowncmd-relative" Warning Host relative;
    "shutdowncmd-harmless" Error Host harmless;
    "powerdownflag-missing" Error Host flag_missing;
    "powerdownflag-place" Warning Host flag_place;
    "powerdownflag-cuts-others" Warning Ups cuts_others;
    "run-as-user" Warning Host run_as_user;
}

/// Places that may be gone at the end of a shutdown.
const GONE: [&str; 8] = [
    "/tmp/",
    "/var/",
    "/home/",
    "/mnt/",
    "/media/",
    "/srv/",
    "/opt/",
    "/dev/shm/",
];

fn missing(host: ParsedHost<'_>) -> Option<Says> {
    let counts = host.upsmon_conf()?.power() > 0;
    let command = host.upsmon_value("SHUTDOWNCMD").unwrap_or_default();
    if !counts || !command.trim().is_empty() {
        return None;
    }
    let place = host
        .upsmon("SHUTDOWNCMD")
        .map(|setting| host.at_setting(File::Upsmon, setting))
        .or_else(|| host.at_key("upsmon", "SHUTDOWNCMD"));
    Some(says("there is no SHUTDOWNCMD").at(place))
}

/// A directive of upsmon.conf with its first word.
fn value<'a>(host: ParsedHost<'a>, name: &str) -> Option<(&'a Setting, &'a str)> {
    let setting = host.upsmon(name)?;
    Some((
        setting,
        setting.value().map_or("", |word| word.value.trim()),
    ))
}

fn relative(host: ParsedHost<'_>) -> Option<Says> {
    let (setting, command) = value(host, "SHUTDOWNCMD")?;
    let program = command.split_whitespace().next()?;
    if command.starts_with(['/', '"', '\'']) {
        return None;
    }
    let saw = format!("SHUTDOWNCMD runs `{program}`, without a path");
    Some(says(saw).at(host.at_setting(File::Upsmon, setting)))
}

fn harmless(host: ParsedHost<'_>) -> Option<Says> {
    let (setting, command) = value(host, "SHUTDOWNCMD")?;
    // Words without quotes around all of them are the matter of line-ignored.
    let flaw = shutdown_command::flaw(command).filter(|_| setting.args.len() == 1)?;
    let says = says(format!("SHUTDOWNCMD {flaw}"));
    Some(says.at(host.at_setting(File::Upsmon, setting)))
}

fn flag_missing(host: ParsedHost<'_>) -> Option<Says> {
    host.upsmon_conf()?;
    if !host.is_primary() || host.upsmon("POWERDOWNFLAG").is_some() {
        return None;
    }
    let place = host
        .at_key("upsmon", "POWERDOWNFLAG")
        .or_else(|| host.site().key(&["hosts", host.name().as_str()]));
    Some(says("it is the primary of a UPS and has no POWERDOWNFLAG").at(place))
}

fn flag_place(host: ParsedHost<'_>) -> Option<Says> {
    let (setting, path) = value(host, "POWERDOWNFLAG")?;
    let why = match path {
        path if !path.starts_with('/') => "is not a whole path",
        path if GONE.iter().any(|folder| path.starts_with(folder)) => {
            "may not be there at the end of a shutdown"
        }
        _ => return None,
    };
    let saw = format!("POWERDOWNFLAG `{path}` {why}");
    Some(says(saw).at(host.at_setting(File::Upsmon, setting)))
}

fn cuts_others(ups: ParsedUps<'_>) -> Option<Says> {
    let (host, site) = (ups.host, ups.host.site());
    host.upsmon("POWERDOWNFLAG")?;
    site.inventory().ups.get(ups.name())?;
    let fed = host.watches().any(|watch| watch.power() > 0);
    let excluded = ups.section.value("sdorder") == Some("-1");
    if !fed || excluded || site.feeds(ups.name(), host.name()) {
        return None;
    }
    let saw = format!(
        "ups `{}` does not feed this host, which cuts it all the same",
        ups.name()
    );
    Some(says(saw).at(ups.at_section()).with("ups", ups.name()))
}

fn run_as_user(host: ParsedHost<'_>) -> Option<Says> {
    let (setting, user) = value(host, "RUN_AS_USER")?;
    (user != "nut").then(|| {
        says(format!("upsmon runs as `{user}`")).at(host.at_setting(File::Upsmon, setting))
    })
}
