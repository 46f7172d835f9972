/// An environment variable that a program reads.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variable {
    /// Its names; a later one is read where those before it are unset.
    pub(super) names: &'static [&'static str],
    pub(super) meaning: &'static str,
    pub(super) example: Option<&'static str>,
    /// Whether all names that are set must say the same.
    pub(super) agree: bool,
    /// Whether its value is never shown.
    pub(super) secret: bool,
}

impl Variable {
    /// A variable with this name and meaning; the meaning completes "set it to …".
    pub(crate) const fn new(names: &'static [&'static str], meaning: &'static str) -> Self {
        Self {
            names,
            meaning,
            example: None,
            agree: false,
            secret: false,
        }
    }

    /// With a value to show to who has not set it.
    pub(crate) const fn example(mut self, example: &'static str) -> Self {
        self.example = Some(example);
        self
    }

    /// Where several of its names are set, they must say the same.
    pub(crate) const fn agree(mut self) -> Self {
        self.agree = true;
        self
    }

    /// Its value is a secret.
    pub(crate) const fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// The name it is spoken of by.
    pub(crate) fn name(&self) -> &'static str {
        self.names.first().copied().unwrap_or_default()
    }

    /// All names.
    pub(crate) const fn names(&self) -> &'static [&'static str] {
        self.names
    }

    /// What it is for.
    pub(crate) const fn meaning(&self) -> &'static str {
        self.meaning
    }

    /// A value to show to who has not set it.
    pub(crate) const fn shown_example(&self) -> Option<&'static str> {
        self.example
    }
}
