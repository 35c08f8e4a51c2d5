//! How a badge of somebody stands.

/// How a badge of somebody may stand: a set of these.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standings(u8);

impl Standings {
    pub(super) const NONE: Self = Self(1);
    pub(super) const VALID: Self = Self(2);
    pub(super) const SUSPENDED: Self = Self(4);
    pub(super) const REVOKED: Self = Self(8);

    pub(super) fn may_be(self, one: Self) -> bool {
        self.0 & one.0 != 0
    }

    pub(super) fn with(self, one: Self) -> Self {
        Self(self.0 | one.0)
    }
}

impl std::fmt::Debug for Standings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names = [
            (Self::NONE, "not awarded"),
            (Self::VALID, "valid"),
            (Self::SUSPENDED, "suspended"),
            (Self::REVOKED, "revoked"),
        ];
        let names: Vec<&str> =
            names.iter().filter(|(one, _)| self.may_be(*one)).map(|(_, name)| *name).collect();
        f.write_str(&names.join(" or "))
    }
}
