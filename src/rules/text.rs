//! Rule texts: Markdown with `{{ name }}` places.

/// The sections every rule text has, in this order.
pub const HEADINGS: [&str; 3] = ["What we looked at", "Why it matters", "How to fix"];

/// The section that a rule of `doctor` has beside [`HEADINGS`].
pub const CHECK: &str = "How to check";

/// The first line, without `# `.
pub fn title(text: &str) -> &str {
    text.lines()
        .next()
        .unwrap_or_default()
        .trim_start_matches("# ")
}

/// The body under `## HEADING`, trimmed; empty when there is none (a test forbids that).
pub fn section<'a>(text: &'a str, heading: &str) -> &'a str {
    let start = text
        .match_indices("## ")
        .find(|(at, _)| text[at + 3..].lines().next() == Some(heading));
    let Some((at, _)) = start else { return "" };
    let body = text[at..].split_once('\n').map_or("", |(_, rest)| rest);
    body.split("\n## ").next().unwrap_or_default().trim()
}

/// The text with each `{{ name }}` replaced. A name without a value stays, which a test forbids.
pub fn fill(text: &str, values: &[(&str, &str)]) -> String {
    values.iter().fold(text.to_string(), |text, (name, value)| {
        text.replace(&format!("{{{{ {name} }}}}"), value)
    })
}

/// The text for somebody without a finding: each `{{ name }}` as `NAME`.
pub fn shown(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{ ") {
        out.push_str(before);
        let Some((name, after)) = after.split_once(" }}") else {
            out.push_str("{{ ");
            rest = after;
            continue;
        };
        out.push_str(&name.to_ascii_uppercase());
        rest = after;
    }
    out + rest
}
