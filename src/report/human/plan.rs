//! The steps for a host, before and after.

use super::Page;
use super::words::{and, count, does};
use super::{diff, finding};
use crate::model::finding::Finding;
use crate::model::plan::{FileChange, FileStep, HostPlan, SettingStep, UnitAction, UnitStep};
use crate::report::paint::{CHANGE, FAINT, HOST, clean, paint};
use crate::report::wrap::labelled;

/// More names than this are counted.
const NAMED: usize = 4;

/// `1 new file, 2 files change, 2 units restart`; nothing for an empty plan.
pub(super) fn counts(plan: &HostPlan) -> String {
    let mut parts = Vec::new();
    if !plan.install.is_empty() {
        parts.push(format!(
            "{} to install",
            count(plan.install.len(), "package")
        ));
    }
    let new = plan
        .files
        .iter()
        .filter(|step| step.change == FileChange::Create)
        .count();
    if new > 0 {
        parts.push(count(new, "new file"));
    }
    if plan.files.len() > new {
        parts.push(does(plan.files.len() - new, "file", "change"));
    }
    if !plan.settings.is_empty() {
        parts.push(does(plan.settings.len(), "setting", "change"));
    }
    for (action, verb) in [
        (UnitAction::Restart, "restart"),
        (UnitAction::Reload, "reload"),
        (UnitAction::Start, "start"),
        (UnitAction::Stop, "stop"),
    ] {
        let n = acted(plan, action).count();
        if n > 0 {
            parts.push(does(n, "unit", verb));
        }
    }
    let enabled = acted(plan, UnitAction::Enable).count();
    if enabled > 0 {
        parts.push(format!("{} to enable", count(enabled, "unit")));
    }
    if parts.is_empty() && acted(plan, UnitAction::Enumerate).next().is_some() {
        parts.push("driver units are set up anew".into());
    }
    parts.join(", ")
}

fn acted(plan: &HostPlan, action: UnitAction) -> impl Iterator<Item = &UnitStep> {
    plan.units.iter().filter(move |step| step.action == action)
}

/// `3 files, nut-server and nut-monitor restarted, proven`.
pub(super) fn done(plan: &HostPlan, proof: &str) -> String {
    let mut parts = Vec::new();
    if !plan.install.is_empty() {
        parts.push(format!("{} installed", and(&plan.install)));
    }
    if !plan.files.is_empty() {
        parts.push(count(plan.files.len(), "file"));
    }
    if !plan.settings.is_empty() {
        parts.push(count(plan.settings.len(), "setting"));
    }
    for (action, past) in [
        (UnitAction::Restart, "restarted"),
        (UnitAction::Reload, "reloaded"),
        (UnitAction::Start, "started"),
        (UnitAction::Stop, "stopped"),
        (UnitAction::Enable, "enabled"),
        (UnitAction::Unmask, "unmasked"),
    ] {
        let names: Vec<String> = acted(plan, action)
            .map(|step| step.unit.trim_end_matches(".service").to_string())
            .collect();
        match names.len() {
            0 => {}
            n if n > NAMED => parts.push(format!("{} {past}", count(n, "unit"))),
            _ => parts.push(format!("{} {past}", and(&names))),
        }
    }
    parts.push(proof.into());
    parts.join(", ")
}

/// Packages, files with their differences, units with their reasons, and what is left alone.
pub(super) fn steps(plan: &HostPlan, page: &Page) -> String {
    let mut parts = Vec::new();
    if !plan.install.is_empty() {
        parts.push(format!("  install {}\n", plan.install.join(", ")));
    }
    parts.extend(plan.files.iter().map(|step| file(step, page.verbose())));
    if !plan.settings.is_empty() {
        parts.push(settings(&plan.settings));
    }
    if !plan.units.is_empty() {
        parts.push(units(&plan.units));
    }
    if !plan.warnings.is_empty() {
        let found: Vec<&Finding> = plan.warnings.iter().collect();
        parts.push(finding::list(&found, page));
    }
    if !plan.present.is_empty() && page.verbose() {
        let found: Vec<&Finding> = plan.present.iter().collect();
        parts.push(format!(
            "  in the files that are there now:\n{}",
            finding::list(&found, page)
        ));
    }
    if !plan.unmanaged.is_empty() && !page.quiet() {
        let mut notes = String::new();
        for file in &plan.unmanaged {
            let text = format!("{} is {}", file.path, file.note);
            labelled(&mut notes, 2, "note: ", &text, page.width);
        }
        parts.push(notes);
    }
    parts.join("\n")
}

/// The fields of a TrueNAS, one a line.
fn settings(steps: &[SettingStep]) -> String {
    let names = steps.iter().map(|step| step.field.chars().count());
    let names = names.max().unwrap_or(0);
    let line = |step: &SettingStep| {
        let name = paint(CHANGE, &format!("{:names$}", clean(&step.field)));
        format!("  {name}  {} -> {}\n", clean(&step.old), clean(&step.new))
    };
    steps.iter().map(line).collect()
}

fn file(step: &FileStep, whole: bool) -> String {
    let mut out = format!(
        "  {}  {}\n",
        paint(HOST, &clean(&step.path)),
        paint(FAINT, &format!("({})", clean(&what(step))))
    );
    match step.change {
        FileChange::Create => out.push_str(&diff::whole(&step.new)),
        FileChange::Content => out.push_str(&diff::unified(&step.old, &step.new, whole)),
        FileChange::Meta => {}
        FileChange::Remove => out.push_str(&diff::unified(&step.old, "", whole)),
    }
    for note in &step.passwords {
        out.push_str(&format!(
            "    {}\n",
            paint(CHANGE, &clean(&note.to_string()))
        ));
    }
    out
}

fn what(step: &FileStep) -> String {
    let meta = || {
        let old = step.old_meta.as_deref().unwrap_or("other");
        format!("owner and mode: {old} -> {}", step.new_meta)
    };
    match (step.change, &step.old_meta) {
        (FileChange::Create, _) => format!("new file, {}", step.new_meta),
        (FileChange::Meta, _) => meta(),
        (FileChange::Remove, _) => "removed".into(),
        (FileChange::Content, None) => "content".into(),
        (FileChange::Content, Some(_)) => format!("content; {}", meta()),
    }
}

fn units(steps: &[UnitStep]) -> String {
    let widest = |of: fn(&UnitStep) -> usize| steps.iter().map(of).max().unwrap_or(0);
    let verbs = widest(|step| verb(step.action).len());
    let names = widest(|step| step.unit.chars().count());
    steps
        .iter()
        .map(|step| {
            let verb = format!("{:verbs$}", verb(step.action));
            let line = if step.because.is_empty() {
                format!("  {} {}", paint(CHANGE, &verb), clean(&step.unit))
            } else {
                format!(
                    "  {} {:names$}  because {}",
                    paint(CHANGE, &verb),
                    clean(&step.unit),
                    clean(&step.because.join("; "))
                )
            };
            line + "\n"
        })
        .collect()
}

fn verb(action: UnitAction) -> &'static str {
    match action {
        UnitAction::Enable => "enable",
        UnitAction::Unmask => "unmask",
        // The enumerator is a unit that does its work once, at each start.
        UnitAction::Enumerate => "run",
        UnitAction::Reload => "reload",
        UnitAction::Restart => "restart",
        UnitAction::Start => "start",
        UnitAction::Stop => "stop",
    }
}
