//! The runs of a history, as messages.

use flowctl_core::run::{RunHistory, RunRecord};

use crate::{
    control_plane::timestamp,
    proto::admin::{Run, RunsRequest},
};

/// How many runs a listing has where it does not say.
const LISTED: usize = 10;

pub(super) fn runs(history: &RunHistory, asked: &RunsRequest) -> Vec<Run> {
    let limit = match usize::try_from(asked.limit) {
        Ok(0) => LISTED,
        Ok(limit) => limit,
        Err(_) => usize::MAX,
    };
    let records = history.records().into_iter();
    records
        .filter(|one| asked.pipeline.is_empty() || one.pipeline == asked.pipeline)
        .take(limit)
        .map(run)
        .collect()
}

fn run(record: RunRecord) -> Run {
    Run {
        id: record.run.to_string(),
        namespace: record.namespace,
        pipeline: record.pipeline,
        started: Some(timestamp(record.started)),
        ended: record.ended.map(timestamp),
        status: record.status.as_str().to_owned(),
        error: record.error.unwrap_or_default(),
        events_in: record.events_in,
        events_out: record.events_out,
        components: record.components.into_iter().map(|one| one.id).collect(),
    }
}
