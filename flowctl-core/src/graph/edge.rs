use super::EventTypes;
use crate::{ComponentId, spec::Via};

/// One way that events take from a component to another.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Edge {
    /// Its number: the place in [`Graph::edges`](super::Graph::edges).
    pub index: usize,
    /// Who emits.
    pub from: ComponentId,
    /// Who reads.
    pub to: ComponentId,
    /// Which of the reader's `inputs` it is, from 0.
    pub input: usize,
    /// What passes: what the one end emits, the other takes and the input asks for, by canonical name.
    pub types: EventTypes,
    /// What carries it; never [`Via::Auto`].
    pub via: Via,
    /// Why it is carried like that, in a few words.
    pub because: &'static str,
}
