//! The frame of the probe's answer: header lines with a nonce, raw bytes between them.

use std::collections::BTreeMap;

/// One section's bytes and, where it ran a command, that command's exit status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSection {
    pub bytes: Vec<u8>,
    /// 0 where nothing was run.
    pub status: i32,
}

impl AnswerSection {
    /// The bytes as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

/// Splits an answer into its sections, by name.
///
/// # Errors
/// When the answer has no `end` section: it was cut off, or it is no answer of the probe.
pub fn split(nonce: &str, answer: &[u8]) -> Result<BTreeMap<String, AnswerSection>, String> {
    let marker = format!("\n--{nonce} ").into_bytes();
    let mut sections: BTreeMap<String, AnswerSection> = BTreeMap::new();
    let mut open = String::new();
    let mut whole = false;
    let mut starts = find_all(answer, &marker).peekable();
    while let Some(start) = starts.next() {
        let head_at = start + marker.len();
        let head_end = answer[head_at..]
            .iter()
            .position(|&b| b == b'\n')
            .map_or(answer.len(), |n| head_at + n);
        let head = String::from_utf8_lossy(&answer[head_at..head_end]).into_owned();
        let body_end = starts.peek().copied().unwrap_or(answer.len());
        let body = answer.get(head_end + 1..body_end).unwrap_or_default();
        if let Some(status) = head.strip_prefix("status ") {
            if let Some(section) = sections.get_mut(&open) {
                section.status = status.trim().parse().unwrap_or(-1);
            }
            continue;
        }
        whole |= head == "end";
        open.clone_from(&head);
        sections.insert(
            head,
            AnswerSection {
                bytes: body.to_vec(),
                status: 0,
            },
        );
    }
    if whole {
        Ok(sections)
    } else {
        Err("the host's answer was cut off".into())
    }
}

fn find_all<'a>(hay: &'a [u8], needle: &'a [u8]) -> impl Iterator<Item = usize> + 'a {
    hay.windows(needle.len())
        .enumerate()
        .filter(move |(_, window)| *window == needle)
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_bytes_exactly_and_takes_the_status() {
        let answer = b"noise\n--n file x\nab\n\n--n status 3\n\n--n end\n";
        let sections = split("n", answer).unwrap();
        assert_eq!(
            sections["file x"],
            AnswerSection {
                bytes: b"ab\n".to_vec(),
                status: 3
            }
        );
    }

    #[test]
    fn a_file_without_last_line_end_is_told_from_one_with() {
        let sections = split("n", b"\n--n a\nx\n--n b\nx\n\n--n end\n").unwrap();
        assert_eq!(sections["a"].bytes, b"x");
        assert_eq!(sections["b"].bytes, b"x\n");
    }

    #[test]
    fn content_cannot_forge_a_section() {
        let sections = split("n", b"\n--n a\n\n--m end\nx\n--n end\n").unwrap();
        assert_eq!(sections["a"].bytes, b"\n--m end\nx");
    }

    #[test]
    fn an_answer_without_its_end_is_refused() {
        assert!(split("n", b"\n--n a\nx").is_err());
    }
}
