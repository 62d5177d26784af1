//! What must be true of a TrueNAS whose configuration is in force. Whether it is logged in is seen
//! on its server.

use crate::model::desired::DesiredHost;
use crate::model::finding::{Finding, Severity};
use crate::model::observed::Seen;
use crate::model::truenas::{Generated, ObservedTrueNas, PASSWORD, PasswordSeen};

/// Everything that is not as it must be.
pub fn check(desired: &DesiredHost, seen: &Seen<ObservedTrueNas>) -> Vec<Finding> {
    let Some(want) = &desired.truenas else {
        return Vec::new();
    };
    let have = match seen {
        Seen::Is(have) => have,
        Seen::Unknown(why) => {
            let saw = format!("its middleware could not be asked: {why}");
            return vec![error("truenas-middleware", saw).on(&desired.name)];
        }
        Seen::Absent => return Vec::new(),
    };
    let mut found = Vec::new();
    let differing = want.fields.iter();
    let mut differing: Vec<String> = differing
        .filter(|(field, value)| have.fields.get(*field) != Some(*value))
        .map(|(field, _)| field.clone())
        .collect();
    if matches!(have.password, PasswordSeen::Other | PasswordSeen::Empty) {
        differing.push(PASSWORD.into());
    }
    if !differing.is_empty() {
        let saw = format!("not as in the inventory: {}", differing.join(", "));
        found.push(
            error("truenas-configuration-differs", saw)
                .fix("look at `upsctl diff`, then `upsctl deploy`"),
        );
    }
    if !have.runs() {
        found.push(
            error(
                "truenas-service-not-running",
                format!("its UPS service is {}", have.state),
            )
            .fix("`upsctl deploy` starts it; in its UI: System > Services > UPS"),
        );
    } else if have.generated == Generated::Other {
        let saw = "its upsmon.conf is not what TrueNAS makes of its configuration";
        found.push(
            error("truenas-file-differs", saw)
                .why("the file was written before the configuration was changed, or by hand")
                .fix("`upsctl deploy` restarts the service, which writes it anew"),
        );
    }
    if !have.enabled {
        found.push(
            error(
                "truenas-service-not-at-boot",
                "its UPS service does not start at boot",
            )
            .fix("`upsctl deploy` enables it; in its UI: Start Automatically"),
        );
    }
    let placed = found.into_iter().map(|finding| finding.on(&desired.name));
    placed.collect()
}

fn error(rule: &'static str, saw: impl Into<String>) -> Finding {
    Finding::new(rule, Severity::Error, saw)
}
