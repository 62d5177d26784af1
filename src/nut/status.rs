//! The words of `ups.status` (docs/new-drivers.txt, server/sstate.c).

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// A word of `ups.status`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusWord {
    /// Mains present.
    Ol,
    /// On battery.
    Ob,
    /// Battery low.
    Lb,
    /// Battery high.
    Hb,
    /// Forced shutdown, latched in upsd until it restarts.
    Fsd,
    /// Battery needs replacement.
    Rb,
    /// Runtime calibration.
    Cal,
    /// Not supplying the load.
    Off,
    /// Bypass: powered, not protecting.
    Bypass,
    /// An alarm is active, see `ups.alarm`.
    Alarm,
    /// Overload.
    Over,
    /// Lowering the voltage of the mains.
    Trim,
    /// Raising the voltage of the mains.
    Boost,
    /// Vendor's economy mode.
    Eco,
    /// Charging.
    Chrg,
    /// Discharging.
    Dischrg,
    /// upsd's placeholder until the driver's first dump.
    Wait,
    /// Some other word, which clients have to tolerate.
    Other(String),
}

/// Every known word, as written and as said.
const WORDS: &[(StatusWord, &str, &str)] = &[
    (StatusWord::Ol, "OL", "on line"),
    (StatusWord::Ob, "OB", "on battery"),
    (StatusWord::Lb, "LB", "battery low"),
    (StatusWord::Hb, "HB", "battery high"),
    (StatusWord::Fsd, "FSD", "forced shutdown"),
    (StatusWord::Rb, "RB", "battery needs replacement"),
    (StatusWord::Cal, "CAL", "calibrating"),
    (StatusWord::Off, "OFF", "output off"),
    (StatusWord::Bypass, "BYPASS", "on bypass, not protecting"),
    (StatusWord::Alarm, "ALARM", "alarm"),
    (StatusWord::Over, "OVER", "overloaded"),
    (StatusWord::Trim, "TRIM", "trimming high mains voltage"),
    (StatusWord::Boost, "BOOST", "boosting low mains voltage"),
    (StatusWord::Eco, "ECO", "economy mode"),
    (StatusWord::Chrg, "CHRG", "charging"),
    (StatusWord::Dischrg, "DISCHRG", "discharging"),
    (StatusWord::Wait, "WAIT", "waiting for the driver"),
];

impl StatusWord {
    /// The word of a text; unknown texts are kept.
    pub fn new(text: &str) -> Self {
        let known = WORDS.iter().find(|(_, name, _)| *name == text);
        known.map_or_else(|| Self::Other(text.to_string()), |(word, ..)| word.clone())
    }

    /// As NUT writes it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(text) => text,
            word => entry(word).0,
        }
    }

    /// As people say it; NUT's own word if unknown.
    pub fn meaning(&self) -> &str {
        match self {
            Self::Other(text) => text,
            word => entry(word).1,
        }
    }
}

fn entry(word: &StatusWord) -> (&'static str, &'static str) {
    let found = WORDS.iter().find(|(known, ..)| known == word);
    found.map_or(("", ""), |(_, name, meaning)| (*name, *meaning))
}

/// What a status comes down to, the gravest first: the order in which one thing is said of a UPS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Headline {
    /// FSD: hosts shut down, or do as soon as they start upsmon.
    ForcedShutdown,
    /// OB LB: hosts shut down now.
    BatteryLow,
    /// No status: the server, the driver or the data is missing.
    NotKnown,
    /// OB.
    OnBattery,
    /// OFF: nothing is supplied.
    OutputOff,
    /// BYPASS: mains without protection.
    OnBypass,
    /// Neither OL nor OB is said.
    Unclear,
    /// RB.
    ReplaceBattery,
    /// OVER.
    Overloaded,
    /// ALARM.
    Alarm,
    /// OL LB.
    LowOnMains,
    /// OL CHRG.
    Charging,
    /// OL.
    OnMains,
}

/// A whole `ups.status`, such as `OB DISCHRG LB`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UpsStatus {
    /// The words, in their order, each once.
    pub words: Vec<StatusWord>,
}

impl UpsStatus {
    /// Reads a status. Never fails: clients have to tolerate unknown words.
    pub fn parse(text: &str) -> Self {
        let mut words = Vec::new();
        for word in text.split_whitespace().map(StatusWord::new) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        Self { words }
    }

    /// Whether the word is there.
    pub fn has(&self, word: &StatusWord) -> bool {
        self.words.contains(word)
    }

    /// OL: mains present.
    pub fn on_line(&self) -> bool {
        self.has(&StatusWord::Ol)
    }

    /// OB: on battery.
    pub fn on_battery(&self) -> bool {
        self.has(&StatusWord::Ob)
    }

    /// LB: battery low. upsmon takes it as critical only with OB.
    pub fn low_battery(&self) -> bool {
        self.has(&StatusWord::Lb)
    }

    /// FSD: hosts shut down, whatever else is said.
    pub fn fsd(&self) -> bool {
        self.has(&StatusWord::Fsd)
    }

    /// CAL: calibrating.
    pub fn calibrating(&self) -> bool {
        self.has(&StatusWord::Cal)
    }

    /// WAIT, or no word at all: the driver has not said anything yet.
    pub fn waiting(&self) -> bool {
        self.words.is_empty() || self.has(&StatusWord::Wait)
    }

    /// OFF or BYPASS: the UPS protects nothing.
    pub fn not_protecting(&self) -> bool {
        self.has(&StatusWord::Off) || self.has(&StatusWord::Bypass)
    }

    /// FSD, or OB and LB: hosts shut down now.
    pub fn critical(&self) -> bool {
        self.fsd() || (self.on_battery() && self.low_battery())
    }

    /// What the status comes down to, whatever the order of its words.
    pub fn headline(&self) -> Headline {
        let has = |word| self.has(&word);
        match () {
            () if self.fsd() => Headline::ForcedShutdown,
            () if self.critical() => Headline::BatteryLow,
            () if self.waiting() => Headline::NotKnown,
            () if self.on_battery() => Headline::OnBattery,
            () if has(StatusWord::Off) => Headline::OutputOff,
            () if has(StatusWord::Bypass) => Headline::OnBypass,
            () if !self.on_line() => Headline::Unclear,
            () if has(StatusWord::Rb) => Headline::ReplaceBattery,
            () if has(StatusWord::Over) => Headline::Overloaded,
            () if has(StatusWord::Alarm) => Headline::Alarm,
            () if self.low_battery() => Headline::LowOnMains,
            () if has(StatusWord::Chrg) => Headline::Charging,
            () => Headline::OnMains,
        }
    }
}

impl fmt::Display for UpsStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = self.words.iter().map(StatusWord::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_power_failure_is_recognised() {
        let status = UpsStatus::parse("OB DISCHRG LB");
        assert!(status.on_battery() && status.low_battery() && status.critical());
        assert!(!status.on_line() && !status.fsd());
        assert_eq!(status.to_string(), "OB DISCHRG LB");
    }

    #[test]
    fn low_battery_on_line_is_not_critical() {
        let status = UpsStatus::parse("OL LB");
        assert!(!status.critical());
    }

    #[test]
    fn a_latched_fsd_beats_ol() {
        let status = UpsStatus::parse("FSD OL");
        assert!(status.critical() && status.on_line());
    }

    #[test]
    fn one_thing_is_said_first_whatever_the_order_of_the_words() {
        for (text, want) in [
            ("OL FSD", Headline::ForcedShutdown),
            ("FSD OB LB", Headline::ForcedShutdown),
            ("LB DISCHRG OB", Headline::BatteryLow),
            ("OB LB CAL", Headline::BatteryLow),
            ("", Headline::NotKnown),
            ("WAIT", Headline::NotKnown),
            ("RB OB", Headline::OnBattery),
            ("ALARM OB DISCHRG", Headline::OnBattery),
            ("OB CAL", Headline::OnBattery),
            ("OL OFF", Headline::OutputOff),
            ("OFF", Headline::OutputOff),
            ("OL BYPASS RB", Headline::OnBypass),
            ("CHRG", Headline::Unclear),
            ("FANFAIL", Headline::Unclear),
            ("OL CHRG RB OVER", Headline::ReplaceBattery),
            ("ALARM OL OVER", Headline::Overloaded),
            ("ALARM OL LB", Headline::Alarm),
            ("OL LB CHRG", Headline::LowOnMains),
            ("CHRG OL", Headline::Charging),
            ("OL TRIM", Headline::OnMains),
            ("OL BOOST ECO HB FANFAIL", Headline::OnMains),
        ] {
            assert_eq!(UpsStatus::parse(text).headline(), want, "{text}");
        }
        assert!(
            Headline::ForcedShutdown < Headline::OnMains,
            "the gravest first"
        );
    }

    #[test]
    fn unknown_words_are_tolerated() {
        let status = UpsStatus::parse("OL  ol FANFAIL");
        assert!(status.on_line());
        assert_eq!(status.to_string(), "OL ol FANFAIL");
    }

    #[test]
    fn every_known_word_has_a_meaning() {
        for (word, name, meaning) in WORDS {
            assert_eq!(&StatusWord::new(name), word);
            assert_eq!((word.as_str(), word.meaning()), (*name, *meaning));
        }
    }

    #[test]
    fn no_words_are_no_status() {
        assert!(UpsStatus::parse(" ").waiting());
    }
}
