//! Applies the rules in the order of the chain, skips what depends on a broken link, and fills the
//! texts of what was found.

use std::collections::BTreeSet;

use super::needs::Broken;
use super::says::{Bad, Says};
use super::subject::{Subject, subjects};
use super::{DoctorRule, Symptom, all, commands, power};
use crate::model::bundle::Bundle;
use crate::model::name::HostName;
use crate::model::verdict::{Checked, Diagnosis, Link, UNREACHED, Verdict};
use crate::rules::{text, timeline};
use crate::site::{ParsedHost, ParsedSite};
use crate::time::Trouble;

pub(super) fn walk(bundles: &[Bundle], symptom: Option<Symptom>, course: &[Trouble]) -> Diagnosis {
    let site = ParsedSite::of_bundles(bundles);
    let mut broken = Broken::default();
    let mut checks = Vec::new();
    let power = power::lines(&site);
    let on_battery = power.iter().any(|line| line.on_battery);
    for rule in all() {
        for subject in subjects(&site, rule.scope) {
            checks.push(check(&site, rule, subject, &mut broken));
        }
    }
    if on_battery {
        checks.iter_mut().for_each(put_off);
    }
    if !checks.iter().any(|check| check.verdict.breaks()) {
        checks.extend(course.iter().filter_map(of_course));
    }
    if let Some(symptom) = symptom {
        narrow(&mut checks, symptom);
    }
    let mut diagnosis = Diagnosis {
        verdict: String::new(),
        meaning: None,
        power,
        checks,
    };
    diagnosis.verdict = sentence(&diagnosis, site.hosts().count());
    diagnosis.meaning = meaning(&site, &diagnosis);
    diagnosis
}

/// Nothing is to be restarted while a UPS is on battery; what to do about that is said where it is said.
fn put_off(checked: &mut Checked) {
    let link = checked.link;
    let finding = checked
        .verdict
        .finding_mut()
        .filter(|_| link != Link::Power);
    let Some(fix) = finding.and_then(|finding| finding.fix.as_mut()) else {
        return;
    };
    let restarts = ["restart", "upsctl deploy", "systemctl start"];
    if restarts.iter().any(|word| fix.contains(word)) {
        *fix = format!("When mains are back. {fix}");
    }
}

/// What goes wrong in the course of an outage, as a check of the last link. What only the worst one
/// brings is the matter of `timeline`.
fn of_course(trouble: &Trouble) -> Option<Checked> {
    let finding = timeline::finding(trouble)?;
    let rule = crate::rules::find(trouble.rule)?;
    if trouble.at_worst {
        return None;
    }
    Some(Checked {
        rule: rule.id,
        title: text::title(rule.text),
        link: Link::Shutdown,
        host: trouble.host.clone(),
        subject: None,
        looked_at: "upsctl timeline".into(),
        check: "`upsctl timeline`".into(),
        commands: commands::of(
            finding.fix.as_deref().unwrap_or_default(),
            &trouble.host,
            &[],
        ),
        repair: None,
        verdict: Verdict::of(finding),
    })
}

/// Keeps the links that a symptom is about, and the broken ones that they depend on.
fn narrow(checks: &mut Vec<Checked>, symptom: Symptom) {
    let within = |check: &Checked| symptom.links().contains(&check.link);
    let roots: BTreeSet<&str> = checks
        .iter()
        .filter(|check| within(check))
        .filter_map(|check| match check.verdict {
            Verdict::Skipped { because } => Some(because),
            _ => None,
        })
        .collect();
    checks.retain(|check| within(check) || check.verdict.breaks() && roots.contains(check.rule));
}

/// One rule on one subject.
fn check(
    site: &ParsedSite<'_>,
    rule: &'static DoctorRule,
    subject: Subject<'_>,
    broken: &mut Broken,
) -> Checked {
    let mut checked = Checked {
        rule: rule.rule.id,
        title: text::title(rule.rule.text),
        link: rule.link,
        host: subject.host().clone(),
        subject: subject.part(),
        verdict: Verdict::Pass,
        looked_at: String::new(),
        check: String::new(),
        commands: Vec::new(),
        repair: None,
    };
    if let Some(because) = broken.before(rule, subject) {
        checked.verdict = Verdict::Skipped { because };
        return checked;
    }
    match subject.ask(rule.scope) {
        None => {}
        Some(Says::Unknown(why)) => checked.verdict = Verdict::Unknown { why },
        Some(Says::Bad(bad)) => fill(site, rule, subject, *bad, &mut checked),
    }
    if checked.verdict.breaks() {
        broken.add(rule.rule.id, subject);
    }
    checked
}

/// Puts the finding with its filled texts into the result.
fn fill(
    site: &ParsedSite<'_>,
    rule: &DoctorRule,
    subject: Subject<'_>,
    bad: Bad,
    checked: &mut Checked,
) {
    let mut all = subject.values();
    // Later values win: what the rule itself says is nearer than the subject's own.
    for value in bad.values {
        all.retain(|(name, _)| *name != value.0);
        all.push(value);
    }
    let values: Vec<(&str, &str)> = all
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    let finding = rule
        .rule
        .finding(bad.saw, &values)
        .on(subject.host())
        .evidence(bad.evidence);
    let section = |heading: &str| text::fill(text::section(rule.rule.text, heading), &values);
    checked.looked_at = section("What we looked at");
    checked.check = section(text::CHECK);
    let others: Vec<HostName> = site.hosts().map(|host| host.name().clone()).collect();
    let fix = finding.fix.as_deref().unwrap_or_default();
    checked.commands = commands::of(fix, subject.host(), &others);
    checked.repair = bad.repair;
    checked.verdict = Verdict::of(finding);
}

/// What the first broken link means if mains fail now.
fn meaning(site: &ParsedSite<'_>, diagnosis: &Diagnosis) -> Option<String> {
    let first = diagnosis.failures().next()?;
    let host = &first.host;
    let watchers = || {
        let server = site.host(host);
        let all = server.into_iter().flat_map(ParsedHost::watchers);
        let names: BTreeSet<&str> = all.map(|watch| watch.host.name().as_str()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        if names.is_empty() {
            host.to_string()
        } else {
            names.join(", ")
        }
    };
    let on_battery = diagnosis.power.iter().any(|line| line.on_battery);
    let said = match first.link {
        Link::Host if UNREACHED.contains(&first.rule) => {
            format!("whether {host} shuts down when mains fail cannot be told")
        }
        Link::Power if on_battery => return None,
        Link::Power => {
            "if mains fail now, the UPS may not carry its load to the end of the shutdown".into()
        }
        Link::Host | Link::Device | Link::Driver | Link::Upsd => format!(
            "if mains fail now, nobody hears of it in time, and the power goes while these run: {}",
            watchers()
        ),
        Link::Listen => "if mains fail now, the hosts that cannot connect do not shut down".into(),
        Link::Network | Link::Upsmon => {
            format!("if mains fail now, {host} does not shut down before the power goes")
        }
        Link::Login => format!("if mains fail now, nobody waits until {host} has shut down"),
        Link::Notification => "if mains fail now, upsmon may end instead of telling anybody".into(),
        Link::Shutdown => {
            format!("if mains fail now, {host} or the UPS is not switched off as it should")
        }
    };
    let now = if on_battery {
        "mains are away:"
    } else {
        "if mains fail now,"
    };
    Some(said.replacen("if mains fail now,", now, 1))
}

fn sentence(diagnosis: &Diagnosis, hosts: usize) -> String {
    let mut failures = diagnosis.failures().peekable();
    let first = failures.next();
    let on_battery = diagnosis.power.iter().any(|line| line.on_battery);
    // That mains are away is no fault: what is broken besides is what one has to know.
    let second =
        failures.next_if(|_| on_battery && first.is_some_and(|one| one.link == Link::Power));
    let more = failures.count();
    let named = |checked: &Checked| {
        checked
            .verdict
            .finding()
            .map_or_else(String::new, |finding| {
                format!("{}: {}", checked.host, finding.saw)
            })
    };
    if let Some(first) = first {
        let named = match second {
            Some(second) => format!("{}; and {}", named(first), named(second)),
            None => named(first),
        };
        return match more {
            0 => named,
            1 => format!("{named} (and one more broken link)"),
            more => format!("{named} (and {more} more broken links)"),
        };
    }
    if let Some(first) = diagnosis.warnings().next() {
        return format!("the chain holds, but {}", named(first));
    }
    let unknown = diagnosis
        .checks
        .iter()
        .filter(|check| matches!(check.verdict, Verdict::Unknown { .. }))
        .count();
    match (hosts, unknown) {
        (0, _) => "there is no host to look at".into(),
        (_, 0) => "the chain is whole, from the UPS to the shutdown command".into(),
        (_, 1) => "nothing is wrong; one thing could not be looked at".into(),
        (_, more) => format!("nothing is wrong; {more} things could not be looked at"),
    }
}
