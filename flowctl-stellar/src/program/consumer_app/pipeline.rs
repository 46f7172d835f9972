use std::{io, time::Duration};

use flowctl_core::{
    BoxError, ComponentKind, PipelineSpec, Registry, Runner,
    run::RunHandle,
    spec::{Component, Restart},
};
use serde_json::json;

use super::{settings::ConsumerSettings, store::Store};
use crate::{
    program::failure::Failure,
    register, register_console,
    wire::{ClientConfig, EventClient},
};

/// The name of the source in the pipeline's registry.
const EVENTS: &str = "events";
/// The id of the sink.
pub(super) const STORE: &str = "store";

/// Starts the pipeline: the processor's events into the store.
pub(super) fn start(settings: &ConsumerSettings) -> Result<RunHandle, Failure> {
    let failed = |error: BoxError| Failure::because("the pipeline cannot be put together", error);
    let mut config = ClientConfig::new(settings.service.to_string()).range(settings.range);
    config.network = settings.network.clone();
    // The processor may be away for as long as it likes.
    config.dial.give_up_after = Duration::MAX;

    let mut registry = Registry::new();
    register(&mut registry).map_err(|error| failed(error.into()))?;
    register_console(&mut registry, || Box::new(io::stdout()))
        .map_err(|error| failed(error.into()))?;
    let kind = ComponentKind::source(EVENTS, "the events of the processor");
    registry
        .source(kind, move |(): (), context| {
            Ok(Box::new(EventClient::new(config.clone(), context)?))
        })
        .map_err(|error| failed(error.into()))?;

    let (sink, keys) = match &settings.store {
        Store::Stdout => ("console", json!({ "format": "json", "limit": 0 })),
        Store::JsonLines(path) => ("jsonl", json!({ "path": path })),
        Store::Sqlite(path) => ("sqlite", json!({ "path": path })),
    };
    let source = &settings.source;
    let pipeline = PipelineSpec::builder("consumer-app")
        .source(
            source,
            Component::native(EVENTS).restart(Restart::default()),
        )
        .sink(STORE, Component::native(sink).config(keys).input(source))
        .build()
        .map_err(|errors| failed(errors.into()))?;
    let runner = Runner::builder(registry).build();
    runner
        .start(&pipeline)
        .map_err(|errors| failed(errors.into()))
}
