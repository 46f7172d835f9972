use crate::spec::ComponentSpec;

/// A component that listens somewhere.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Served {
    /// The protocol that it speaks.
    pub protocol: String,
    /// Where this process reaches it: `host:port`, without a scheme.
    pub address: String,
    /// What it should be, with its environment as it was started.
    pub component: ComponentSpec,
}

impl Served {
    /// `component`, listening at `address` and speaking `protocol`.
    pub fn new(
        protocol: impl Into<String>,
        address: impl Into<String>,
        component: ComponentSpec,
    ) -> Self {
        Self {
            protocol: protocol.into(),
            address: address.into(),
            component,
        }
    }
}
