//! Findings as workflow commands that GitHub shows beside the lines of a pull request.

use super::wrap;
use crate::model::finding::{Finding, Place, Severity};

/// One annotation line for each finding, in the order given.
pub fn annotations(findings: &[Finding]) -> String {
    findings
        .iter()
        .map(|finding| annotation(finding) + "\n")
        .collect()
}

fn annotation(finding: &Finding) -> String {
    let command = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = finding.place.as_ref();
    let mut properties = String::new();
    if let Some(place) = place.filter(|place| is_in_repository(place)) {
        properties = format!(
            "file={},line={},col={},",
            property(&place.file),
            place.line,
            place.column
        );
    }
    let message = message(finding);
    format!(
        "::{command} {properties}title={}::{}",
        property(finding.rule),
        data(&message)
    )
}

/// A file of a host, or one that was rendered, is nothing GitHub could show a line of.
fn is_in_repository(place: &Place) -> bool {
    !place.file.starts_with("rendered ") && !place.file.contains(":/")
}

fn message(finding: &Finding) -> String {
    let mut text = match &finding.host {
        Some(host) => format!("{host}: {}", finding.saw),
        None => finding.saw.clone(),
    };
    if let Some(place) = finding
        .place
        .as_ref()
        .filter(|place| !is_in_repository(place))
    {
        text += &format!(" ({}:{}:{})", place.file, place.line, place.column);
    }
    for (label, part) in [("why: ", &finding.why), ("fix: ", &finding.fix)] {
        if let Some(part) = part {
            text.push('\n');
            wrap::labelled(&mut text, 0, label, part, usize::MAX);
        }
    }
    text.lines()
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

/// Escapes as the runner's `toCommandValue` expects it.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The same for a property, which `:` and `,` would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::name::HostName;

    fn place(file: &str) -> Place {
        Place {
            file: file.into(),
            line: 3,
            column: 5,
            source: None,
            width: 1,
        }
    }

    #[test]
    fn annotates_the_line_of_the_inventory() {
        let finding = Finding::new("user-unknown", Severity::Error, "no user `x`")
            .at(place("inventory/site.toml"))
            .why("upsd refuses\nthe login")
            .fix("add it:\n\n    [users.x]");
        assert_eq!(
            annotations(&[finding]),
            "::error file=inventory/site.toml,line=3,col=5,title=user-unknown::no user `x`%0A\
             why: upsd refuses the login%0Afix: add it:%0A       [users.x]\n"
        );
    }

    #[test]
    fn nothing_in_a_finding_can_end_or_forge_a_command() {
        let finding = Finding::new("a-rule", Severity::Warning, "100%\n::error\r::forged")
            .at(place("a,b:c%.toml"));
        assert_eq!(
            annotations(&[finding]),
            "::warning file=a%2Cb%3Ac%25.toml,line=3,col=5,title=a-rule::\
             100%25%0A::error%0D::forged\n"
        );
    }

    #[test]
    fn files_outside_the_repository_are_named_in_the_message() {
        let host = HostName::new("pve").unwrap();
        let remote = Finding::new("r", Severity::Note, "odd")
            .at(place("pve:/etc/nut/ups.conf"))
            .on(&host);
        let rendered = Finding::new("r", Severity::Note, "odd").at(place("rendered pve/ups.conf"));
        assert_eq!(
            annotations(&[remote, rendered]),
            "::notice title=r::pve: odd (pve:/etc/nut/ups.conf:3:5)\n\
             ::notice title=r::odd (rendered pve/ups.conf:3:5)\n"
        );
    }
}
