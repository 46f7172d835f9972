//! What is said before a run starts.

use std::path::Path;

use flowctl_core::{PipelineSpec, run::Plan};
use serde::Serialize;

use crate::{session::Session, terminal::Tone, text::number::counted};

/// The first object of a run.
#[derive(Serialize)]
struct Starting<'a> {
    pipeline: &'a str,
    namespace: &'a str,
    components: usize,
    state: String,
    first_run: bool,
    graph: String,
}

/// Says what will happen: which components, in which shape, and what is known from earlier runs.
pub(super) fn tell(
    session: &Session,
    spec: &PipelineSpec,
    plan: &Plan,
    folder: &Path,
    first_run: bool,
) {
    let components = spec.components.len();
    let graph = plan.graph().text().to_string();
    let native = plan
        .components()
        .iter()
        .all(|component| component.executor.as_deref() == Some("native"));
    let starting = Starting {
        pipeline: spec.name.as_str(),
        namespace: spec.namespace.as_str(),
        components,
        state: folder.display().to_string(),
        first_run,
        graph: graph.clone(),
    };
    session.tell("starting", &starting, |palette| {
        let name = palette.paint(Tone::Strong, spec.name.as_str());
        let components = counted(components as u64, "component");
        let state = if first_run {
            "first run, state in"
        } else {
            "goes on from the state in"
        };
        let place = if native { " in this process" } else { "" };
        let mut text = format!("{name}: {components}{place}, {state} {}", folder.display());
        for line in graph.lines() {
            text.push_str("\n  ");
            text.push_str(line);
        }
        text
    });
}
