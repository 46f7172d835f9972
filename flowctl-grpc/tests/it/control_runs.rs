//! The run calls of the older service, as upstream's tools use them.

use std::{collections::BTreeMap, sync::Arc};

use flowctl_grpc::proto::legacy::{
    ComponentMetrics, CreatePipelineRunRequest, GetPipelineRunRequest, ListPipelineRunsRequest,
    PipelineRun, RunMetrics, RunStatus, StopPipelineRunRequest, UpdatePipelineRunRequest,
};
use tokio::task::JoinSet;
use tonic::Code;

use crate::plane::{Plane, counting};

fn id(number: u32) -> String {
    format!("00000000-0000-4000-8000-{number:012}")
}

async fn create(plane: &mut Plane, number: u32, pipeline: &str) -> PipelineRun {
    let asked = CreatePipelineRunRequest {
        run_id: id(number),
        pipeline_name: pipeline.to_owned(),
        config_yaml: "kind: Pipeline".to_owned(),
        component_ids: vec!["a".to_owned(), "b".to_owned()],
    };
    plane
        .legacy
        .create_pipeline_run(asked)
        .await
        .unwrap()
        .into_inner()
}

fn update(number: u32, status: RunStatus) -> UpdatePipelineRunRequest {
    UpdatePipelineRunRequest {
        run_id: id(number),
        status: status.into(),
        metrics: None,
        error: String::new(),
    }
}

async fn list(plane: &mut Plane, name: &str, status: RunStatus, limit: i32) -> Vec<PipelineRun> {
    let asked = ListPipelineRunsRequest {
        pipeline_name: name.to_owned(),
        status: status.into(),
        limit,
    };
    plane
        .legacy
        .list_pipeline_runs(asked)
        .await
        .unwrap()
        .into_inner()
        .runs
}

/// The tools fail on anything else.
fn complete(run: &PipelineRun) {
    assert!(run.metrics.is_some() && run.start_time.is_some());
    assert!(run.run_id.len() >= 8);
}

#[tokio::test]
async fn a_run_of_another_program_is_kept_as_that_says() {
    let mut plane = Plane::start().await;
    let run = create(&mut plane, 1, "My Pipeline").await;
    complete(&run);
    assert_eq!(run.status(), RunStatus::Starting);
    assert_eq!(run.config_yaml, "kind: Pipeline");
    let counted = ComponentMetrics {
        events_in: 5,
        events_out: 4,
        ..ComponentMetrics::default()
    };
    let mut running = update(1, RunStatus::Running);
    running.metrics = Some(RunMetrics {
        events_processed: 5,
        bytes_processed: 100,
        component_metrics: BTreeMap::from([("b".to_owned(), counted)]),
        ..RunMetrics::default()
    });
    let run = plane
        .legacy
        .update_pipeline_run(running)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(run.status(), RunStatus::Running);
    let metrics = run.metrics.as_ref().unwrap();
    assert_eq!(
        (metrics.events_processed, metrics.bytes_processed),
        (5, 100)
    );
    assert_eq!(metrics.component_metrics["b"], counted);
    assert_eq!(run.component_ids, ["a", "b"]);
    assert!(run.end_time.is_none());
    // An unknown status and no metrics leave what is there.
    let mut failed = update(1, RunStatus::Unknown);
    failed.error = "no".to_owned();
    let run = plane
        .legacy
        .update_pipeline_run(failed)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(
        (run.status(), run.error.as_str()),
        (RunStatus::Running, "no")
    );
    assert_eq!(run.metrics.unwrap().events_processed, 5);
    let stop = StopPipelineRunRequest { run_id: id(1) };
    for _ in 0..2 {
        let run = plane
            .legacy
            .stop_pipeline_run(stop.clone())
            .await
            .unwrap()
            .into_inner();
        complete(&run);
        assert_eq!(run.status(), RunStatus::Stopped);
        assert!(run.end_time.is_some());
    }
}

#[tokio::test]
async fn listings_are_newest_first_and_as_long_as_asked() {
    let mut plane = Plane::start().await;
    for number in 1..=12 {
        create(
            &mut plane,
            number,
            if number % 2 == 0 { "even" } else { "odd" },
        )
        .await;
    }
    for number in [3, 4] {
        let running = update(number, RunStatus::Running);
        plane.legacy.update_pipeline_run(running).await.unwrap();
    }
    let any = RunStatus::Unknown;
    let all = list(&mut plane, "", any, -1).await;
    assert_eq!(all.len(), 12);
    all.iter().for_each(complete);
    let started: Vec<_> = all.iter().map(|run| run.start_time.unwrap()).collect();
    let newest_first = |pair: &[prost_types::Timestamp]| {
        (pair[0].seconds, pair[0].nanos) >= (pair[1].seconds, pair[1].nanos)
    };
    assert!(started.windows(2).all(newest_first));
    assert_eq!(list(&mut plane, "", any, 0).await.len(), 10);
    assert_eq!(list(&mut plane, "", any, 1000).await.len(), 12);
    assert_eq!(list(&mut plane, "odd", any, 2).await.len(), 2);
    let running = list(&mut plane, "odd", RunStatus::Running, 100).await;
    let running: Vec<_> = running.into_iter().map(|run| run.run_id).collect();
    assert_eq!(running, [id(3)]);
    assert!(list(&mut plane, "none", any, -1).await.is_empty());
}

#[tokio::test]
async fn unknown_runs_and_impossible_ids_are_errors() {
    let mut plane = Plane::start().await;
    let get = GetPipelineRunRequest { run_id: id(1) };
    let stop = StopPipelineRunRequest {
        run_id: "?".to_owned(),
    };
    let missing = update(1, RunStatus::Running);
    let codes = [
        plane.legacy.get_pipeline_run(get).await.unwrap_err().code(),
        plane
            .legacy
            .stop_pipeline_run(stop)
            .await
            .unwrap_err()
            .code(),
        plane
            .legacy
            .update_pipeline_run(missing)
            .await
            .unwrap_err()
            .code(),
    ];
    assert_eq!(codes, [Code::NotFound; 3]);
    for run_id in ["short", "has spaces in it"] {
        let asked = CreatePipelineRunRequest {
            run_id: run_id.to_owned(),
            ..CreatePipelineRunRequest::default()
        };
        let refused = plane.legacy.create_pipeline_run(asked).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
    }
    let made = CreatePipelineRunRequest::default();
    let made = plane
        .legacy
        .create_pipeline_run(made)
        .await
        .unwrap()
        .into_inner();
    complete(&made);
    create(&mut plane, 7, "x").await;
    let twice = CreatePipelineRunRequest {
        run_id: id(7),
        ..CreatePipelineRunRequest::default()
    };
    let twice = plane.legacy.create_pipeline_run(twice).await.unwrap_err();
    assert_eq!(twice.code(), Code::AlreadyExists);
}

#[tokio::test]
async fn the_own_run_has_live_counts_and_is_stopped_in_order() {
    let mut plane = Plane::start().await;
    let counting = counting(300, false).await;
    plane.server.serve_run(Arc::new(counting.served()));
    let (history, control) = (counting.history.clone(), counting.handle.control());
    let (own, follow) = (control.status().run.to_string(), control.clone());
    let mut followed = JoinSet::new();
    followed.spawn(async move { history.follow(&follow).await });
    counting.taken(300).await;
    let active = list(&mut plane, "", RunStatus::Running, 100).await;
    assert_eq!(active.len(), 1);
    complete(&active[0]);
    assert_eq!(
        (active[0].run_id.as_str(), active[0].pipeline_name.as_str()),
        (own.as_str(), "numbers")
    );
    let metrics = active[0].metrics.as_ref().unwrap();
    assert_eq!(metrics.events_processed, 300);
    assert!(metrics.events_per_second > 0.0);
    assert_eq!(metrics.component_metrics["out"].events_in, 300);
    // Only its own process keeps it.
    let mut meddle = update(0, RunStatus::Failed);
    meddle.run_id.clone_from(&own);
    let refused = plane.legacy.update_pipeline_run(meddle).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let stop = StopPipelineRunRequest {
        run_id: own.clone(),
    };
    let stopped = plane
        .legacy
        .stop_pipeline_run(stop)
        .await
        .unwrap()
        .into_inner();
    complete(&stopped);
    followed.join_next().await.unwrap().unwrap().unwrap();
    let get = GetPipelineRunRequest { run_id: own };
    let run = plane
        .legacy
        .get_pipeline_run(get)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(run.status(), RunStatus::Stopped);
    assert_eq!(run.metrics.unwrap().events_processed, 300);
    assert!(
        list(&mut plane, "", RunStatus::Running, 100)
            .await
            .is_empty()
    );
}
