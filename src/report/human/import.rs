//! What `import` made of hosts.

use super::Page;
use super::words::count;
use crate::model::import::{Fate, ImportNote};
use crate::model::name::HostName;
use crate::report::paint::{BAD, CHANGE, FAINT, HOST, NOTE, clean, paint};
use crate::report::wrap::hanging;

/// Everything there is to say.
#[derive(Debug, Clone)]
pub struct ImportSummary {
    pub hosts: Vec<HostName>,
    /// The hosts that gave nothing, and why.
    pub failed: Vec<(HostName, String)>,
    /// The files of the inventory that were written.
    pub wrote: Vec<String>,
    /// How many passwords were kept, and whether a command took them.
    pub secrets: usize,
    pub stored: bool,
    pub notes: Vec<ImportNote>,
}

/// The text for people: what cannot be carried first.
pub fn imported(summary: &ImportSummary, page: &Page) -> String {
    let mut out = String::new();
    for host in &summary.hosts {
        let notes: Vec<&ImportNote> = summary.notes.iter().filter(|n| n.host == *host).collect();
        let changes = notes.iter().filter(|n| n.fate == Fate::Changes).count();
        let how = match changes {
            0 => "read; a deploy changes nothing that matters".to_string(),
            many => format!("read; {} cannot be carried", count(many, "thing")),
        };
        out += &format!("{}  {how}\n", paint(HOST, host.as_str()));
        for note in notes {
            line(&mut out, note, page);
        }
    }
    for (host, why) in &summary.failed {
        out += &format!(
            "{}  {}: {}\n",
            paint(HOST, host.as_str()),
            paint(BAD, "left out"),
            clean(why)
        );
    }
    out.push('\n');
    for file in &summary.wrote {
        out += &format!("wrote {}\n", clean(file));
    }
    let kept = count(summary.secrets, "password");
    if summary.secrets > 0 {
        out += &match summary.stored {
            true => format!("handed over {kept}\n"),
            false => format!("wrote {kept} to secrets/ beside it, which git leaves out\n"),
        };
    }
    out += "No host was changed. Look at what is marked with `?`, then run `upsctl check` and `upsctl diff`.\n";
    out
}

fn line(out: &mut String, note: &ImportNote, page: &Page) {
    let (style, word) = match note.fate {
        Fate::Changes => (CHANGE, "changes"),
        Fate::Stays => (NOTE, "stays"),
        Fate::Note => (NOTE, "note"),
        Fate::Form => (FAINT, "form"),
    };
    let place = match (note.file.as_str(), note.line) {
        ("", _) => String::new(),
        (file, Some(line)) => format!("{file}:{line}: "),
        (file, None) => format!("{file}: "),
    };
    let saw = match note.saw.as_str() {
        "" => String::new(),
        saw => format!("{} ", clean(saw)),
    };
    let first = format!("  {} ", paint(style, &format!("{word:<7}")));
    let text = format!("{}{saw}{}", clean(&place), clean(&note.why));
    hanging(out, &first, 10, &text, page.width);
}
