//! The static graph of a pipeline: who reads from whom, what passes, and in which order things start
//! and stop. The only place that knows petgraph; nothing of it shows.
//!
//! [`Graph::new`] checks everything that edges can be wrong about. [`Graph::text`], [`Graph::dot`] and
//! [`Graph::mermaid`] draw it.

mod carry;
mod check;
mod cycles;
mod draw;
mod edge;
#[expect(clippy::module_inception, reason = "the file is named after its type")]
mod graph;
mod order;
mod types;
mod wiring;

pub(crate) use self::check::problems;
pub use self::{
    draw::{Dot, Mermaid, Text},
    edge::Edge,
    graph::{Graph, Member},
    types::EventTypes,
};
