//! What differs between releases of TrueNAS, each fact once, by the version that the box reports.

use crate::nut::version::NutVersion;

/// How services are started and stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceCalls {
    /// `service.start ups {}`: answers when it is done.
    Verbs,
    /// `service.control START ups {}`: a job.
    Control,
}

/// A release line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Release {
    /// Year and month of its name, the first it is true of.
    pub since: (u32, u32),
    /// `service.start` is marked `removed_in v26.04` in 25.10 (plugins/service.py), where
    /// `service.control` came.
    pub services: ServiceCalls,
    /// Whether `/api/current` speaks JSON-RPC 2.0: from 25.04. Before it there is only `/websocket`
    /// with a protocol of its own (api_client `legacy.py`).
    pub json_rpc: bool,
    /// What stands before the name of a field in a refusal: the argument's name, `ups_update` to
    /// 25.10 and `data` from 26 (plugins/ups).
    pub prefix: &'static str,
    /// NUT of the Debian it is built on (scale-build `conf/build.manifest`): 12 to 25.10, 13 in 26.
    pub nut: NutVersion,
}

/// The oldest first; older ones than the first are not written to.
pub const RELEASES: [Release; 4] = [
    Release {
        since: (23, 10),
        services: ServiceCalls::Verbs,
        json_rpc: false,
        prefix: "ups_update.",
        nut: NutVersion::V2_8_0,
    },
    Release {
        since: (25, 4),
        services: ServiceCalls::Verbs,
        json_rpc: true,
        prefix: "ups_update.",
        nut: NutVersion::V2_8_0,
    },
    Release {
        since: (25, 10),
        services: ServiceCalls::Control,
        json_rpc: true,
        prefix: "ups_update.",
        nut: NutVersion::V2_8_0,
    },
    Release {
        since: (26, 0),
        services: ServiceCalls::Control,
        json_rpc: true,
        prefix: "data.",
        nut: NutVersion::V2_8_1,
    },
];

impl Release {
    /// The release line of what `system.version` says: `TrueNAS-SCALE-24.10.2.4` to 24.10,
    /// `TrueNAS-25.04.2.6` since; `TrueNAS-13.0-U6.8` is CORE.
    ///
    /// # Errors
    /// Says why a version is not written to.
    pub fn of(version: &str) -> Result<&'static Self, String> {
        let number = version
            .trim_start_matches("TrueNAS-")
            .trim_start_matches("SCALE-");
        let mut parts = number.split(['.', '-']).map(str::parse::<u32>);
        let (Some(Ok(year)), Some(Ok(month))) = (parts.next(), parts.next()) else {
            return Err(format!(
                "`{version}` is no version of TrueNAS that upsctl knows"
            ));
        };
        if year < 20 {
            return Err(format!(
                "{version} is TrueNAS CORE, which upsctl does not write to"
            ));
        }
        let known = RELEASES.iter().rev();
        let mut known = known.filter(|release| release.since <= (year, month));
        known.next().ok_or_else(|| {
            format!("{version} is older than 23.10, the first that upsctl writes to")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_lead_to_their_release() {
        for (version, since) in [
            ("TrueNAS-SCALE-23.10.2", (23, 10)),
            ("TrueNAS-SCALE-24.10.2.4", (23, 10)),
            ("TrueNAS-25.04.2.6", (25, 4)),
            ("TrueNAS-25.10.7", (25, 10)),
            ("TrueNAS-26.0.0-BETA.3", (26, 0)),
            ("TrueNAS-27.04.0", (26, 0)),
        ] {
            assert_eq!(
                Release::of(version).map(|r| r.since),
                Ok(since),
                "{version}"
            );
        }
        for version in ["TrueNAS-13.0-U6.8", "TrueNAS-SCALE-22.12.4", "", "Debian"] {
            assert!(Release::of(version).is_err(), "{version}");
        }
    }
}
