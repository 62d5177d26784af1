//! Why a drill ended early, in words.

use super::plan::Plan;
use crate::model::drill::DrillStop;
use crate::model::name::HostName;

/// From a host's word and what it is about to what people read, and what they do.
pub fn stop(plan: &Plan, host: &HostName, why: &str, what: &str) -> DrillStop {
    let port = plan.port;
    let without = || {
        let others = plan.parts.iter().map(|part| part.host.as_str());
        let others: Vec<&str> = others.filter(|other| *other != host.as_str()).collect();
        format!("upsctl drill {}", others.join(" "))
    };
    let again = || "upsctl drill".to_string();
    let (why, next) = match why {
        "missing" => (
            format!("it has no {what}: no box can be made there, and nothing was started"),
            without(),
        ),
        "busy" => (
            format!("a deploy or a drill is under way: {what}"),
            "wait for it to end".into(),
        ),
        "unfinished" => (
            format!("deploy {what} was neither confirmed nor undone"),
            format!("upsctl deploy {host}"),
        ),
        "stale" => (
            format!("{what} was changed since it was looked at"),
            again(),
        ),
        "battery" => (
            format!("its UPS {what}: a drill needs mains"),
            format!("upsctl doctor {host}"),
        ),
        "port" => (
            format!("something listens on its port {port} already"),
            "name another port: `[site] drill_port`".into(),
        ),
        "mains-lost" => (
            format!("mains failed ({what}): the drill ended, the real chain is as it was"),
            "upsctl status".into(),
        ),
        "not-serving" => (
            "the drill's upsd did not answer with every UPS on mains".into(),
            format!("upsctl doctor {host}"),
        ),
        "not-watching" => (
            "the drill's upsmon did not start".into(),
            format!("upsctl doctor {host}"),
        ),
        "slow" => (format!("it took more than {what} over a step"), again()),
        "lost" => (what.to_string(), again()),
        "interrupted" => ("interrupted".into(), again()),
        _ => (what.to_string(), format!("upsctl doctor {host}")),
    };
    DrillStop {
        host: host.clone(),
        why,
        next,
    }
}
