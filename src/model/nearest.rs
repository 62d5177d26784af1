//! The name that was probably meant.

use strsim::damerau_levenshtein;

/// So many names are listed when none is near.
const LISTED: usize = 20;

/// What to say about a name that is not known: the nearest one that is, or the list of them.
pub fn hint<'a>(name: &str, what: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    let known: Vec<&str> = known.collect();
    if let Some(near) = nearest(name, known.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let listed = known.iter().take(LISTED).map(|name| format!("`{name}`"));
    let listed = listed.collect::<Vec<_>>().join(", ");
    match known.len() {
        0 => None,
        1..=LISTED => Some(format!("{what}: {listed}")),
        more => Some(format!("{what}: {listed} and {} more", more - LISTED)),
    }
}

/// The known name that was probably meant: no further off than a third of its letters.
pub fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let name = name.to_lowercase();
    let length = name.chars().count();
    let limit = (length / 3).max(1);
    known
        // An edit changes the length by one at most, and counting is cheap.
        .filter(|known| known.chars().count().abs_diff(length) <= limit)
        .map(|known| (damerau_levenshtein(&name, &known.to_lowercase()), known))
        .filter(|(distance, known)| *distance <= limit && *distance < known.chars().count())
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint_of(name: &str, known: &[&str]) -> Option<String> {
        hint(name, "known", known.iter().copied())
    }

    #[test]
    fn a_slip_finds_the_name() {
        let known = ["pve", "truenas", "nas-2"];
        for (slip, meant) in [("pev", "pve"), ("treunas", "truenas"), ("NAS-2", "nas-2")] {
            assert_eq!(
                hint_of(slip, &known),
                Some(format!("did you mean `{meant}`?"))
            );
        }
    }

    #[test]
    fn another_word_gets_the_list() {
        assert_eq!(
            hint_of("printer", &["a", "pve"]).as_deref(),
            Some("known: `a`, `pve`")
        );
        assert_eq!(
            hint_of("x", &["a", "b"]).as_deref(),
            Some("known: `a`, `b`")
        );
        assert_eq!(hint_of("x", &[]), None);
    }
}
