use clap::{Args, ValueEnum};
use flowctl_core::graph::Graph;
use serde::Serialize;

use crate::{arguments::SpecArguments, error::CliError, exit_code, session::Session, spec_files};

#[derive(Args, Debug)]
pub(crate) struct Arguments {
    #[command(flatten)]
    spec: SpecArguments,
    /// How to draw it
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

/// How a graph is drawn.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Arrows
    Text,
    /// Graphviz
    Dot,
    /// A Mermaid flowchart
    Mermaid,
}

#[derive(Serialize)]
struct Edges {
    pipeline: String,
    components: Vec<Node>,
    edges: Vec<Edge>,
}

#[derive(Serialize)]
struct Node {
    component: String,
    role: &'static str,
}

#[derive(Serialize)]
struct Edge {
    from: String,
    to: String,
    event_types: String,
}

pub(super) fn graph(session: &Session, arguments: &Arguments) -> Result<u8, CliError> {
    let read = spec_files::read(&arguments.spec, &session.registry)?;
    let graph = Graph::new(&read.spec, &session.registry).map_err(CliError::Spec)?;
    let text = match arguments.format {
        Format::Text => graph.text().to_string(),
        Format::Dot => graph.dot().to_string(),
        Format::Mermaid => graph.mermaid().to_string(),
    };
    session.answer("graph", &edges(read.spec.name.to_string(), &graph), &text)?;
    Ok(exit_code::DONE)
}

fn edges(pipeline: String, graph: &Graph) -> Edges {
    let node = |member: &flowctl_core::graph::Member| Node {
        component: member.id.to_string(),
        role: member.role.as_str(),
    };
    let edge = |edge: &flowctl_core::graph::Edge| Edge {
        from: edge.from.to_string(),
        to: edge.to.to_string(),
        event_types: edge.types.to_string(),
    };
    Edges {
        pipeline,
        components: graph.members().iter().map(node).collect(),
        edges: graph.edges().iter().map(edge).collect(),
    }
}
