use std::fmt;

use crate::model::finding::Place;

/// Why a host's files could not be made: a template, or a value no file of NUT can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderError {
    /// What is wrong, in one line, without what stands in the other fields.
    pub message: String,
    /// Where it stands in a template.
    pub place: Option<Box<Place>>,
    /// The key of the inventory that caused it, such as `hosts.pve.upsmon.POLLFREQ`.
    pub key: Option<String>,
    /// The way out.
    pub help: Option<String>,
}

impl RenderError {
    /// An error with nothing but its message.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            place: None,
            key: None,
            help: None,
        }
    }

    /// The same, in a template.
    pub(super) fn at(mut self, place: Place) -> Self {
        self.place = Some(Box::new(place));
        self
    }

    /// The same, caused by a key of the inventory.
    pub(super) fn of(mut self, key: impl Into<String>) -> Self {
        self.key = Some(key.into());
        self
    }

    /// The same, with the way out.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for RenderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}:{}:{}: ", place.file, place.line, place.column)?;
        }
        if let Some(key) = &self.key {
            write!(f, "{key}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(place) = &self.place {
            excerpt(f, place)?;
        }
        match &self.help {
            Some(help) => write!(f, "\n  help: {help}"),
            None => Ok(()),
        }
    }
}

/// The source line with a caret under what is meant.
fn excerpt(f: &mut fmt::Formatter<'_>, place: &Place) -> fmt::Result {
    let Some(source) = &place.source else {
        return Ok(());
    };
    let number = place.line.to_string();
    let room = " ".repeat(number.len());
    let indent = " ".repeat(place.column.saturating_sub(1));
    let carets = "^".repeat(place.width.max(1));
    let source = source.replace('\t', " ");
    write!(f, "\n  {number} | {source}\n  {room} | {indent}{carets}")
}

impl std::error::Error for RenderError {}
