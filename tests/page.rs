//! The page of `upsctl timeline --html` in a real browser: it is drawn, nothing overlaps or sticks out
//! on a phone or a desk, and every host has its bar.
#![allow(clippy::print_stderr)]

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// Names as long as they may be, and a description that is markup.
const SITE: &str = r#"
[ups.ups]
host = "pve"
driver = "usbhid-ups"
desc = "</title><script>document.title='owned'</script>"
options = { ignorelb = true, "override.battery.runtime.low" = 300 }

[ups.second-ups-in-the-other-rack]
host = "pve-of-the-second-rack.example.org"
driver = "nutdrv_qx"

[hosts.pve]
address = "192.0.2.10"
shutdown_takes = "2m"

[hosts."pve-of-the-second-rack.example.org"]
address = "192.0.2.11"

[hosts.a-client-with-a-name-of-more-than-thirty-letters]
address = "192.0.2.12"
powered_by = ["ups", "second-ups-in-the-other-rack"]
shutdown_takes = "90s"

[hosts.truenas]
address = "192.0.2.13"
platform = "truenas"
powered_by = ["ups"]

[secrets]
password = { literal = "pagecanary1" }
"#;

const HOSTS: [&str; 4] = [
    "pve",
    "pve-of-the-second-rack.example.org",
    "a-client-with-a-name-of-more-than-thirty-letters",
    "truenas",
];

/// Looks at the page as it is drawn, and leaves what it saw in it.
const MEASURE: &str = r#"<script>
const seen = [];
const box = e => e.getBoundingClientRect();
const shown = e => box(e).width > 0 && box(e).height > 0;
const apart = (a, b) => a.right <= b.left + .5 || b.right <= a.left + .5 || a.bottom <= b.top + .5 || b.bottom <= a.top + .5;
const all = s => [...document.querySelectorAll(s)].filter(shown);
const wide = window.innerWidth;
if (document.documentElement.scrollWidth > wide) seen.push('the page is wider than the window');
for (const e of all('body *')) if (box(e).right > wide + .5 || box(e).left < -.5) seen.push('sticks out: ' + e.tagName + '.' + e.getAttribute('class') + ' ' + e.textContent.slice(0, 30));
for (const group of ['.axis span', '.row', 'h1, h2, main p, dt, dd, .row .name, .row > svg, .axis, .battery svg, .map', '.map rect', '.map text', '.legend li']) {
  const list = all(group);
  list.forEach((a, i) => list.slice(i + 1).forEach(b => {
    if (!a.contains(b) && !b.contains(a) && !apart(box(a), box(b))) seen.push('overlap: ' + group + ': ' + a.textContent.slice(0, 20) + ' / ' + b.textContent.slice(0, 20));
  }));
}
for (const g of all('.map g')) for (const t of g.querySelectorAll('text')) {
  const r = box(g.querySelector('rect'));
  if (box(t).right > r.right || box(t).bottom > r.bottom) seen.push('text leaves its box: ' + t.textContent);
}
const bars = all('.row').map(r => r.dataset.name + (all('rect').some(x => r.contains(x)) ? '' : ' EMPTY'));
const out = document.createElement('pre');
out.id = 'measured';
out.textContent = JSON.stringify({ wide, title: document.title, seen, bars, scripts: document.scripts.length });
parent.document.body.appendChild(out);
</script></body>"#;

fn chromium() -> Option<&'static str> {
    let found = ["chromium", "chromium-browser", "google-chrome"]
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok());
    assert!(
        found.is_some() || std::env::var("CI").as_deref() != Ok("true"),
        "no chromium: scripts/deps.sh installs it"
    );
    if found.is_none() {
        eprintln!("SKIPPED, NOTHING WAS TESTED: no chromium; scripts/deps.sh installs it");
    }
    found
}

fn page(folder: &Path) -> String {
    let site = folder.join("site.toml");
    fs::write(&site, SITE).unwrap();
    let html = folder.join("page.html");
    let output = Command::new(env!("CARGO_BIN_EXE_upsctl"))
        .args(["timeline", "--desired", "--html"])
        .arg(&html)
        .arg("-i")
        .arg(&site)
        .output()
        .unwrap();
    let code = output.status.code();
    assert!(
        matches!(code, Some(0 | 3)),
        "{code:?} {}",
        String::from_utf8_lossy(&output.stderr)
    );
    let text = fs::read_to_string(html).unwrap();
    assert!(!text.contains("pagecanary1") && !text.contains("<script"));
    text
}

fn measured(browser: &str, folder: &Path, html: &str, width: u32) -> serde_json::Value {
    let with_script = html
        .replace("default-src 'none'; ", "script-src 'unsafe-inline'; ")
        .replace("</body>", MEASURE);
    let file = folder.join(format!("measured-{width}.html"));
    // A window of a browser is never as narrow as a phone; a frame is.
    let inner = with_script.replace('&', "&amp;").replace('"', "&quot;");
    let frame = format!(
        "<!doctype html><body style=\"margin:0\"><iframe width=\"{width}\" height=\"9000\" style=\"border:0\" srcdoc=\"{inner}\"></iframe></body>"
    );
    fs::write(&file, frame).unwrap();
    let output = Command::new(browser)
        .args([
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--hide-scrollbars",
            "--timeout=20000",
            "--dump-dom",
        ])
        .arg(format!("--window-size={},1000", width.max(800) + 20))
        .arg(format!(
            "--user-data-dir={}",
            folder.join(format!("profile-{width}")).display()
        ))
        .arg(format!("file://{}", file.display()))
        .output()
        .unwrap();
    let dom = String::from_utf8_lossy(&output.stdout).into_owned();
    let said = dom
        .split_once("<pre id=\"measured\">")
        .and_then(|(_, rest)| rest.split_once("</pre>"));
    let (json, _) = said.unwrap_or_else(|| {
        panic!(
            "nothing was measured: {}",
            String::from_utf8_lossy(&output.stderr)
        )
    });
    let json = json
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    serde_json::from_str(&json).unwrap()
}

#[test]
fn the_page_is_drawn_well_on_a_phone_and_on_a_desk() {
    let Some(browser) = chromium() else { return };
    let folder = TempDir::new().unwrap();
    let html = page(folder.path());
    for width in [360, 1280] {
        let seen = measured(browser, folder.path(), &html, width);
        assert_eq!(seen["wide"], width);
        assert_eq!(seen["seen"], serde_json::json!([]), "at {width} px");
        assert_eq!(seen["title"], "When mains fail");
        let bars = seen["bars"].to_string();
        for host in HOSTS {
            assert!(
                bars.contains(&format!("\"{host}\"")),
                "{host} at {width} px: {bars}"
            );
        }
        // Only the one that measures.
        assert_eq!(seen["scripts"], 1);
    }
}

/// The control: what sticks out and what overlaps is seen.
#[test]
fn a_bad_page_is_seen() {
    let Some(browser) = chromium() else { return };
    let folder = TempDir::new().unwrap();
    let html = page(folder.path()).replace(
        "</main>",
        "<p style=\"width:5000px\">wide</p><p style=\"margin-top:-60px\">over</p></main>",
    );
    let seen = measured(browser, folder.path(), &html, 360)["seen"].to_string();
    assert!(
        seen.contains("sticks out") && seen.contains("overlap"),
        "{seen}"
    );
}
