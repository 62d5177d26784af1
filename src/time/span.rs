use schemars::JsonSchema;
use serde::{Serialize, Serializer};

/// A time that is not known to the second: seconds, from one of three cases that are each computed
/// through the whole chain. What never happens is infinite, and `null` in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema)]
pub struct Span {
    /// Every poll hits at once and every host is quick.
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "Option<f64>")]
    pub earliest_s: f64,
    /// Half of every poll interval, and what hosts usually take.
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "Option<f64>")]
    pub typical_s: f64,
    /// Every poll was just missed and every host takes its longest.
    #[serde(serialize_with = "seconds")]
    #[schemars(with = "Option<f64>")]
    pub latest_s: f64,
}

/// Tenths of a second: nothing here is known better.
pub(super) fn seconds<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    rounded(*value).serialize(serializer)
}

/// The same for what may not be known at all.
pub(super) fn maybe<S: Serializer>(value: &Option<f64>, serializer: S) -> Result<S::Ok, S::Error> {
    value.and_then(rounded).serialize(serializer)
}

fn rounded(value: f64) -> Option<f64> {
    // Adding zero makes one of the two zeros of floating point of both.
    value
        .is_finite()
        .then(|| (value * 10.0).round() / 10.0 + 0.0)
}

impl Span {
    /// What does not happen.
    pub const NEVER: Self = Self::exactly(f64::INFINITY);

    /// A time from its three cases.
    pub const fn new(earliest_s: f64, typical_s: f64, latest_s: f64) -> Self {
        Self {
            earliest_s,
            typical_s,
            latest_s,
        }
    }

    /// A time without doubt.
    pub const fn exactly(seconds: f64) -> Self {
        Self::new(seconds, seconds, seconds)
    }

    /// The time of a case.
    pub fn in_case(self, case: Case) -> f64 {
        match case {
            Case::Earliest => self.earliest_s,
            Case::Typical => self.typical_s,
            Case::Latest => self.latest_s,
        }
    }

    /// One time for each case.
    pub fn of_cases(mut time: impl FnMut(Case) -> f64) -> Self {
        let [earliest, typical, latest] = Case::ALL.map(&mut time);
        Self::new(earliest, typical, latest)
    }

    /// The same, later by as much in every case.
    #[must_use]
    pub fn plus(self, seconds: f64) -> Self {
        Self::of_cases(|case| self.in_case(case) + seconds)
    }

    /// Whether it happens, usually.
    pub fn happens(self) -> bool {
        self.typical_s.is_finite()
    }

    /// Whether it cannot happen earlier or later than at one moment.
    pub fn is_exact(self) -> bool {
        (self.latest_s - self.earliest_s).abs() < 0.05
    }
}

/// One of the three courses that are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Case {
    Earliest,
    Typical,
    Latest,
}

impl Case {
    /// All of them, the quickest first.
    pub const ALL: [Self; 3] = [Self::Earliest, Self::Typical, Self::Latest];

    /// The part of a wait for the next poll that passes.
    pub(super) fn share(self) -> f64 {
        match self {
            Self::Earliest => 0.0,
            Self::Typical => 0.5,
            Self::Latest => 1.0,
        }
    }
}
