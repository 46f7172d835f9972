//! What is said when a run is over.

use std::path::PathBuf;

use flowctl_core::{ComponentSpec, Outcome, PipelineSpec, Registry, RunReport};
use serde::Serialize;

use crate::{
    error, exit_code,
    facts::RunFacts,
    sample::Sample,
    session::Session,
    terminal::Tone,
    text::{Failure, number::counted, report},
};

/// The end of a run, as far as it is known.
#[derive(Clone, Debug)]
pub(crate) struct Ending {
    pub(crate) outcome: String,
    pub(crate) code: u8,
    pub(crate) failure: Option<Failure>,
    pub(crate) forced: Vec<String>,
    /// Commands that show what the sinks hold.
    pub(crate) next: Vec<String>,
    /// Where what programs wrote is kept.
    pub(crate) logs: Option<PathBuf>,
    pub(crate) facts: RunFacts,
}

/// The last object of a run.
#[derive(Serialize)]
struct Report<'a> {
    outcome: &'a str,
    exit_code: u8,
    error: Option<&'a Failure>,
    forced: &'a [String],
    next: &'a [String],
    logs: Option<String>,
    #[serde(flatten)]
    facts: &'a RunFacts,
}

impl Ending {
    /// The end of a run of this process.
    pub(crate) fn new(
        spec: &PipelineSpec,
        registry: &Registry,
        ended: &RunReport,
        code: u8,
        logs: Option<PathBuf>,
    ) -> Self {
        let next = match ended.outcome {
            Outcome::Completed | Outcome::Drained => look(spec, registry),
            _ => Vec::new(),
        };
        Self {
            outcome: ended.outcome.as_str().to_owned(),
            code,
            failure: ended.error.as_ref().map(error::of_run),
            forced: ended.forced.iter().map(ToString::to_string).collect(),
            next,
            logs,
            facts: RunFacts::new(&Sample::from(&ended.status), None),
        }
    }

    /// Reports: what each component did, what went wrong, and what can be done next.
    pub(crate) fn tell(&self, session: &Session) {
        let object = Report {
            outcome: &self.outcome,
            exit_code: self.code,
            error: self.failure.as_ref(),
            forced: &self.forced,
            next: &self.next,
            logs: self.logs.as_ref().map(|logs| logs.display().to_string()),
            facts: &self.facts,
        };
        session.tell("report", &object, |palette| {
            let failure = self.failure.as_ref().map(|failure| failure.text(palette));
            if self.code == exit_code::NOT_STARTED {
                let word = palette.paint(Tone::Error, "failed");
                let last = format!("{word}: it did not start, no record was moved");
                let lines = failure.into_iter().chain(self.rolled_back()).chain([last]);
                return lines.collect::<Vec<_>>().join("\n");
            }
            let table = report::components(&self.facts);
            let table = table.iter().map(|(tone, line)| palette.paint(*tone, line));
            let mut lines: Vec<String> = table.chain(failure).collect();
            if !self.forced.is_empty() {
                let forced = self.forced.join(", ");
                let text = format!("ended by force before everything was delivered: {forced}");
                lines.push(palette.paint(Tone::Warning, &text));
            }
            let (tone, word) = match self.outcome.as_str() {
                "completed" => (Tone::Good, "done"),
                "drained" => (Tone::Good, "drained"),
                "forced" => (Tone::Warning, "forced"),
                _ => (Tone::Error, "failed"),
            };
            let summary = report::summary(word, &self.facts);
            let rest = summary.strip_prefix(word).unwrap_or(&summary);
            lines.push(format!("{}{rest}", palette.paint(tone, word)));
            let complete = self.outcome == "completed";
            lines.extend(report::next(&self.next, &self.facts, complete));
            lines.join("\n")
        });
    }

    /// What became of the programs that a start that failed had started.
    fn rolled_back(&self) -> Option<String> {
        let logs = self.logs.as_ref()?;
        let started = self.facts.components.iter();
        let started = started.filter(|one| one.executor.is_some()).count() as u64;
        let name = &self.facts.pipeline;
        let logs = logs.display();
        (started > 0).then(|| {
            let programs = counted(started, "program");
            format!("rolled back: {programs} ended, logs kept in {logs} (flowctl logs {name})")
        })
    }
}

/// The commands that show what the sinks hold, as their kinds know them.
fn look(spec: &PipelineSpec, registry: &Registry) -> Vec<String> {
    let command = |component: &ComponentSpec| {
        let kind = registry.kind(component.uses.as_deref()?)?;
        kind.look_at(&component.config)
    };
    spec.components.iter().filter_map(command).collect()
}
