//! A run's status as a message.

use std::{collections::BTreeMap, time::Duration};

use flowctl_core::run::{ComponentStatus, PlannedEdge, ProgramStatus};

use super::{event_log::Facts, served_run::ServedRun};
use crate::{
    control_plane::timestamp,
    proto::admin::{Component, Edge, Health, Instance, Outcome, StatusResponse},
};

pub(super) fn status(run: &ServedRun) -> StatusResponse {
    let control = run.run_control();
    let status = control.status();
    let components = status.components.iter().map(|one| component(run, one));
    StatusResponse {
        namespace: control.namespace().to_string(),
        pipeline: status.pipeline.to_string(),
        run: status.run.to_string(),
        started: Some(timestamp(status.started)),
        elapsed: Some(duration(status.elapsed)),
        pid: std::process::id(),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        components: components.collect(),
        edges: run.planned_edges().iter().map(edge).collect(),
        outcome: run.event_log().outcome().map(|(outcome, error)| Outcome {
            outcome: outcome.as_str().to_owned(),
            error: error.unwrap_or_default(),
            ..Outcome::default()
        }),
        control_plane: run.control_plane_address().unwrap_or_default().to_owned(),
    }
}

pub(super) fn duration(duration: Duration) -> prost_types::Duration {
    // Longer than ten thousand years is as good as for ever.
    prost_types::Duration::try_from(duration).unwrap_or(prost_types::Duration {
        seconds: 315_576_000_000,
        nanos: 0,
    })
}

fn component(run: &ServedRun, status: &ComponentStatus) -> Component {
    let facts = run.event_log().facts(&status.id);
    let facts = facts.as_ref();
    let program = status.program.as_ref();
    let planned = || run.executor_of(&status.id).map(str::to_owned);
    let executor = program.map(|program| program.executor.clone());
    // What streams by itself is only known from what it reports.
    let counts = |name: &str, count: u64| {
        let unknown = program.is_some_and(|one| !one.carried && one.count(name).is_none());
        (!unknown).then_some(count)
    };
    Component {
        id: status.id.to_string(),
        role: status.role.as_str().to_owned(),
        state: status.state.as_str().to_owned(),
        reason: facts
            .and_then(|facts| facts.reason.clone())
            .unwrap_or_default(),
        since: facts.map(|facts| timestamp(facts.since)),
        generation: status.generation,
        restarts: u64::from(status.generation.saturating_sub(1)),
        started: facts.and_then(started),
        executor: executor
            .filter(|name| !name.is_empty())
            .or_else(planned)
            .unwrap_or_default(),
        instances: program.map(instance).into_iter().collect(),
        health: program.map(health),
        events_in: counts("events_in", status.events_in),
        events_out: counts("events_out", status.events_out),
        batches: program
            .is_none_or(|one| one.carried)
            .then_some(status.batches),
        positions: by_text(&status.positions),
        tip: status.tip,
        lag: status.lag(),
        durable: status.durable,
        retries: status.retries,
        dropped: by_text(&status.dropped),
        warnings: by_text(&status.warnings),
        dead_letters: status.dead_letters,
        queued_events: status.queued.0,
        queued_bytes: status.queued.1,
        metrics: program.map(metrics).unwrap_or_default(),
    }
}

fn started(facts: &Facts) -> Option<prost_types::Timestamp> {
    facts.started.map(timestamp)
}

fn by_text(counts: &BTreeMap<impl ToString, u64>) -> BTreeMap<String, u64> {
    let counts = counts.iter();
    counts
        .map(|(name, count)| (name.to_string(), *count))
        .collect()
}

fn instance(program: &ProgramStatus) -> Instance {
    Instance {
        ports: program.addresses.clone(),
        ..Instance::default()
    }
}

fn health(program: &ProgramStatus) -> Health {
    let (verdict, reason) = match &program.health {
        Some((health, reason)) => (health.as_str(), reason.clone()),
        None => ("unknown", "it has not registered".to_owned()),
    };
    Health {
        verdict: verdict.to_owned(),
        reason,
        last_heartbeat: None,
    }
}

fn metrics(program: &ProgramStatus) -> BTreeMap<String, String> {
    let reported = program.reported.iter();
    reported
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

fn edge(edge: &PlannedEdge) -> Edge {
    let types = match edge.types.as_str() {
        "all" => Vec::new(),
        types => types.split(", ").map(str::to_owned).collect(),
    };
    Edge {
        from: edge.from.to_string(),
        to: edge.to.to_string(),
        event_types: types,
        via: edge.via.to_owned(),
        because: edge.because.to_owned(),
    }
}
