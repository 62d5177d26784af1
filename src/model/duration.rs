//! Times as people say them.

/// `48 s`, `9 min 20 s`, `12 min`, `2 h 5 min`: whole seconds below ten minutes, whole minutes above,
/// rounded down so that nothing is promised that is not there.
pub fn spoken(seconds: f64) -> String {
    if seconds < 0.0 {
        return format!("-{}", spoken(-seconds));
    }
    if !seconds.is_finite() {
        return "for ever".into();
    }
    let whole = seconds.floor() as u64;
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60);
    match (hours, minutes, rest) {
        (0, 0, _) => format!("{rest} s"),
        (0, 1..=9, 1..) => format!("{minutes} min {rest} s"),
        (0, ..) => format!("{minutes} min"),
        (_, 0, _) => format!("{hours} h"),
        _ => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn times_are_said_as_people_say_them() {
        for (seconds, want) in [
            (0.0, "0 s"),
            (59.9, "59 s"),
            (60.0, "1 min"),
            (560.0, "9 min 20 s"),
            (725.0, "12 min"),
            (3600.0, "1 h"),
            (7512.0, "2 h 5 min"),
            (-65.0, "-1 min 5 s"),
            (f64::INFINITY, "for ever"),
        ] {
            assert_eq!(spoken(seconds), want);
        }
    }
}
