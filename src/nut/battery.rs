//! What the variables of a UPS say of its battery, with the values that mean "not known"
//! (docs/nut-names.txt; what drivers really write).

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::files::{Entry, Section};

/// The variables of one UPS, by NUT's names.
#[derive(Debug, Clone, Copy)]
pub struct Variables<'a>(pub &'a BTreeMap<String, String>);

impl<'a> Variables<'a> {
    /// The text of a variable; an empty one says nothing.
    pub fn text(&self, name: &str) -> Option<&'a str> {
        let text = self.0.get(name)?.trim();
        (!text.is_empty()).then_some(text)
    }

    /// The number of a variable, in NUT's own unit for it.
    pub fn number(&self, name: &str) -> Option<f64> {
        let number: f64 = self.text(name)?.parse().ok()?;
        number.is_finite().then_some(number)
    }

    /// A percentage; what is no percentage is not known.
    pub fn percent(&self, name: &str) -> Option<f64> {
        let number = self.number(name)?;
        (0.0..=1000.0).contains(&number).then_some(number)
    }

    /// Seconds that the battery lasts under the present load.
    pub fn runtime_s(&self) -> Option<f64> {
        figure(self.text("battery.runtime")?)
    }

    /// Seconds of runtime at which the battery counts as low; 0 means that none is set.
    pub fn runtime_low_s(&self) -> Option<f64> {
        figure(self.text("battery.runtime.low")?)
    }

    /// Percent of charge at which the battery counts as low; 0 means that none is set.
    pub fn charge_low_percent(&self) -> Option<f64> {
        let percent = self.number("battery.charge.low")?;
        (percent > 0.0 && percent <= 100.0).then_some(percent)
    }

    /// When the battery was made or put in, as the UPS writes it: the later word of its owner first.
    pub fn battery_date(&self) -> Option<&'a str> {
        let known = |name| {
            self.text(name)
                .filter(|text| text.bytes().any(|byte| (b'1'..=b'9').contains(&byte)))
        };
        known("battery.date").or_else(|| known("battery.mfr.date"))
    }
}

/// Seconds until the battery is low, by what the UPS says of charge and runtime.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct UntilLow {
    pub by_charge: Option<f64>,
    pub by_runtime: Option<f64>,
}

impl UntilLow {
    /// From the runtime under the present load, and the charge, with the limits of both. A charge that
    /// is not known is taken for a full one.
    pub fn new(
        runtime: f64,
        charge: Option<f64>,
        charge_low: Option<f64>,
        runtime_low: Option<f64>,
    ) -> Self {
        let charge = charge.unwrap_or(100.0);
        // A battery gives its charge off evenly, as far as anybody can say.
        let share = |low: f64| (1.0 - low / charge).clamp(0.0, 1.0);
        Self {
            by_charge: charge_low.map(|low| {
                if charge > 0.0 {
                    runtime * share(low)
                } else {
                    0.0
                }
            }),
            by_runtime: runtime_low.map(|low| (runtime - low).max(0.0)),
        }
    }

    /// The sooner of the two.
    pub fn first(self) -> Option<f64> {
        match (self.by_charge, self.by_runtime) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        }
    }
}

/// The limits of a low battery that ups.conf sets, by `override.` and `default.`.
pub fn limits(section: &Section) -> impl Iterator<Item = &Entry> {
    section
        .entries
        .iter()
        .filter(|entry| limit(entry).is_some())
}

/// The kind of a limit and the variable it sets.
fn limit(entry: &Entry) -> Option<(&str, &str)> {
    let (kind, name) = entry.key.value.split_once('.')?;
    let is = |one: &str, word: &str| one.eq_ignore_ascii_case(word);
    let kind = ["override", "default"]
        .into_iter()
        .find(|word| is(kind, word))?;
    let variables = ["battery.charge.low", "battery.runtime.low"];
    let name = variables.into_iter().find(|word| is(name, word))?;
    Some((kind, name))
}

/// A limit in ups.conf that is only shown and that nobody goes by: without `ignorelb` the driver says
/// that the battery is low when the UPS does (ups.conf(5), drivers/dstate.c). A `default.` is not even
/// shown where the UPS has a value of its own, as far as `said` tells.
pub fn only_shown<'a>(section: &'a Section, said: Option<Variables<'_>>) -> Option<&'a Entry> {
    let own = said.is_some_and(|said| said.text("driver.flag.ignorelb").is_some());
    if own || ignores_lb(section) {
        return None;
    }
    let shown = |entry: &&Entry| match (limit(entry), said) {
        (Some(("default", name)), Some(said)) => {
            entry.value.as_ref().map(|word| word.value.trim()) == said.text(name)
        }
        _ => true,
    };
    limits(section).find(shown)
}

/// Whether the driver says by the limits that the battery is low, and not the UPS.
pub fn ignores_lb(section: &Section) -> bool {
    let mut entries = section.entries.iter();
    entries.any(|entry| entry.key.value.eq_ignore_ascii_case("ignorelb"))
}

/// A figure of a battery as drivers write it. Some say 0, -1 or 65535 for "not known".
pub fn figure(text: &str) -> Option<f64> {
    let value: f64 = text.trim().parse().ok()?;
    (value > 0.0 && value < 65_535.0).then_some(value)
}

/// Whether the text of `ups.test.result` tells of a failed self-test. The texts are every driver's
/// own, so only words that all of them use for trouble are looked for.
pub fn test_failed(result: &str) -> bool {
    let lower = result.to_lowercase();
    ["error", "fail", "bad", "warning"]
        .iter()
        .any(|word| lower.contains(word))
}

/// The day that a text of a UPS names. UPSes write `2024/10/12`, `2024-10-12`, `20241012`, `10/12/24`,
/// `10/12/2024`, `12.10.2024`; slashes with the year last are the American month first, unless that
/// makes no month.
pub fn date(text: &str) -> Option<Date> {
    let text = text.trim();
    let number = |part: &str| part.parse::<i16>().ok().filter(|number| *number >= 0);
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return day(
            number(&text[..4])?,
            number(&text[4..6])?,
            number(&text[6..])?,
        );
    }
    let parts: Vec<&str> = text.split(['/', '-', '.']).collect();
    let [a, b, c] = parts.as_slice() else {
        return None;
    };
    let (first, second, third) = (number(a)?, number(b)?, number(c)?);
    if a.len() == 4 {
        return day(first, second, third);
    }
    let year = if c.len() == 2 { 2000 + third } else { third };
    if text.contains('.') || first > 12 {
        return day(year, second, first);
    }
    day(year, first, second)
}

fn day(year: i16, month: i16, day: i16) -> Option<Date> {
    let (month, day) = (i8::try_from(month).ok()?, i8::try_from(day).ok()?);
    let date = Date::new(year, month, day).ok()?;
    (1980..2100).contains(&year).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nut::files::UpsConf;

    fn of(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs
            .iter()
            .map(|(key, value)| ((*key).into(), (*value).into()))
            .collect()
    }

    #[test]
    fn values_that_mean_not_known_are_not_known() {
        for (text, want) in [
            ("840", Some(840.0)),
            ("840.5", Some(840.5)),
            ("0", None),
            ("-1", None),
            ("65535", None),
            ("4294967295", None),
            ("NaN", None),
            ("inf", None),
            ("", None),
            ("unknown", None),
        ] {
            let map = of(&[("battery.runtime", text), ("battery.runtime.low", text)]);
            assert_eq!(Variables(&map).runtime_s(), want, "{text}");
            assert_eq!(Variables(&map).runtime_low_s(), want, "{text}");
        }
        let map = of(&[
            ("battery.charge", "0"),
            ("battery.charge.low", "0"),
            ("ups.load", "-3"),
        ]);
        assert_eq!(Variables(&map).percent("battery.charge"), Some(0.0));
        assert_eq!(Variables(&map).charge_low_percent(), None);
        assert_eq!(Variables(&map).percent("ups.load"), None);
    }

    #[test]
    fn dates_are_read_in_every_form_that_upses_write() {
        let day = |year, month, day| Some(Date::constant(year, month, day));
        for (text, want) in [
            ("2024/10/12", day(2024, 10, 12)),
            ("2024-10-12", day(2024, 10, 12)),
            ("20241012", day(2024, 10, 12)),
            ("10/12/24", day(2024, 10, 12)),
            ("10/12/2024", day(2024, 10, 12)),
            ("25/12/2024", day(2024, 12, 25)),
            ("12.10.2024", day(2024, 10, 12)),
            (" 01/02/03 ", day(2003, 1, 2)),
            ("00/00/00", None),
            ("not set", None),
            ("2024/13/01", None),
            ("2023/02/29", None),
            ("", None),
            ("ü", None),
        ] {
            assert_eq!(date(text), want, "{text}");
        }
    }

    #[test]
    fn a_date_that_was_never_set_is_none() {
        let map = of(&[
            ("battery.date", "00/00/00"),
            ("battery.mfr.date", "2022/05/01"),
        ]);
        assert_eq!(Variables(&map).battery_date(), Some("2022/05/01"));
    }

    #[test]
    fn only_words_of_trouble_make_a_failed_test() {
        for (text, failed) in [
            ("Done and passed", false),
            ("No test initiated", false),
            ("In progress", false),
            ("Done and warning", true),
            ("Done and error", true),
            ("Test FAILED", true),
            ("BAD battery", true),
        ] {
            assert_eq!(test_failed(text), failed, "{text}");
        }
    }

    /// The limit that is only shown of a UPS with these lines in ups.conf, when upsd says `said`.
    fn shown(lines: &str, said: Option<&[(&str, &str)]>) -> Option<String> {
        let conf = UpsConf::parse(format!("[ups]\ndriver = usbhid-ups\n{lines}\n").as_bytes());
        let said = said.map(of);
        let entry = only_shown(&conf.sections[0], said.as_ref().map(Variables));
        entry.map(|entry| entry.key.value.clone())
    }

    #[test]
    fn a_limit_that_nobody_goes_by_is_told() {
        let charge = "override.battery.charge.low";
        let line = format!("{charge} = 50");
        assert_eq!(shown(&line, None).as_deref(), Some(charge));
        assert_eq!(
            shown(&line.to_uppercase().replace("LOW", "low"), None)
                .map(|key| key.to_lowercase())
                .as_deref(),
            Some(charge)
        );
        assert_eq!(shown(&format!("{line}\nignorelb"), None), None);
        assert_eq!(
            shown(&line, Some(&[("driver.flag.ignorelb", "enabled")])),
            None
        );
        assert_eq!(shown("override.battery.charge = 50", None), None);
        let low = "default.battery.runtime.low";
        let line = format!("{low} = 300");
        assert_eq!(shown(&line, None).as_deref(), Some(low));
        assert_eq!(
            shown(&line, Some(&[("battery.runtime.low", "300")])).as_deref(),
            Some(low)
        );
        assert_eq!(shown(&line, Some(&[("battery.runtime.low", "120")])), None);
    }

    #[test]
    fn the_sooner_limit_counts() {
        let until = |runtime, charge, charge_low, runtime_low| {
            UntilLow::new(runtime, charge, charge_low, runtime_low).first()
        };
        assert_eq!(until(1000.0, Some(100.0), Some(20.0), None), Some(800.0));
        assert_eq!(
            until(1000.0, Some(100.0), Some(20.0), Some(300.0)),
            Some(700.0)
        );
        assert_eq!(
            until(1000.0, Some(50.0), Some(20.0), Some(300.0)),
            Some(600.0)
        );
        assert_eq!(until(1000.0, Some(10.0), Some(20.0), None), Some(0.0));
        assert_eq!(until(100.0, None, None, Some(300.0)), Some(0.0));
        assert_eq!(until(100.0, Some(0.0), Some(20.0), None), Some(0.0));
        assert_eq!(until(100.0, Some(90.0), None, None), None);
    }
}
