//! Since when a UPS is on battery: nothing of NUT keeps it but the log.

use super::View;
use crate::model::desired::DesiredHost;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::nut::directive::File;
use crate::nut::files::UpsmonConf;
use crate::nut::log::{Said, Texts, read};
use crate::nut::ups_name::UpsName;

/// The earliest that any host's upsmon noticed, in Unix seconds; none when no journal knows.
pub(super) fn on_battery(view: &View<'_>, ups: &UpsName, server: &HostName) -> Option<u64> {
    let hosts = view.hosts.values().flatten();
    let since = hosts.filter_map(|(desired, observed)| of_host(desired, observed, ups, server));
    since.min()
}

fn of_host(
    desired: &DesiredHost,
    observed: &ObservedHost,
    ups: &UpsName,
    server: &HostName,
) -> Option<u64> {
    let Seen::Is(lines) = &observed.journal else {
        return None;
    };
    let watches = desired.expect.monitors.iter();
    let this = watches.filter(|watch| watch.ups == *ups && watch.server == *server);
    let systems: Vec<&str> = this.map(|watch| watch.system.as_str()).collect();
    let texts = texts(observed);
    let mut since = None;
    for line in lines {
        let Some((time, message)) = cut(line) else {
            continue;
        };
        let Some(Said::Notified { event, system, .. }) = read(message, &texts) else {
            continue;
        };
        let this = match system {
            Some(system) => systems.contains(&system.as_str()),
            None => desired.expect.monitors.len() == 1 && !systems.is_empty(),
        };
        match event {
            // A restarted upsmon says it again.
            "ONBATT" if this => since = since.or(Some(time)),
            "ONLINE" if this => since = None,
            _ => {}
        }
    }
    since
}

fn texts(observed: &ObservedHost) -> Texts {
    let file = observed.files.get(&File::Upsmon).and_then(Seen::is);
    file.map_or_else(Texts::default, |file| {
        Texts::of(&UpsmonConf::parse(file.content.expose().as_bytes()))
    })
}

/// Time and message of `SECONDS.FRACTION HOST PROGRAM[PID]: MESSAGE`.
fn cut(line: &str) -> Option<(u64, &str)> {
    let (time, rest) = line.split_once(' ')?;
    let time = time.split('.').next()?.parse().ok()?;
    Some((time, rest.split_once(": ")?.1))
}
