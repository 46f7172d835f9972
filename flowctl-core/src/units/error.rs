/// Why a text is not an amount.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnitError {
    /// It does not have the form of such an amount.
    #[error("it is not {expected}")]
    Form {
        /// What would be, with an example.
        expected: &'static str,
    },
    /// It is more than the type can hold.
    #[error("it is too large")]
    TooLarge,
    /// It is finer than the smallest unit.
    #[error("it is finer than {smallest}")]
    TooFine {
        /// The smallest amount that can be told apart.
        smallest: &'static str,
    },
}
