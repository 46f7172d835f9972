/// Something could not be registered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegistryError {
    /// The name is taken.
    #[error("a component named `{name}` is registered already")]
    Taken {
        /// The name that was to be registered.
        name: String,
    },
    /// The kind says that it is of another role than the factory makes.
    #[error("`{name}` is described as a {described} and registered as a {registered}")]
    OtherRole {
        /// The name that was to be registered.
        name: String,
        /// The role in the description.
        described: &'static str,
        /// The role of what the factory makes.
        registered: &'static str,
    },
    /// The event type is not a valid one.
    #[error("`{name}` is not a valid event type")]
    EventType {
        /// The text that was given.
        name: String,
    },
}
