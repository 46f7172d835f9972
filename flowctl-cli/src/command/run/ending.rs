//! What is said when a run is over.

use flowctl_core::{ComponentSpec, Outcome, PipelineSpec, Registry, RunReport};
use serde::Serialize;

use crate::{
    error, exit_code,
    facts::RunFacts,
    session::Session,
    terminal::Tone,
    text::{Failure, report},
};

/// The last object of a run.
#[derive(Serialize)]
struct Report<'a> {
    outcome: &'a str,
    exit_code: u8,
    error: Option<Failure>,
    forced: Vec<String>,
    next: Vec<String>,
    #[serde(flatten)]
    facts: &'a RunFacts,
}

/// Reports: what each component did, what went wrong, and what can be done next.
pub(super) fn tell(session: &Session, spec: &PipelineSpec, ended: &RunReport, code: u8) {
    let facts = RunFacts::new(&ended.status, None);
    let failure = ended.error.as_ref().map(error::of_run);
    let forced: Vec<String> = ended.forced.iter().map(ToString::to_string).collect();
    let commands = match ended.outcome {
        Outcome::Completed | Outcome::Drained => look(spec, &session.registry),
        _ => Vec::new(),
    };
    let object = Report {
        outcome: ended.outcome.as_str(),
        exit_code: code,
        error: failure.clone(),
        forced: forced.clone(),
        next: commands.clone(),
        facts: &facts,
    };
    session.tell("report", &object, |palette| {
        let failure = failure.map(|failure| failure.text(palette));
        if code == exit_code::NOT_STARTED {
            let word = palette.paint(Tone::Error, "failed");
            let last = format!("{word}: it did not start, no record was moved");
            return failure
                .into_iter()
                .chain([last])
                .collect::<Vec<_>>()
                .join("\n");
        }
        let table = report::components(&facts);
        let table = table.iter().map(|(tone, line)| palette.paint(*tone, line));
        let mut lines: Vec<String> = table.chain(failure).collect();
        if !forced.is_empty() {
            let text = format!(
                "ended by force before everything was delivered: {}",
                forced.join(", ")
            );
            lines.push(palette.paint(Tone::Warning, &text));
        }
        let (tone, word) = match ended.outcome {
            Outcome::Completed => (Tone::Good, "done"),
            Outcome::Drained => (Tone::Good, "drained"),
            Outcome::Forced => (Tone::Warning, "forced"),
            _ => (Tone::Error, "failed"),
        };
        let summary = report::summary(word, &facts);
        let rest = summary.strip_prefix(word).unwrap_or(&summary);
        lines.push(format!("{}{rest}", palette.paint(tone, word)));
        let complete = ended.outcome == Outcome::Completed;
        lines.extend(report::next(&commands, &facts, complete));
        lines.join("\n")
    });
}

/// The commands that show what the sinks hold, as their kinds know them.
fn look(spec: &PipelineSpec, registry: &Registry) -> Vec<String> {
    let command = |component: &ComponentSpec| {
        let kind = registry.kind(component.uses.as_deref()?)?;
        kind.look_at(&component.config)
    };
    spec.components.iter().filter_map(command).collect()
}
