//! The exit codes: the whole contract with scripts in one place.

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done, or nothing to do.
    Done,
    /// A host failed, refused, was left out or could not be reached.
    HostFailed,
    /// Usage, inventory or template error.
    Usage,
    /// Findings of severity error.
    Findings,
    /// Changes are pending and `--exit-code` asked to be told.
    Pending,
    /// A host was rolled back: it is as it was.
    RolledBack,
    /// A rollback failed: hands are needed.
    RollbackFailed,
    /// Interrupted by the user.
    Interrupted,
}

impl Exit {
    /// Every way to end, the mildest first: the order in which the worst host wins.
    pub const BY_WEIGHT: [Self; 8] = [
        Self::Done,
        Self::Pending,
        Self::Findings,
        Self::HostFailed,
        Self::Usage,
        Self::RolledBack,
        Self::RollbackFailed,
        Self::Interrupted,
    ];

    /// The number the process exits with.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::HostFailed => 1,
            Self::Usage => 2,
            Self::Findings => 3,
            Self::Pending => 4,
            Self::RolledBack => 5,
            Self::RollbackFailed => 6,
            Self::Interrupted => 130,
        }
    }

    /// The worse of the two.
    #[must_use]
    pub fn worst(self, other: Self) -> Self {
        if other.weight() > self.weight() {
            other
        } else {
            self
        }
    }

    fn weight(self) -> Option<usize> {
        Self::BY_WEIGHT.iter().position(|exit| *exit == self)
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        exit.code().into()
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn codes_are_the_documented_ones_by_weight() {
        assert_eq!(Exit::BY_WEIGHT.map(Exit::code), [0, 4, 3, 1, 2, 5, 6, 130]);
    }

    #[test]
    fn the_worse_of_two_wins_whichever_comes_first() {
        for (at, &mild) in Exit::BY_WEIGHT.iter().enumerate() {
            for &bad in &Exit::BY_WEIGHT[at..] {
                assert_eq!(mild.worst(bad), bad);
                assert_eq!(bad.worst(mild), bad);
            }
        }
    }
}
