//! Metrics leave the library through a [`Recorder`] that the embedder gives; the default forgets.

use std::fmt;

/// Receives what a run measures. Called once a batch, from many tasks; must be quick and not block.
///
/// Labels are the pipeline and the component, never the run or the generation, so that series go on
/// over restarts.
pub trait Recorder: fmt::Debug + Send + Sync + 'static {
    /// Adds to a counter.
    fn add(&self, metric: Metric, pipeline: &str, component: &str, value: u64);

    /// Sets a gauge.
    fn set(&self, metric: Metric, pipeline: &str, component: &str, value: u64);
}

/// What is measured. The names are stable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Metric {
    /// Events that a component took.
    EventsIn,
    /// Events that a component gave.
    EventsOut,
    /// Events that a component or the runner left out.
    Dropped,
    /// Events that became dead letters.
    DeadLetters,
    /// Calls that were made again after an error.
    Retries,
    /// The sequence up to which a source's stream is durable in every sink.
    DurablePosition,
}

impl Metric {
    /// All metrics, in the order of their declaration.
    pub const ALL: [Self; 6] = [
        Self::EventsIn,
        Self::EventsOut,
        Self::Dropped,
        Self::DeadLetters,
        Self::Retries,
        Self::DurablePosition,
    ];

    /// The name under which it is exported: `flowctl_` prefix, counters end in `_total`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EventsIn => "flowctl_events_in_total",
            Self::EventsOut => "flowctl_events_out_total",
            Self::Dropped => "flowctl_events_dropped_total",
            Self::DeadLetters => "flowctl_dead_letters_total",
            Self::Retries => "flowctl_retries_total",
            Self::DurablePosition => "flowctl_durable_position",
        }
    }
}

/// Forgets everything.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoRecorder;

impl Recorder for NoRecorder {
    fn add(&self, _metric: Metric, _pipeline: &str, _component: &str, _value: u64) {}

    fn set(&self, _metric: Metric, _pipeline: &str, _component: &str, _value: u64) {}
}
