//! What is said before a run starts.

use std::{collections::BTreeMap, path::Path};

use flowctl_core::{PipelineSpec, run::Plan};
use serde::Serialize;

use crate::{
    sample::IN_PROCESS,
    session::Session,
    terminal::Tone,
    text::{number::counted, places},
};

/// The first object of a run.
#[derive(Serialize)]
struct Starting<'a> {
    pipeline: &'a str,
    namespace: &'a str,
    components: usize,
    /// How many of them each executor runs.
    executors: BTreeMap<&'a str, usize>,
    state: String,
    first_run: bool,
    control_plane: Option<&'a str>,
    graph: String,
}

/// What is known before a run starts.
#[derive(Clone, Copy, Debug)]
pub(super) struct Opening<'a> {
    pub(super) spec: &'a PipelineSpec,
    pub(super) plan: &'a Plan,
    pub(super) folder: &'a Path,
    pub(super) first_run: bool,
    /// Where components register.
    pub(super) control_plane: Option<&'a str>,
}

impl Opening<'_> {
    /// Says what will happen: which components, in which shape, and what is known from earlier runs.
    pub(super) fn tell(&self, session: &Session) {
        let Self { spec, plan, .. } = self;
        let graph = plan.graph().text().to_string();
        let mut executors = BTreeMap::new();
        for component in plan.components() {
            if let Some(executor) = &component.executor {
                *executors.entry(executor.as_str()).or_default() += 1;
            }
        }
        let starting = Starting {
            pipeline: spec.name.as_str(),
            namespace: spec.namespace.as_str(),
            components: spec.components.len(),
            executors,
            state: self.folder.display().to_string(),
            first_run: self.first_run,
            control_plane: self.control_plane,
            graph,
        };
        session.tell("starting", &starting, |palette| {
            let name = palette.paint(Tone::Strong, starting.pipeline);
            let mut text = format!("{name}: {}, {}", starting.whence(), starting.begins());
            for line in starting.graph.lines() {
                text.push_str("\n  ");
                text.push_str(line);
            }
            if let Some(address) = self.control_plane {
                text.push_str(&format!("\n  control plane on {address}"));
            }
            text
        });
    }
}

impl Starting<'_> {
    /// How many components there are, and where they run.
    fn whence(&self) -> String {
        let all = counted(self.components as u64, "component");
        match self.executors.iter().collect::<Vec<_>>()[..] {
            [] => all,
            [(executor, _)] => format!("{all} {}", places(executor)),
            ref several => {
                // What is here is told last.
                let (here, elsewhere): (Vec<_>, Vec<_>) = several
                    .iter()
                    .partition(|(executor, _)| **executor == IN_PROCESS);
                let parts = elsewhere.iter().chain(&here);
                let parts = parts.map(|(executor, count)| format!("{count} {}", places(executor)));
                format!("{all}, {}", parts.collect::<Vec<_>>().join(" and "))
            }
        }
    }

    fn begins(&self) -> String {
        let begins = if self.first_run {
            "first run, state in"
        } else {
            "goes on from the state in"
        };
        format!("{begins} {}", self.state)
    }
}
