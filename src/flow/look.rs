//! Looking at hosts: one remote command each.

use std::collections::BTreeMap;

use anyhow::Result;

use super::{Run, fleet};
use crate::host::Output;
use crate::model::desired::DesiredHost;
use crate::model::inventory::Platform;
use crate::model::name::HostName;
use crate::model::observed::{ObservedHost, Seen};
use crate::model::outcome::HostError;
use crate::nut::version::NutVersion;
use crate::observe::{self, Probe};

/// A host that was looked at.
pub struct Looked {
    /// For the version that the host has.
    pub desired: DesiredHost,
    pub observed: ObservedHost,
}

/// What a look is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Plan,
    /// Reads the journal while a UPS is on battery: only it knows since when.
    Status,
    /// Waits for daemons to come up, and reads the journal.
    Verify,
    /// Looks at guests and network file systems, too.
    TimeLine,
}

/// The probe for a host, before anything is known of it.
///
/// # Errors
/// When a template does not render.
pub fn probe(run: &Run, name: &HostName, purpose: Purpose) -> Result<Probe> {
    let draft = run.desired(name, None)?;
    let mut probe = Probe::of(&draft);
    if purpose == Purpose::Verify {
        probe.journal_since = Some("-1d".into());
        probe.settle = Some(observe::Settle::of(&draft, run.options.settle));
    }
    if purpose == Purpose::TimeLine {
        probe.deep = Some(observe::GUESTS);
    }
    if purpose == Purpose::Status {
        probe.journal_on_battery = Some("-1d".into());
    }
    Ok(probe)
}

/// Looks at hosts of platform `debian`, in parallel.
///
/// # Errors
/// When a template does not render for a host; what goes wrong on a host is in its own result.
pub fn look(
    run: &Run,
    names: &[HostName],
    purpose: Purpose,
) -> Result<BTreeMap<HostName, Result<Looked, HostError>>> {
    let mut jobs = Vec::new();
    for name in names {
        jobs.push((name.clone(), probe(run, name, purpose)?));
    }
    let looked = fleet::each(jobs, run.options.parallel, |(name, probe)| {
        run.progress.begin(&name, "looking");
        let seen = observe_once(run, &name, &probe);
        run.progress
            .end(&name, if seen.is_ok() { "looked" } else { "failed" });
        (name, seen)
    });
    let mut out = BTreeMap::new();
    for (name, seen) in looked {
        let result = match seen {
            Ok(observed) => Ok(Looked {
                desired: desired_for(run, &name, &observed)?,
                observed,
            }),
            Err(error) => Err(error),
        };
        out.insert(name, result);
    }
    Ok(out)
}

/// One look at a host.
///
/// # Errors
/// What went wrong on the way, or an answer that is none.
pub fn observe_once(run: &Run, name: &HostName, probe: &Probe) -> Result<ObservedHost, HostError> {
    let nonce = observe::nonce();
    let question = probe.question(&nonce, run.options.look_deadline);
    let output = run.hosts.look(name, &question)?;
    observe::parse(name, &nonce, &output.stdout).map_err(|why| garbled(&why, &output))
}

/// The desired state for the version that was observed, or that apt would install.
///
/// # Errors
/// When a template does not render.
pub fn desired_for(run: &Run, name: &HostName, observed: &ObservedHost) -> Result<DesiredHost> {
    let version = match &observed.nut {
        Seen::Is(version) => Some(*version),
        _ => observed
            .candidate
            .as_deref()
            .and_then(|text| NutVersion::parse(text).ok()),
    };
    Ok(run.desired(name, version)?)
}

/// An answer that cannot be read, with the host's own last words.
pub fn garbled(why: &str, output: &Output) -> HostError {
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = stderr
        .lines()
        .rev()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    HostError::Garbled {
        detail: format!(
            "{why} (exit status {}){}{last}",
            output.status,
            if last.is_empty() { "" } else { ": " }
        ),
    }
}

/// Whether upsctl writes to a host of this platform.
pub fn is_managed(platform: Platform) -> bool {
    platform == Platform::Debian
}
