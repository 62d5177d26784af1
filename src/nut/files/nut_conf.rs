use std::ops::Range;

use super::{Trap, TrapKind, shell};
use crate::nut::conf::{Locator, Position};

/// `nut.conf`: shell assignments, sourced by Debian's wrappers and read by systemd as an
/// EnvironmentFile (nut.conf(5), systemd.exec(5)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NutConf {
    /// The assignments in their order.
    pub assignments: Vec<Assignment>,
    /// What the shell executes, and what shell and systemd read differently.
    pub traps: Vec<Trap>,
}

/// `NAME=value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assignment {
    /// The name.
    pub name: String,
    /// The value as the shell has it, expansions left as they are.
    pub value: String,
    /// Where the name stands.
    pub place: Position,
    /// The bytes of the value, quotes included.
    pub value_span: Range<usize>,
    /// Written with `export`.
    pub exported: bool,
}

impl NutConf {
    /// Reads the bytes of a file.
    pub fn parse(bytes: &[u8]) -> Self {
        let mut reader = Reader {
            source: bytes,
            places: Locator::new(bytes),
            view: Self::default(),
        };
        let mut at = 0;
        while at < bytes.len() {
            at = reader.line(at);
        }
        reader.view
    }

    /// The assignment that counts of a name: the last one. Case counts.
    pub fn get(&self, name: &str) -> Option<&Assignment> {
        self.assignments
            .iter()
            .rev()
            .find(|assignment| assignment.name == name)
    }

    /// The value of MODE.
    pub fn mode(&self) -> Option<&str> {
        self.get("MODE").map(|assignment| assignment.value.as_str())
    }
}

struct Reader<'a> {
    source: &'a [u8],
    places: Locator<'a>,
    view: NutConf,
}

impl Reader<'_> {
    fn trap(&mut self, kind: TrapKind, span: Range<usize>) {
        let place = self.places.locate(span);
        self.view.traps.push(Trap { kind, place });
    }

    /// Reads the line at `from`, or the lines of its quotes; returns where the next one starts.
    fn line(&mut self, from: usize) -> usize {
        let start = self.skip_blanks(from);
        let end = self.line_end(start);
        if start == end || matches!(self.source[start], b'#' | b'\r') {
            return end + 1;
        }
        let after_export = self.after_export(start);
        let name = self.name(after_export.unwrap_or(start));
        // `export NAME` alone passes on what was assigned: nothing for systemd to misread.
        let alone = self.source[name.end..end].trim_ascii().is_empty();
        if after_export.is_some() && alone && !name.is_empty() {
            return end + 1;
        }
        if self.source.get(name.end) != Some(&b'=') || name.is_empty() {
            self.no_assignment(start..end, &name);
            return end + 1;
        }
        if let Some(name) = after_export {
            self.trap(TrapKind::Export, start..name);
        }
        self.assignment(name, after_export.is_some())
    }

    fn assignment(&mut self, name: Range<usize>, exported: bool) -> usize {
        let value = shell::value(self.source, name.end + 1);
        let place = self.places.locate(name.clone());
        for (kind, span) in value.odd {
            self.trap(kind, span);
        }
        self.view.assignments.push(Assignment {
            name: self.text(name),
            value: String::from_utf8_lossy(&value.text).into_owned(),
            place,
            value_span: value.span.clone(),
            exported,
        });
        self.tail(value.span)
    }

    /// What stands behind a value on its line.
    fn tail(&mut self, value: Range<usize>) -> usize {
        let start = self.skip_blanks(value.end);
        let end = self.line_end(start);
        let tail = self.source[start..end].trim_ascii_end();
        if !tail.is_empty() {
            let kind = match tail[0] {
                b'#' => TrapKind::TrailingComment,
                _ if value.is_empty() && start > value.end => TrapKind::BlankAroundEquals,
                _ => TrapKind::Executed,
            };
            self.trap(kind, start..start + tail.len());
        }
        end + 1
    }

    fn no_assignment(&mut self, line: Range<usize>, name: &Range<usize>) {
        let equals = self.source.get(self.skip_blanks(name.end)) == Some(&b'=');
        let kind = if equals && !name.is_empty() {
            TrapKind::BlankAroundEquals
        } else {
            TrapKind::Executed
        };
        let length = self.source[line.clone()].trim_ascii_end().len();
        self.trap(kind, line.start..line.start + length);
    }

    /// Where the name stands behind `export`, if it is there.
    fn after_export(&self, start: usize) -> Option<usize> {
        let rest = self.source[start..].strip_prefix(b"export")?;
        let blank = rest
            .first()
            .is_some_and(|byte| matches!(byte, b' ' | b'\t'));
        blank.then(|| self.skip_blanks(start + b"export".len()))
    }

    fn name(&self, start: usize) -> Range<usize> {
        let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_';
        let length = self.source[start..]
            .iter()
            .take_while(|byte| is_name(byte))
            .count();
        let digit = self.source.get(start).is_some_and(u8::is_ascii_digit);
        start..if digit { start } else { start + length }
    }

    fn skip_blanks(&self, from: usize) -> usize {
        let blanks = self.source[from..]
            .iter()
            .take_while(|byte| matches!(byte, b' ' | b'\t'));
        from + blanks.count()
    }

    fn line_end(&self, from: usize) -> usize {
        let rest = self.source[from..].iter();
        from + rest.take_while(|byte| **byte != b'\n').count()
    }

    fn text(&self, span: Range<usize>) -> String {
        String::from_utf8_lossy(&self.source[span]).into_owned()
    }
}
