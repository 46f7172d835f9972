//! The run calls of the older service: of the run that this control plane belongs to, its past ones, and
//! those that other programs note here.

use std::time::{Duration, SystemTime};

use flowctl_core::{
    Chain, RunId,
    run::{ComponentRecord, RecordStatus, RunHistory, RunRecord},
    store::StoreError,
};
use tokio::time;
use tonic::Status;

use super::{
    convert::{pipeline_run, run_status, some},
    shared::Shared,
};
use crate::proto::legacy::{
    CreatePipelineRunRequest, ListPipelineRunsRequest, PipelineRun, RunMetrics, RunStatus,
    UpdatePipelineRunRequest,
};

/// Tools in the field cut ids to eight characters without looking.
const SHORTEST_ID: usize = 8;

/// How many runs a listing has where it does not say.
const LISTED: usize = 10;

/// How long a stop waits for the end before it answers how the run is.
const STOPPED_WITHIN: Duration = Duration::from_secs(3);

pub(super) async fn create(
    shared: &Shared,
    asked: CreatePipelineRunRequest,
) -> Result<PipelineRun, Status> {
    let run = match some(asked.run_id) {
        Some(id) => new_id(&id)?,
        None => random_id()?,
    };
    if find(shared, &run).is_some() {
        return Err(Status::already_exists(format!(
            "run {run} is known already"
        )));
    }
    let mut record = RunRecord::new(run, asked.pipeline_name, SystemTime::now());
    let components = asked.component_ids.into_iter();
    record.components = components.map(ComponentRecord::new).collect();
    record.spec = some(asked.config_yaml);
    note(shared, record).await
}

pub(super) async fn update(
    shared: &Shared,
    asked: UpdatePipelineRunRequest,
) -> Result<PipelineRun, Status> {
    let status = asked.status();
    let run = known_id(&asked.run_id)?;
    let Some(mut record) = shared.foreign.record(&run) else {
        return Err(match find(shared, &run) {
            Some(_) => Status::failed_precondition(format!("run {run} is kept by its own process")),
            None => not_found(&asked.run_id),
        });
    };
    if let Some(metrics) = asked.metrics {
        count(&mut record, &metrics);
    }
    if let Some(error) = some(asked.error) {
        record.error = Some(error);
    }
    set_status(&mut record, status);
    note(shared, record).await
}

pub(super) fn get(shared: &Shared, id: &str) -> Result<PipelineRun, Status> {
    let record = find(shared, &known_id(id)?).ok_or_else(|| not_found(id))?;
    Ok(pipeline_run(&record, SystemTime::now()))
}

pub(super) fn list(shared: &Shared, asked: &ListPipelineRunsRequest) -> Vec<PipelineRun> {
    let mut records: Vec<_> = histories(shared)
        .iter()
        .flat_map(RunHistory::records)
        .filter(|one| asked.pipeline_name.is_empty() || one.pipeline == asked.pipeline_name)
        .filter(|one| {
            asked.status() == RunStatus::Unknown || run_status(one.status) == asked.status()
        })
        .collect();
    records.sort_by(|a, b| (b.started, &b.run).cmp(&(a.started, &a.run)));
    let limit = match usize::try_from(asked.limit) {
        Ok(0) => LISTED,
        Ok(limit) => limit,
        Err(_) => records.len(),
    };
    let now = SystemTime::now();
    let newest = records.iter().take(limit);
    newest.map(|record| pipeline_run(record, now)).collect()
}

pub(super) async fn stop(shared: &Shared, id: &str) -> Result<PipelineRun, Status> {
    let run = known_id(id)?;
    let served = shared.run.get();
    if let Some(served) = served.filter(|served| served.run() == run) {
        served.stop(None);
        // In time or not, the answer is how the run is then.
        let _ = time::timeout(STOPPED_WITHIN, served.ended()).await;
        return get(shared, id);
    }
    match shared.foreign.record(&run) {
        // Whoever runs it is not here to be asked; it reads this from its own listing.
        Some(mut record) if record.status.is_active() => {
            set_status(&mut record, RunStatus::Stopped);
            note(shared, record).await
        }
        _ => get(shared, id),
    }
}

fn histories(shared: &Shared) -> Vec<RunHistory> {
    let own = shared.run.get().map(|run| run.history().clone());
    own.into_iter().chain([shared.foreign.clone()]).collect()
}

fn find(shared: &Shared, run: &RunId) -> Option<RunRecord> {
    let histories = histories(shared);
    histories.iter().find_map(|history| history.record(run))
}

async fn note(shared: &Shared, record: RunRecord) -> Result<PipelineRun, Status> {
    let noted = shared.foreign.note(record.clone()).await;
    noted.map_err(|error| not_noted(&error))?;
    Ok(pipeline_run(&record, SystemTime::now()))
}

fn set_status(record: &mut RunRecord, status: RunStatus) {
    record.status = match status {
        RunStatus::Unknown => return,
        RunStatus::Starting => RecordStatus::Starting,
        RunStatus::Running => RecordStatus::Running,
        RunStatus::Completed => RecordStatus::Completed,
        RunStatus::Failed => RecordStatus::Failed,
        RunStatus::Stopped => RecordStatus::Drained,
    };
    record.ended = match (record.status.is_active(), record.ended) {
        (true, _) => None,
        (false, ended) => ended.or_else(|| Some(SystemTime::now())),
    };
}

fn count(record: &mut RunRecord, metrics: &RunMetrics) {
    let unsigned = |count: i64| u64::try_from(count).unwrap_or_default();
    record.events_in = unsigned(metrics.events_processed);
    record.events_out = record.events_in;
    record.bytes = unsigned(metrics.bytes_processed);
    for (id, counted) in &metrics.component_metrics {
        let known = record.components.iter().position(|one| one.id == *id);
        let at = known.unwrap_or_else(|| {
            record.components.push(ComponentRecord::new(id));
            record.components.len() - 1
        });
        record.components[at].events_in = unsigned(counted.events_in);
        record.components[at].events_out = unsigned(counted.events_out);
    }
}

fn random_id() -> Result<RunId, Status> {
    let mut bits = [0; 16];
    let filled = getrandom::fill(&mut bits);
    filled.map_err(|error| Status::internal(error.to_string()))?;
    Ok(RunId::from_bits(u128::from_be_bytes(bits)))
}

fn new_id(id: &str) -> Result<RunId, Status> {
    let refused = |why: String| Status::invalid_argument(format!("`{id}` is no run's id: {why}"));
    if id.len() < SHORTEST_ID {
        return Err(refused(format!(
            "it has fewer than {SHORTEST_ID} characters"
        )));
    }
    id.parse()
        .map_err(|error| refused(Chain(&error).to_string()))
}

/// The id of a run that there may be.
fn known_id(id: &str) -> Result<RunId, Status> {
    id.parse().map_err(|_| not_found(id))
}

fn not_found(id: &str) -> Status {
    Status::not_found(format!("run {id} not found"))
}

fn not_noted(error: &StoreError) -> Status {
    Status::internal(Chain(error).to_string())
}
