//! Back to an earlier state of one host, planned, shown, applied and proven like a deploy.

use std::collections::BTreeMap;

use anyhow::Result;

use super::Run;
use super::deploy::{Confirm, Planned, outcome};
use super::look::{Looked, Looks, Purpose};
use crate::apply::history::{self, RollbackTarget};
use crate::host::Change;
use crate::model::desired::{
    CONFIG_DIR, DesiredHost, Expect, ExpectedMonitor, ExpectedUps, HostRole, ListenAddress,
};
use crate::model::history::{Backup, History};
use crate::model::inventory::Platform;
use crate::model::masking;
use crate::model::name::HostName;
use crate::model::observed::{FileKind, ObservedHost, Seen};
use crate::model::outcome::{HostError, HostOutcome, HostResult};
use crate::model::plan::{Before, FileChange, FileStep};
use crate::model::secret::SecretStore;
use crate::model::text::Text;
use crate::nut::directive::File;
use crate::nut::files::{NutConf, Role, UpsConf, UpsdConf, UpsmonConf};
use crate::nut::ups_name::UpsName;
use crate::nut::version::NutVersion;
use crate::observe;
use crate::plan;
use crate::truenas;

/// What a host remembers of earlier deploys.
///
/// # Errors
/// What went wrong on the way to it.
pub fn history(run: &Run, name: &HostName) -> Result<History, HostError> {
    ask(run, name, RollbackTarget::List)
}

fn ask(run: &Run, name: &HostName, target: RollbackTarget<'_>) -> Result<History, HostError> {
    let nonce = observe::nonce();
    let question = history::question(&nonce, target, run.options.look_deadline);
    let output = run.hosts.look(name, &question)?;
    output.read(|answer| history::parse(&nonce, answer))
}

/// What `rollback` would do, without doing it.
///
/// # Errors
/// When the host cannot be looked at for a reason of this machine.
pub fn preview(run: &Run, name: &HostName, target: RollbackTarget<'_>) -> Result<HostOutcome> {
    let only = std::slice::from_ref(name);
    let mut looked = run.looker().look(only, Purpose::Plan)?;
    let result = planned(run, name, &mut looked, target)
        .map_or_else(|result| result, |planned| pending(&planned));
    Ok(outcome(name, result))
}

/// Undoes a deploy and all later ones: puts back the files as they were before it.
///
/// # Errors
/// When the host cannot be looked at for a reason of this machine, or `confirm` cannot ask.
pub fn rollback(
    run: &Run,
    hosts: &dyn Change,
    name: &HostName,
    target: RollbackTarget<'_>,
    confirm: &Confirm<'_>,
) -> Result<HostOutcome> {
    let (looker, writer) = (run.looker(), run.writer(hosts));
    let only = std::slice::from_ref(name);
    let mut looked = looker.look(only, Purpose::Plan)?;
    run.interrupt.hold();
    writer.heal(&looker, only, &mut looked);
    let planned = match planned(run, name, &mut looked, target) {
        Ok(planned) => planned,
        Err(result) => return Ok(outcome(name, result)),
    };
    let preview = outcome(name, pending(&planned));
    if run.interrupt.heard() || !confirm(std::slice::from_ref(&preview))? {
        let reason = match run.interrupt.heard() {
            true => "interrupted",
            false => "not confirmed",
        };
        let reason = reason.into();
        return Ok(outcome(name, HostResult::Skipped { reason }));
    }
    run.progress.begin(name, "putting back");
    let result = writer.while_telling(name.as_str(), || {
        writer.transact(name, planned, &BTreeMap::new())
    });
    run.progress.end(name, "done");
    Ok(outcome(name, result))
}

/// The steps back, or why there are none.
fn planned(
    run: &Run,
    name: &HostName,
    looked: &mut Looks,
    target: RollbackTarget<'_>,
) -> Result<Planned, HostResult> {
    let failed = |error| HostResult::Failed { error };
    let host = match looked.remove(name) {
        Some(host) => host.map_err(failed)?,
        None => {
            return Err(HostResult::Skipped {
                reason: "it was not looked at".into(),
            });
        }
    };
    let history = ask(run, name, target).map_err(failed)?;
    if let Some(result) = no_way_back(name, target, &history) {
        return Err(result);
    }
    if host.desired.is_truenas() {
        return planned_settings(host, history);
    }
    let files = steps(&run.secrets, &host.observed, &history.backups);
    let (desired, prove) = desired(name, &host.observed, &history.backups);
    let mut plan = plan::of_files(&desired, &host.observed, files, run.options.policy);
    plan.blocked.extend(plan::unfinished(&host.observed));
    if !plan.blocked.is_empty() {
        let plan = Box::new(plan);
        return Err(HostResult::Blocked { plan });
    }
    if plan.files.is_empty() {
        let findings = Vec::new();
        return Err(HostResult::InSync { findings });
    }
    Ok(Planned {
        looked: Looked { desired, ..host },
        plan,
        prove,
        undoes: history.target,
    })
}

/// The same for a TrueNAS. Its old configuration need not be the inventory's: that it stands again
/// is read back on the box, and no login is asked for.
fn planned_settings(host: Looked, history: History) -> Result<Planned, HostResult> {
    let kept = history.settings.unwrap_or_default();
    let mut plan = truenas::back(&host.desired, &host.observed, &kept);
    plan.blocked.extend(plan::unfinished(&host.observed));
    if !plan.blocked.is_empty() {
        let plan = Box::new(plan);
        return Err(HostResult::Blocked { plan });
    }
    if plan.in_sync() {
        let findings = Vec::new();
        return Err(HostResult::InSync { findings });
    }
    Ok(Planned {
        looked: host,
        plan,
        prove: false,
        undoes: history.target,
    })
}

fn pending(planned: &Planned) -> HostResult {
    HostResult::Pending {
        plan: Box::new(planned.plan.clone()),
    }
}

fn no_way_back(
    name: &HostName,
    target: RollbackTarget<'_>,
    history: &History,
) -> Option<HostResult> {
    let refused = |reason: String| {
        Some(HostResult::Refused {
            reason,
            hint: format!("`upsctl history {name}` lists what there is"),
        })
    };
    match target {
        RollbackTarget::Id(id) if !history.entries.iter().any(|entry| entry.id == id) => {
            refused(format!("{name} remembers no deploy {id}"))
        }
        RollbackTarget::Id(id)
            if history
                .entries
                .iter()
                .any(|entry| entry.id == id && entry.state != "confirmed") =>
        {
            refused(format!(
                "deploy {id} changed nothing that stayed: there is nothing to undo"
            ))
        }
        _ if history.backups.is_empty() && history.settings.is_none() => {
            refused(format!("{name} remembers no deploy that could be undone"))
        }
        _ => None,
    }
}

/// A step for each file that is not as it was.
fn steps(
    secrets: &SecretStore,
    observed: &ObservedHost,
    backups: &BTreeMap<File, Option<Backup>>,
) -> Vec<FileStep> {
    backups
        .iter()
        .filter_map(|(&file, backup)| {
            let have = match observed.files.get(&file) {
                Some(Seen::Is(have)) if have.meta.kind == FileKind::File => Some(have),
                Some(Seen::Absent) => None,
                // Refused by the gate.
                _ => return None,
            };
            let shown = |text: &str| masking::file(file, text, secrets);
            let meta = have.map(|have| plan::meta_text(&have.meta));
            let change = match (have, backup) {
                (None, None) => return None,
                (Some(_), None) => FileChange::Remove,
                (None, Some(_)) => FileChange::Create,
                (Some(have), Some(old)) if have.content == old.content => {
                    if meta.as_deref() == Some(old.meta.as_str()) {
                        return None;
                    }
                    FileChange::Meta
                }
                (Some(_), Some(_)) => FileChange::Content,
            };
            let new_meta = backup
                .as_ref()
                .map_or_else(|| "-".into(), |old| old.meta.clone());
            Some(FileStep {
                file,
                path: format!("{CONFIG_DIR}/{file}"),
                change,
                before: match have {
                    Some(have) => Before::File {
                        digest: have.digest.clone(),
                        meta: meta.clone().unwrap_or_default(),
                    },
                    None => Before::Absent,
                },
                content: backup
                    .as_ref()
                    .map_or_else(Text::default, |old| Text::sealed(old.content.clone())),
                old: have.map_or_else(String::new, |have| shown(have.content.expose())),
                new: backup
                    .as_ref()
                    .map_or_else(String::new, |old| shown(old.content.expose())),
                old_meta: meta.filter(|meta| *meta != new_meta && backup.is_some()),
                new_meta,
                passwords: Vec::new(),
            })
        })
        .collect()
}

/// What the old files ask for, and whether there is anything to prove: with MODE=none nothing runs.
fn desired(
    name: &HostName,
    observed: &ObservedHost,
    backups: &BTreeMap<File, Option<Backup>>,
) -> (DesiredHost, bool) {
    let text = |file: File| match backups.get(&file) {
        Some(Some(backup)) => backup.content.expose().to_string(),
        Some(None) => String::new(),
        None => observed
            .files
            .get(&file)
            .and_then(Seen::is)
            .map_or_else(String::new, |have| have.content.expose().to_string()),
    };
    let mode = NutConf::parse(text(File::Nut).as_bytes())
        .mode()
        .unwrap_or("none")
        .to_string();
    let role = match mode.as_str() {
        "netserver" => HostRole::Server { clients: true },
        "netclient" => HostRole::Client,
        // With MODE=none everything is stopped, the drivers too.
        _ => HostRole::Server { clients: false },
    };
    let monitors = monitors(name, &text(File::Upsmon));
    let expect = Expect {
        ups: if role.is_server() {
            served(&text(File::Ups), &monitors)
        } else {
            Vec::new()
        },
        listen: if role.is_server() {
            listen(&text(File::Upsd))
        } else {
            Vec::new()
        },
        monitors,
        clients: Vec::new(),
    };
    let desired = DesiredHost {
        name: name.clone(),
        platform: Platform::Debian,
        role,
        nut: observed.nut.is().copied().unwrap_or(NutVersion::V2_8_0),
        files: BTreeMap::new(),
        truenas: None,
        expect,
    };
    (
        desired,
        matches!(mode.as_str(), "netserver" | "standalone" | "netclient"),
    )
}

fn monitors(name: &HostName, text: &str) -> Vec<ExpectedMonitor> {
    UpsmonConf::parse(text.as_bytes())
        .monitors
        .iter()
        .filter_map(|monitor| {
            Some(ExpectedMonitor {
                ups: UpsName::new(monitor.ups()?).ok()?,
                server: name.clone(),
                system: monitor.system.value.clone(),
                user: monitor.user.value.clone(),
                primary: monitor.role() == Role::Primary,
                power_value: 1,
            })
        })
        .collect()
}

fn served(text: &str, monitors: &[ExpectedMonitor]) -> Vec<ExpectedUps> {
    UpsConf::parse(text.as_bytes())
        .sections
        .iter()
        .filter_map(|section| {
            let name = UpsName::new(&section.name).ok()?;
            let own = monitors
                .iter()
                .find(|monitor| monitor.primary && monitor.ups == name);
            Some(ExpectedUps {
                system: own.map_or_else(
                    || format!("{name}@127.0.0.1"),
                    |monitor| monitor.system.clone(),
                ),
                driver: section.driver().unwrap_or_default().to_string(),
                usb: None,
                name,
            })
        })
        .collect()
}

fn listen(text: &str) -> Vec<ListenAddress> {
    UpsdConf::parse(text.as_bytes())
        .listens
        .iter()
        .map(|listen| ListenAddress {
            address: listen.address.value.clone(),
            port: listen.port().unwrap_or(crate::nut::ups_name::PORT),
        })
        .collect()
}
