//! The delays of upsmon, alone and against those of the hosts that wait for one another.

use crate::model::finding::Place;
use crate::model::inventory::Host;
use crate::nut::directive::File;
use crate::nut::timing::LONGEST_SILENCE;
use crate::nut::version::NutVersion;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::ParsedHost;

rules! {
    "deadtime-below-polls" Warning Host deadtime;
    "deadtime-inert" Note Host deadtime_inert;
    "hostsync-off" Error Host hostsync_off;
    "hostsync-below-logout" Error Host hostsync_below;
    "hostsync-beyond-oblb" Warning Host hostsync_beyond;
    "logout-too-late" Error Host logout;
    "offduration-immediate" Note Host offduration;
    "poll-busy" Error Host poll_busy;
    "poll-slow" Error Host poll_slow;
    "poll-slower-on-battery" Warning Host poll_slower;
}

/// Twice NUT's own DEADTIME: whoever sets more counts on it.
const RELIED_ON: i64 = 30;

/// Where a directive of upsmon.conf is set.
pub(super) fn place(host: ParsedHost<'_>, name: &str) -> Option<Place> {
    let setting = host.upsmon(name)?;
    Some(host.at_setting(File::Upsmon, setting))
}

fn deadtime(host: ParsedHost<'_>) -> Option<Says> {
    host.upsmon_conf()?;
    let timing = host.timing();
    let (dead, least) = (timing.dead, timing.least_deadtime());
    if dead >= least {
        return None;
    }
    let names = ["DEADTIME", "POLLFREQ", "POLLFREQALERT"].into_iter();
    let place = names
        .filter_map(|name| place(host, name))
        .min_by_key(|place| place.file.starts_with("rendered "));
    let saw = format!("DEADTIME is {dead} s, and three polls take {least} s");
    let says = says(saw).at(place).with("least", least);
    // Longer than upsd waits for a word: then the polls are wrong, and not DEADTIME.
    Some(match least / 3 > LONGEST_SILENCE {
        true => says.fix("Lower POLLFREQ and POLLFREQALERT; NUT's own are 5."),
        false => says,
    })
}

fn poll_slow(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let names = ["POLLFREQ", "POLLFREQALERT"].into_iter();
    let slow = names.filter(move |name| host.number(name) > LONGEST_SILENCE);
    slow.map(move |name| {
        says(format!("{name} is {} s", host.number(name)))
            .at(place(host, name))
            .with("name", name)
            .with("most", LONGEST_SILENCE)
    })
}

fn deadtime_inert(host: ParsedHost<'_>) -> Option<Says> {
    let (dead, version) = (host.number("DEADTIME"), host.version());
    let bitten = (NutVersion::V2_8_1..NutVersion::V2_8_3).contains(&version);
    let place = place(host, "DEADTIME").filter(|_| bitten && dead > RELIED_ON)?;
    Some(says(format!("NUT {version} does not honour DEADTIME {dead}")).at(place))
}

fn hostsync_off(host: ParsedHost<'_>) -> Option<Says> {
    let value = host.number("HOSTSYNC");
    let place = place(host, "HOSTSYNC").filter(|_| value <= 0)?;
    Some(says(format!("HOSTSYNC is {value}")).at(place))
}

fn hostsync_below(host: ParsedHost<'_>) -> Option<Says> {
    host.upsmon_conf()?;
    let wait = host.number("HOSTSYNC");
    let clients = host.secondaries().into_iter();
    let slowest = clients.max_by_key(|client| client.timing().logout())?;
    let least = slowest.timing().needed_hostsync();
    if wait <= 0 || wait >= least {
        return None;
    }
    let saw = format!(
        "HOSTSYNC is {wait} s, and {} needs {least} s to log out",
        slowest.name()
    );
    Some(says(saw).at(place(host, "HOSTSYNC")).with("least", least))
}

fn hostsync_beyond(host: ParsedHost<'_>) -> Option<Says> {
    let setting = host.upsmon("OBLBDURATION")?;
    let timing = host.timing();
    let (wait, oblb) = (timing.hostsync, timing.low_for);
    let follows = host.watches().any(|watch| !watch.is_primary());
    let saw = format!("HOSTSYNC is {wait} s, OBLBDURATION {oblb} s");
    (follows && oblb != 0 && wait > oblb)
        .then(|| says(saw).at(host.at_setting(File::Upsmon, setting)))
}

fn takes(host: Option<&Host>) -> Option<u64> {
    host?.shutdown_takes.map(|delay| delay.as_secs())
}

/// The host that follows this one and takes longest to go down, with how long.
fn slowest(host: ParsedHost<'_>) -> Option<(u64, ParsedHost<'_>)> {
    let clients = host.secondaries().into_iter();
    let known =
        clients.filter_map(|client| Some((takes(host.site().written(client.name()))?, client)));
    known.max_by_key(|(takes, _)| *takes)
}

fn logout(host: ParsedHost<'_>) -> Option<Says> {
    host.upsmon_conf()?;
    let follows = host
        .watches()
        .any(|watch| !watch.is_primary() && watch.power() > 0 && !watch.is_own());
    let silent = host.timing().silent();
    if !follows || silent.is_some_and(|seconds| seconds <= LONGEST_SILENCE) {
        return None;
    }
    let place = place(host, "SHUTDOWNEXIT").or_else(|| place(host, "FINALDELAY"));
    let written = place
        .clone()
        .filter(|place| !place.file.starts_with("rendered "));
    // Its own secondaries make this host, which is a primary, wait so long.
    let client = || slowest(host).map(|(_, client)| client.name().as_str());
    let cause = || host.in_inventory(&[&["hosts", client()?, "shutdown_takes"]]);
    let how_long = silent.map_or("until it is down".into(), |seconds| format!("{seconds} s"));
    let says = says(format!("it is silent for {how_long} before it logs out"));
    let says = says.at(written.or_else(cause).or(place));
    Some(says.with("most", LONGEST_SILENCE))
}

fn offduration(host: ParsedHost<'_>) -> Option<Says> {
    let value = host.number("OFFDURATION");
    let bitten = host.version() == NutVersion::V2_8_1 && value >= 0;
    let place = place(host, "OFFDURATION").filter(|_| bitten)?;
    let saw = format!("NUT 2.8.1 does not honour OFFDURATION {value} for a UPS on battery");
    Some(says(saw).at(place))
}

fn poll_busy(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let names = ["POLLFREQ", "POLLFREQALERT"].into_iter();
    let zero = names.filter(move |name| {
        host.upsmon_value(name)
            .is_some_and(|text| text.parse() == Ok(0i64))
    });
    zero.map(move |name| says(format!("{name} is 0")).at(place(host, name)))
}

fn poll_slower(host: ParsedHost<'_>) -> Option<Says> {
    let (poll, alert) = (host.number("POLLFREQ"), host.number("POLLFREQALERT"));
    let place = place(host, "POLLFREQALERT").or_else(|| place(host, "POLLFREQ"))?;
    let saw = format!("POLLFREQALERT is {alert} s, POLLFREQ {poll} s");
    (poll > 0 && alert > poll).then(|| says(saw).at(place).with("poll", poll))
}
