//! How pipelines that run are, in the shapes that people and programs are shown. Pure but for the clock.

use std::time::SystemTime;

use flowctl_core::run::RunRecord;
use flowctl_grpc::proto::admin::{Component, StatusResponse};
use serde::Serialize;

use super::{Table, number, printable};
use crate::{
    clock::rfc3339,
    facts::{ComponentFacts, RunFacts},
    pipeline::Pipeline,
    sample::Sample,
    terminal::Tone,
};

/// A pipeline that runs.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct StatusFacts {
    namespace: String,
    /// The process that runs it, and its version of flowctl.
    pid: u32,
    version: String,
    started: Option<String>,
    /// Set once the run is over.
    outcome: Option<String>,
    /// Where components register.
    control_plane: Option<String>,
    /// Its folder.
    state: String,
    edges: Vec<EdgeFacts>,
    #[serde(skip)]
    title: String,
    #[serde(skip)]
    rows: Vec<Row>,
    #[serde(flatten)]
    facts: RunFacts,
}

#[derive(Clone, Debug, Serialize)]
struct EdgeFacts {
    from: String,
    to: String,
    /// Empty: every type.
    event_types: Vec<String>,
    via: String,
    because: String,
}

/// What is shown of a component beside its counts.
#[derive(Clone, Debug)]
struct Row {
    state: String,
    tone: Tone,
    restarts: u64,
    up: String,
}

/// A pipeline that does not run, and its last run.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Stopped {
    pipeline: String,
    namespace: String,
    state: String,
    run: String,
    status: &'static str,
    started: String,
    ended: Option<String>,
    error: Option<String>,
}

impl StatusFacts {
    pub(crate) fn new(pipeline: &Pipeline, status: &StatusResponse) -> Self {
        let now = SystemTime::now();
        let mut facts = RunFacts::new(&Sample::from(status), None);
        for (facts, component) in facts.components.iter_mut().zip(&status.components) {
            facts.reason = some(&component.reason);
            facts.restarts = component.restarts;
            facts.up = up(component, now);
        }
        let edges = status.edges.iter().map(|edge| EdgeFacts {
            from: edge.from.clone(),
            to: edge.to.clone(),
            event_types: edge.event_types.clone(),
            via: edge.via.clone(),
            because: edge.because.clone(),
        });
        let started = status.started.and_then(|at| SystemTime::try_from(at).ok());
        Self {
            namespace: pipeline.namespace.clone(),
            pid: status.pid,
            version: status.version.clone(),
            started: started.map(rfc3339),
            outcome: status.outcome.as_ref().map(|ended| ended.outcome.clone()),
            control_plane: some(&status.control_plane),
            state: pipeline.folder.display().to_string(),
            edges: edges.collect(),
            title: pipeline.title(),
            rows: facts.components.iter().map(row).collect(),
            facts,
        }
    }
}

impl Stopped {
    pub(crate) fn new(pipeline: &Pipeline, last: &RunRecord) -> Self {
        Self {
            pipeline: pipeline.name.clone(),
            namespace: pipeline.namespace.clone(),
            state: pipeline.folder.display().to_string(),
            run: last.run.to_string(),
            status: last.status.as_str(),
            started: rfc3339(last.started),
            ended: last.ended.map(rfc3339),
            error: last.error.clone(),
        }
    }
}

fn some(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

/// How long its present start has been going on.
fn up(component: &Component, now: SystemTime) -> Option<std::time::Duration> {
    let over = matches!(
        component.state.as_str(),
        "finished" | "stopped" | "failed" | "waiting"
    );
    let started = component.started.filter(|_| !over)?;
    now.duration_since(SystemTime::try_from(started).ok()?).ok()
}

fn row(component: &ComponentFacts) -> Row {
    let unhealthy = component.health.as_deref() == Some("unhealthy");
    let reason = match (&component.reason, &component.health_reason) {
        (Some(reason), _) => Some(reason.clone()),
        (None, Some(reason)) if unhealthy => Some(format!("unhealthy: {reason}")),
        _ => None,
    };
    let tone = match component.state.as_str() {
        "failed" => Tone::Error,
        "retrying" | "backing off" => Tone::Warning,
        _ if unhealthy => Tone::Warning,
        _ => Tone::Plain,
    };
    let because = reason.map(|reason| format!(": {}", cut(&printable(&reason))));
    Row {
        state: format!("{}{}", component.state, because.unwrap_or_default()),
        tone,
        restarts: component.restarts,
        up: component
            .up
            .map_or_else(|| "-".to_owned(), number::duration),
    }
}

/// A reason in a table: what is longer is in the events.
fn cut(reason: &str) -> String {
    const MOST: usize = 60;
    if reason.chars().count() <= MOST {
        return reason.to_owned();
    }
    let cut: String = reason.chars().take(MOST - 1).collect();
    format!("{cut}…")
}

/// A row for each component of each pipeline.
pub(crate) fn block(all: &[StatusFacts]) -> Vec<(Tone, String)> {
    let mut table = Table::new([
        "pipeline",
        "run",
        "component",
        "state",
        ">restarts",
        ">up",
        ">in",
        ">out",
        ">position",
        ">lag",
    ]);
    let mut tones = vec![Tone::Faint];
    for status in all {
        for (n, (component, row)) in status.facts.components.iter().zip(&status.rows).enumerate() {
            let once = |text: &str| {
                if n == 0 {
                    text.to_owned()
                } else {
                    String::new()
                }
            };
            table.row([
                once(&status.title),
                once(number::short(&status.facts.run)),
                component.component.clone(),
                row.state.clone(),
                number::count(row.restarts),
                row.up.clone(),
                super::progress::events_in(component),
                super::progress::events_out(component),
                super::progress::position(component),
                component.lag.map_or_else(|| "-".to_owned(), number::count),
            ]);
            tones.push(row.tone);
        }
    }
    tones.into_iter().zip(table.lines(0)).collect()
}

/// What the table has no room for.
pub(crate) fn details(status: &StatusFacts) -> Vec<String> {
    let mut first = format!("process {}, state in {}", status.pid, status.state);
    if let Some(address) = &status.control_plane {
        first.push_str(&format!(", control plane on {address}"));
    }
    let mut lines = vec![first];
    let served = status.facts.components.iter();
    for component in served.filter(|one| one.executor.is_some()) {
        let mut parts = vec![super::place(
            component.executor.as_deref().unwrap_or_default(),
        )];
        let ports = component.addresses.iter();
        parts.extend(ports.map(|(name, address)| format!("{name} {address}")));
        if let Some(health) = &component.health {
            let reason = component.health_reason.iter();
            let reason = reason.filter(|reason| !reason.is_empty());
            let reason: String = reason
                .map(|reason| format!(" ({})", printable(reason)))
                .collect();
            parts.push(format!("{health}{reason}"));
        }
        lines.push(format!("{}: {}", component.component, parts.join(", ")));
    }
    lines
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, time::Duration};

    use flowctl_grpc::proto::admin::{Health, Instance};

    use super::*;

    fn component(id: &str, role: &str, state: &str, started: Duration) -> Component {
        Component {
            id: id.to_owned(),
            role: role.to_owned(),
            state: state.to_owned(),
            generation: 1,
            started: Some((SystemTime::now() - started).into()),
            executor: "process".to_owned(),
            ..Component::default()
        }
    }

    fn facts() -> StatusFacts {
        let mut source = component("source", "source", "retrying", Duration::from_secs(134));
        source.reason = "connection refused".to_owned();
        source.restarts = 2;
        source.events_out = Some(41_210);
        source.positions = BTreeMap::from([("source".to_owned(), 41_211)]);
        let mut sink = component("sink", "sink", "ready", Duration::from_secs(12));
        sink.events_in = None;
        sink.instances = vec![Instance {
            ports: BTreeMap::from([("main".to_owned(), "127.0.0.1:3000".to_owned())]),
            ..Instance::default()
        }];
        sink.health = Some(Health {
            verdict: "unhealthy".to_owned(),
            reason: "no heartbeat for 31 s".to_owned(),
            last_heartbeat: None,
        });
        let status = StatusResponse {
            pipeline: "ttp".to_owned(),
            run: "7c1e09ab-0000-4000-8000-000000000001".to_owned(),
            pid: 7,
            control_plane: "127.0.0.1:8080".to_owned(),
            components: vec![source, sink],
            ..StatusResponse::default()
        };
        let pipeline = Pipeline::new("default", "ttp", "/state/ttp".into());
        StatusFacts::new(&pipeline, &status)
    }

    #[test]
    fn a_status_has_a_row_for_each_component() {
        let block = block(&[facts()]);
        let lines: Vec<&str> = block.iter().map(|(_, line)| line.as_str()).collect();
        insta::assert_snapshot!(lines.join("\n"), @r"
        pipeline  run       component  state                                    restarts      up  in     out  position  lag
        ttp       7c1e09ab  source     retrying: connection refused                    2   2m14s   -  41,210     41211    -
                            sink       ready: unhealthy: no heartbeat for 31 s         0  12.0 s   -       -         -    -
        ");
        assert_eq!(block[1].0, Tone::Warning);
        assert_eq!(block[2].0, Tone::Warning);
    }

    #[test]
    fn what_the_table_has_no_room_for_follows_it() {
        insta::assert_snapshot!(details(&facts()).join("\n"), @r"
        process 7, state in /state/ttp, control plane on 127.0.0.1:8080
        source: as a process
        sink: as a process, main 127.0.0.1:3000, unhealthy (no heartbeat for 31 s)
        ");
    }
}
