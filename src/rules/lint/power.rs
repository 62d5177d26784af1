//! Who watches which UPS, as what, and for how many supplies.

use super::login::is_unknown;
use crate::model::inventory::{Platform, SecretSource};
use crate::nut::directive::File;
use crate::nut::files::TrapKind;
use crate::nut::ups_name::PORT;
use crate::rules::rules;
use crate::rules::says::{Says, says};
use crate::site::address::{is_ip, is_loopback};
use crate::site::{ParsedHost, ParsedUps, Watch};

rules! {
    "feed-not-watched" Error Host not_watched;
    "primary-missing" Error Ups primary_missing;
    "remote-primary" Error Watch remote_primary;
    "monitored-twice" Error Host twice;
    "monitor-by-name" Warning Watch by_name;
    "power-from-elsewhere" Warning Watch elsewhere;
    "power-short" Error Host short;
    "never-shuts-down" Error Host never_shuts_down;
    "appliance-demands" Error Host demands;
}

/// Whether every MONITOR line is understood and asks for a UPS that is there.
fn is_whole(host: ParsedHost<'_>) -> bool {
    let settings = host.settings(File::Upsmon).iter();
    let written = settings.filter(|setting| setting.is("MONITOR")).count();
    host.upsmon_conf().is_some()
        && written == host.watches().count()
        && !host.watches().any(is_unknown)
}

fn not_watched(host: ParsedHost<'_>) -> impl Iterator<Item = Says> {
    let fed = host.site().fed(host.name()).into_iter();
    let missing = fed.filter(move |(ups, server)| {
        let same = |watch: Watch<'_>| {
            watch.server_name().is_none_or(|own| own == *server)
                && watch.ups().eq_ignore_ascii_case(ups.as_str())
        };
        is_whole(host) && !host.watches().any(same)
    });
    missing.map(move |(ups, server)| {
        let place = host
            .at_key("upsmon", "MONITOR")
            .or_else(|| host.at_host("powered_by"));
        let saw =
            format!("ups `{ups}` on {server} feeds this host, and no MONITOR line watches it");
        says(saw).at(place).with("ups", ups)
    })
}

fn primary_missing(ups: ParsedUps<'_>) -> Option<Says> {
    let host = ups.host;
    let commands = |watch: Watch<'_>| {
        watch.is_primary() && watch.is_own() && watch.ups().eq_ignore_ascii_case(ups.name())
    };
    if !is_whole(host) || host.watches().any(commands) {
        return None;
    }
    let place = host
        .at_key("upsmon", "MONITOR")
        .or_else(|| ups.at_section());
    let saw = format!("upsmon is not the primary of ups `{}`", ups.name());
    Some(says(saw).at(place).with("ups", ups.name()))
}

fn remote_primary(watch: Watch<'_>) -> Option<Says> {
    let server = watch.server_name()?;
    if !watch.is_primary() || watch.is_own() {
        return None;
    }
    let saw = format!(
        "it is a primary of `{}`, which hangs on {server}",
        watch.system()
    );
    let says = says(saw).at(watch.place()).with("ups", watch.ups());
    Some(says.with("server", server))
}

fn twice(host: ParsedHost<'_>) -> Vec<Says> {
    let all: Vec<Watch<'_>> = host.watches().collect();
    let known = all
        .iter()
        .enumerate()
        .filter(|(_, watch)| watch.server_name().is_some());
    let twice = known.filter_map(|(at, watch)| {
        let other = all[..at].iter().find(|other| {
            other.server_name() == watch.server_name()
                && other.ups().eq_ignore_ascii_case(watch.ups())
        })?;
        let saw = format!(
            "`{}` and `{}` are the same UPS",
            other.system(),
            watch.system()
        );
        Some(says(saw).at(watch.place()))
    });
    twice.collect()
}

fn by_name(watch: Watch<'_>) -> Option<Says> {
    let address = watch.address();
    watch.monitor()?;
    if is_loopback(address) || is_ip(address) {
        return None;
    }
    let server = watch
        .server_name()
        .map_or(address, |server| server.as_str());
    let place = watch
        .host
        .in_inventory(&[&["hosts", server, "address"]])
        .filter(|_| watch.is_derived())
        .or_else(|| watch.place());
    let saw = format!("upsmon asks `{}` by name", watch.system());
    Some(says(saw).at(place).with("server", server))
}

fn elsewhere(watch: Watch<'_>) -> Option<Says> {
    let site = watch.host.site();
    let ups = site.inventory().ups.get(watch.ups())?;
    let known = Some(&ups.host) == watch.server_name();
    if !known || watch.power() == 0 || site.feeds(watch.ups(), watch.host.name()) {
        return None;
    }
    let saw = format!(
        "`{}` counts {} for this host, and does not feed it",
        watch.system(),
        watch.power()
    );
    Some(says(saw).at(watch.place()).with("ups", watch.ups()))
}

fn short(host: ParsedHost<'_>) -> Option<Says> {
    let conf = host.upsmon_conf()?;
    // A power value that NUT cannot read is the matter of monitor-broken.
    let mut traps = conf.traps.iter().map(|trap| &trap.kind);
    let broken =
        traps.any(|kind| matches!(kind, TrapKind::BadPowerValue | TrapKind::PowerValueRange));
    let (power, needed) = (conf.power(), host.number("MINSUPPLIES"));
    if broken || needed <= i64::from(power) || conf.settings.is_empty() {
        return None;
    }
    let place = host
        .upsmon("MINSUPPLIES")
        .map(|setting| host.at_setting(File::Upsmon, setting))
        .or_else(|| host.at_host("powered_by"));
    let saw = format!("MINSUPPLIES is {needed}, and the power values add up to {power}");
    Some(says(saw).at(place).with("power", power))
}

fn never_shuts_down(host: ParsedHost<'_>) -> Option<Says> {
    let setting = host.upsmon("MINSUPPLIES")?;
    let power = host.upsmon_conf()?.power();
    let zero = setting.value()?.value.parse() == Ok(0i64);
    let saw = format!("MINSUPPLIES is 0, and the host has {power} supplies that count");
    (power > 0 && zero).then(|| says(saw).at(host.at_setting(File::Upsmon, setting)))
}

fn demands(host: ParsedHost<'_>) -> Vec<Says> {
    if matches!(host.platform(), Platform::Debian | Platform::External) {
        return Vec::new();
    }
    let say = |saw: String, key: &str, fix: String| says(saw).at(host.at_host(key)).fix(fix);
    let mut found = Vec::new();
    let others: Vec<Watch<'_>> = host.watches().filter(|watch| !watch.is_own()).collect();
    if others.len() > 1 {
        let saw = format!("{} UPSes feed it, and it can watch one", others.len());
        found.push(say(
            saw,
            "powered_by",
            "Leave one UPS in its powered_by.".into(),
        ));
    }
    let Some(insists) = host.platform().insists() else {
        return found;
    };
    for watch in others {
        let ups = watch.ups();
        if ups != insists.ups {
            let saw = format!("it asks for ups `{}`, and `{ups}` feeds it", insists.ups);
            let fix = format!(
                "Name the UPS `{}`, or let a dummy-ups of that name repeat it (`port = \"{ups}@localhost\"`).",
                insists.ups
            );
            found.push(say(saw, "powered_by", fix));
        }
        if watch.port() != PORT {
            let saw = format!(
                "it asks port {PORT}, and the server listens on {}",
                watch.port()
            );
            let fix = "Let the server listen on port 3493, too.";
            found.push(say(saw, "powered_by", fix.into()));
        }
    }
    let users = &host.site().inventory().users;
    let own = users
        .get(insists.user)
        .and_then(|user| user.password.as_ref());
    if matches!(own, Some(SecretSource::Literal(password)) if password != insists.password) {
        let user = insists.user;
        let saw = format!("its password is fixed, and [users.{user}] has another one");
        let fix = format!("Remove the password of [users.{user}]: upsctl knows it.");
        let place = host.site().key(&["users", user, "password"]);
        found.push(
            says(saw)
                .at(place.or_else(|| host.at_host("platform")))
                .fix(fix),
        );
    }
    found
}
