/// How events of one type travel between served components, and what both ends have to be told.
///
/// A registry holds one for each event type that has a protocol of its own; an event type without one
/// travels in the protocol that its component names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Wire {
    /// The protocol in which the emitting end serves them.
    pub protocol: String,
    /// The environment variables in which a reader looks for the emitting end's address.
    pub address_variables: Vec<String>,
    /// The environment variables on which both ends must agree: a reader that has none takes the
    /// emitting end's.
    pub shared_variables: Vec<String>,
}

impl Wire {
    /// Events that are served in `protocol`.
    pub fn new(protocol: impl Into<String>) -> Self {
        Self {
            protocol: protocol.into(),
            ..Self::default()
        }
    }

    /// Readers find the address in these variables.
    #[must_use]
    pub fn address_in<S: Into<String>>(mut self, variables: impl IntoIterator<Item = S>) -> Self {
        self.address_variables
            .extend(variables.into_iter().map(Into::into));
        self
    }

    /// Both ends must agree on these variables.
    #[must_use]
    pub fn shares<S: Into<String>>(mut self, variables: impl IntoIterator<Item = S>) -> Self {
        self.shared_variables
            .extend(variables.into_iter().map(Into::into));
        self
    }
}
