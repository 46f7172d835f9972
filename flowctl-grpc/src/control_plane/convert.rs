//! Between the words of the roster and those of the wire.

use std::{collections::BTreeMap, time::SystemTime};

use flowctl_core::{
    control::{Declared, Health, Member, MetricValue, RosterError},
    run::{RecordStatus, RunRecord},
    spec::Role,
};
use prost_types::Timestamp;
use tonic::Status;

use crate::proto::{
    legacy::{self, ServiceType},
    v1::{ComponentType, HealthStatus},
};

pub(crate) fn timestamp(at: SystemTime) -> Timestamp {
    Timestamp::from(at)
}

pub(super) fn status(error: &RosterError) -> Status {
    let message = error.to_string();
    match error {
        RosterError::UnknownService { .. } => Status::not_found(message),
        RosterError::NotYours { .. } => Status::permission_denied(message),
        RosterError::TooLarge { .. } => Status::invalid_argument(message),
        // The rest is for want of room.
        _ => Status::resource_exhausted(message),
    }
}

/// A text, unless it is empty.
pub(super) fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub(super) fn declared_by_type(component: ComponentType) -> Declared {
    match component {
        ComponentType::Unspecified => Declared::Nothing,
        ComponentType::Source => Declared::Role(Role::Source),
        ComponentType::Processor => Declared::Role(Role::Processor),
        ComponentType::Consumer => Declared::Role(Role::Sink),
    }
}

pub(super) fn declared_by_service(service: ServiceType) -> Declared {
    match service {
        ServiceType::Unspecified => Declared::Nothing,
        ServiceType::Source => Declared::Role(Role::Source),
        ServiceType::Processor => Declared::Role(Role::Processor),
        ServiceType::Sink => Declared::Role(Role::Sink),
        ServiceType::Pipeline => Declared::SinkOrPipeline,
    }
}

pub(super) fn service_type(member: &Member) -> ServiceType {
    match (member.role(), member.declared) {
        (Some(Role::Source), _) => ServiceType::Source,
        (Some(Role::Processor), _) => ServiceType::Processor,
        (Some(Role::Sink), _) => ServiceType::Sink,
        (None, Declared::Pipeline) => ServiceType::Pipeline,
        (Some(Role::Service) | None, _) => ServiceType::Unspecified,
    }
}

/// Never unspecified, which tools count and show nowhere: what says nothing of itself is what its event
/// types make of it, else a processor.
pub(super) fn component_type(member: &Member) -> ComponentType {
    match member.role() {
        Some(Role::Source) => return ComponentType::Source,
        Some(Role::Processor) => return ComponentType::Processor,
        Some(Role::Sink) => return ComponentType::Consumer,
        Some(Role::Service) | None => {}
    }
    match (
        member.input_types.is_empty(),
        member.output_types.is_empty(),
    ) {
        (true, false) => ComponentType::Source,
        (false, true) => ComponentType::Consumer,
        _ => ComponentType::Processor,
    }
}

/// What a component says of its health; unknown says nothing.
pub(super) const fn health_said(status: HealthStatus) -> Option<Health> {
    match status {
        HealthStatus::Unknown => None,
        HealthStatus::Starting => Some(Health::Starting),
        HealthStatus::Healthy => Some(Health::Healthy),
        HealthStatus::Degraded => Some(Health::Degraded),
        HealthStatus::Unhealthy => Some(Health::Unhealthy),
        HealthStatus::Stopping => Some(Health::Stopping),
    }
}

pub(super) const fn health_status(health: Health) -> HealthStatus {
    match health {
        Health::Starting => HealthStatus::Starting,
        Health::Healthy => HealthStatus::Healthy,
        Health::Degraded => HealthStatus::Degraded,
        Health::Unhealthy => HealthStatus::Unhealthy,
        Health::Stopping => HealthStatus::Stopping,
        _ => HealthStatus::Unknown,
    }
}

/// Metrics as one generation of tools takes them; those that are no numbers are left out.
pub(super) fn numbers(metrics: &BTreeMap<String, MetricValue>) -> BTreeMap<String, f64> {
    let numbers = metrics.iter();
    numbers
        .filter_map(|(name, value)| Some((name.clone(), value.as_number()?)))
        .collect()
}

/// Metrics as the other generation takes them.
pub(super) fn texts(metrics: &BTreeMap<String, MetricValue>) -> BTreeMap<String, String> {
    let texts = metrics.iter();
    texts
        .map(|(name, value)| (name.clone(), value.to_string()))
        .collect()
}

/// The topics that upstream assigns: the types that it emits, in their first version.
pub(super) fn topics(member: &Member) -> Vec<String> {
    let types = member.output_types.iter();
    types.map(|name| format!("{name}.v1")).collect()
}

pub(super) fn connection_info(reached: Option<String>) -> BTreeMap<String, String> {
    let endpoint = reached.map(|at| ("control_plane_endpoint".to_owned(), at));
    endpoint.into_iter().collect()
}

/// By which id a member is shown: the instance's where it is one.
pub(super) fn shown_id(member: &Member) -> String {
    match &member.bound {
        Some(bound) => bound.instance.to_string(),
        None => member.id().to_owned(),
    }
}

pub(super) fn run_status(status: RecordStatus) -> legacy::RunStatus {
    match status {
        RecordStatus::Starting => legacy::RunStatus::Starting,
        RecordStatus::Running => legacy::RunStatus::Running,
        RecordStatus::Completed => legacy::RunStatus::Completed,
        RecordStatus::Drained | RecordStatus::Forced => legacy::RunStatus::Stopped,
        RecordStatus::Failed | RecordStatus::Lost => legacy::RunStatus::Failed,
        _ => legacy::RunStatus::Unknown,
    }
}

/// A count in a field that has a sign.
pub(super) fn signed(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// A run as tools take it: `metrics` and `start_time` are always there.
pub(super) fn pipeline_run(record: &RunRecord, now: SystemTime) -> legacy::PipelineRun {
    let lost = || "nobody saw its end: the process that ran it was killed".to_owned();
    let error = match record.status {
        RecordStatus::Lost => record.error.clone().or_else(|| Some(lost())),
        _ => record.error.clone(),
    };
    let ids = record.components.iter().map(|one| one.id.clone());
    legacy::PipelineRun {
        run_id: record.run.to_string(),
        pipeline_id: record.pipeline.clone(),
        pipeline_name: record.pipeline.clone(),
        status: run_status(record.status).into(),
        start_time: Some(timestamp(record.started)),
        end_time: record.ended.map(timestamp),
        config_yaml: record.spec.clone().unwrap_or_default(),
        metrics: Some(run_metrics(record, now)),
        error: error.unwrap_or_default(),
        component_ids: ids.collect(),
    }
}

fn run_metrics(record: &RunRecord, now: SystemTime) -> legacy::RunMetrics {
    // Of what came in and what went out the larger: neither a filter nor a fan-out looks like standing
    // still.
    let events = record.events_in.max(record.events_out);
    let seconds = record.duration(now).map_or(0.0, |time| time.as_secs_f64());
    #[expect(clippy::cast_precision_loss, reason = "a rate, not a count")]
    let per_second = if seconds > 0.0 {
        events as f64 / seconds
    } else {
        0.0
    };
    let components = record.components.iter().map(|one| {
        let metrics = legacy::ComponentMetrics {
            events_in: signed(one.events_in),
            events_out: signed(one.events_out),
            ..legacy::ComponentMetrics::default()
        };
        (one.id.clone(), metrics)
    });
    legacy::RunMetrics {
        events_processed: signed(events),
        events_per_second: per_second,
        bytes_processed: signed(record.bytes),
        component_metrics: components.collect(),
    }
}
