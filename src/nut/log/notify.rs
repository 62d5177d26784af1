//! Texts of notifications: the built-in ones, and those that NOTIFYMSG puts in their place.

use super::Said;
use crate::nut::directive::notify_type;
use crate::nut::files::UpsmonConf;

/// The built-in text of each event (`notifylist`, clients/upsmon.h).
const BUILT_IN: &[(&str, &str)] = &[
    ("ONLINE", "UPS %s on line power"),
    ("ONBATT", "UPS %s on battery"),
    ("LOWBATT", "UPS %s battery is low"),
    ("FSD", "UPS %s: forced shutdown in progress"),
    ("COMMOK", "Communications with UPS %s established"),
    ("COMMBAD", "Communications with UPS %s lost"),
    ("SHUTDOWN", "Auto logout and shutdown proceeding"),
    ("REPLBATT", "UPS %s battery needs to be replaced"),
    ("NOCOMM", "UPS %s is unavailable"),
    (
        "NOPARENT",
        "upsmon parent process died - shutdown impossible",
    ),
    ("CAL", "UPS %s: calibration in progress"),
    ("NOTCAL", "UPS %s: calibration finished"),
    ("OFF", "UPS %s: administratively OFF or asleep"),
    ("NOTOFF", "UPS %s: no longer administratively OFF or asleep"),
    ("BYPASS", "UPS %s: on bypass (powered, not protecting)"),
    ("NOTBYPASS", "UPS %s: no longer on bypass"),
    ("ECO", "UPS %s: in ECO mode (as defined by vendor)"),
    ("NOTECO", "UPS %s: no longer in ECO mode"),
    ("ALARM", "UPS %s: one or more active alarms: [%s]"),
    (
        "NOTALARM",
        "UPS %s is no longer in an alarm state (no active alarms)",
    ),
    ("OVER", "UPS %s: overloaded"),
    ("NOTOVER", "UPS %s: no longer overloaded"),
    ("TRIM", "UPS %s: trimming incoming voltage"),
    ("NOTTRIM", "UPS %s: no longer trimming incoming voltage"),
    ("BOOST", "UPS %s: boosting incoming voltage"),
    ("NOTBOOST", "UPS %s: no longer boosting incoming voltage"),
    (
        "OTHER",
        "UPS %s: has at least one unclassified status token: [%s]",
    ),
    (
        "NOTOTHER",
        "UPS %s has no unclassified status tokens anymore",
    ),
    (
        "SUSPEND_STARTING",
        "OS is entering sleep/suspend/hibernate mode",
    ),
    (
        "SUSPEND_FINISHED",
        "OS just finished sleep/suspend/hibernate mode, de-activating obsolete UPS readings to avoid an unfortunate shutdown",
    ),
    (
        "SHUTDOWN_HOSTSYNC",
        "Shutdown initiated; primary system is waiting for secondaries to log out or time out",
    ),
    (
        "SUSPEND_TIMEJUMP_UNEXPECTED",
        "Unexpected clock change by %s, treating as wake up from sleep",
    ),
];

/// The texts of one host.
#[derive(Debug, Clone, Default)]
pub struct Texts {
    /// Those of its NOTIFYMSG lines.
    own: Vec<(&'static str, Pattern)>,
    /// Events that leave no line, with the flags that say so.
    unrecorded: Vec<(&'static str, String)>,
}

impl Texts {
    /// The texts that an upsmon.conf sets.
    pub fn of(conf: &UpsmonConf) -> Self {
        let mut texts = Self::default();
        for setting in &conf.settings {
            let [event, text, ..] = setting.args.as_slice() else {
                continue;
            };
            let Some(event) = notify_type(&event.value) else {
                continue;
            };
            if setting.is("NOTIFYMSG") {
                texts.own.push((event.name, Pattern::new(&text.value)));
            } else if setting.is("NOTIFYFLAG") {
                texts.flag(event.name, &text.value);
            }
        }
        texts
    }

    /// Events that upsmon does not write to the log, each with its flags as NOTIFYFLAG has them.
    pub fn unrecorded(&self) -> &[(&'static str, String)] {
        &self.unrecorded
    }

    /// The last line of an event counts.
    fn flag(&mut self, event: &'static str, flags: &str) {
        self.unrecorded.retain(|(other, _)| *other != event);
        let has = |flag: &str| flags.split('+').any(|own| own.trim() == flag);
        if has("IGNORE") || !has("SYSLOG") {
            self.unrecorded.push((event, flags.to_string()));
        }
    }

    /// The notification that a message is. The host's own texts come first; older lines were written
    /// under older settings, so the built-in ones are always known.
    pub(super) fn notified(&self, message: &str) -> Option<Said> {
        let own = self.own.iter().rev();
        let mut own = own.filter_map(|(event, pattern)| Some((*event, pattern.read(message)?)));
        let built_in = || {
            BUILT_IN
                .iter()
                .find_map(|(event, text)| Some((*event, Pattern::new(text).read(message)?)))
        };
        let (event, mut filled) = own.next().or_else(built_in)?;
        // What SUSPEND_TIMEJUMP_UNEXPECTED fills in is a time.
        let system =
            (!filled.is_empty() && !event.starts_with("SUSPEND")).then(|| filled.remove(0));
        Some(Said::Notified {
            event,
            system,
            detail: filled.into_iter().next(),
        })
    }
}

/// A printf text, cut at its `%s`.
#[derive(Debug, Clone)]
struct Pattern(Vec<String>);

impl Pattern {
    fn new(format: &str) -> Self {
        let pieces = format.split("%s");
        Self(pieces.map(|piece| piece.replace("%%", "%")).collect())
    }

    /// What each `%s` stands for, when the message has this form. A text of nothing but `%s` says
    /// nothing of itself and is no form.
    fn read(&self, message: &str) -> Option<Vec<String>> {
        let (first, rest) = self.0.split_first()?;
        if self.0.iter().all(|piece| piece.trim().is_empty()) {
            return None;
        }
        let mut left = message.strip_prefix(first.as_str())?;
        let mut filled = Vec::new();
        for (at, piece) in rest.iter().enumerate() {
            let end = if at + 1 == rest.len() {
                left.ends_with(piece.as_str())
                    .then(|| left.len() - piece.len())?
            } else {
                left.find(piece.as_str())?
            };
            filled.push(left[..end].to_string());
            left = &left[end + piece.len()..];
        }
        // A UPS has no blank in its name.
        let name_is_whole = filled
            .first()
            .is_none_or(|name| !name.contains(' ') || rest.len() > 1);
        (left.is_empty() && name_is_whole).then_some(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nut::directive::NOTIFY_TYPES;

    fn notified(event: &'static str, system: Option<&str>, detail: Option<&str>) -> Option<Said> {
        Some(Said::Notified {
            event,
            system: system.map(Into::into),
            detail: detail.map(Into::into),
        })
    }

    fn texts(conf: &str) -> Texts {
        Texts::of(&UpsmonConf::parse(conf.as_bytes()))
    }

    #[test]
    fn every_event_has_its_built_in_text_and_is_read_back() {
        let named: Vec<&str> = BUILT_IN.iter().map(|(event, _)| *event).collect();
        for kind in NOTIFY_TYPES {
            assert!(named.contains(&kind.name), "{}", kind.name);
        }
        for (event, text) in BUILT_IN {
            let message = text
                .replacen("%s", "ups@192.0.2.10:3494", 1)
                .replace("%s", "A B");
            let Some(Said::Notified { event: read, .. }) = Texts::default().notified(&message)
            else {
                panic!("{message}");
            };
            assert_eq!(read, *event, "{message}");
        }
        assert_eq!(
            Texts::default().notified("UPS u@h: one or more active alarms: [Fan failure!]"),
            notified("ALARM", Some("u@h"), Some("Fan failure!"))
        );
    }

    #[test]
    fn own_texts_are_read_and_do_not_hide_the_built_in_ones() {
        let texts = texts(
            "NOTIFYMSG ONBATT \"Strom weg: %s (100%% Batterie)\"\nNOTIFYMSG online \"Strom da\"\nNOTIFYMSG LOWBATT \"%s\"\n",
        );
        assert_eq!(
            texts.notified("Strom weg: ups@192.0.2.10 (100% Batterie)"),
            notified("ONBATT", Some("ups@192.0.2.10"), None)
        );
        assert_eq!(texts.notified("Strom da"), notified("ONLINE", None, None));
        assert_eq!(
            texts.notified("UPS ups@192.0.2.10 on battery"),
            notified("ONBATT", Some("ups@192.0.2.10"), None)
        );
        assert_eq!(texts.notified("anything"), None, "a bare %s is no text");
    }

    #[test]
    fn events_without_a_line_are_known() {
        let texts = texts(
            "NOTIFYFLAG ONBATT EXEC\nNOTIFYFLAG ONLINE SYSLOG+EXEC\nNOTIFYFLAG LOWBATT IGNORE+SYSLOG\nNOTIFYFLAG FSD EXEC\nNOTIFYFLAG FSD SYSLOG\n",
        );
        let unrecorded: Vec<_> = texts
            .unrecorded()
            .iter()
            .map(|(event, flags)| (*event, flags.as_str()))
            .collect();
        assert_eq!(
            unrecorded,
            [("ONBATT", "EXEC"), ("LOWBATT", "IGNORE+SYSLOG")]
        );
    }

    #[test]
    fn a_text_in_a_sentence_is_none() {
        for text in [
            "UPS a b on battery",
            "UPS on battery",
            "xUPS u@h on battery",
            "UPS u@h on battery!",
        ] {
            assert_eq!(Texts::default().notified(text), None, "{text}");
        }
    }
}
