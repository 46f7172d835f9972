//! flowctl runs streaming pipelines: graphs of *sources → processors → sinks* whose components are
//! Rust objects in this process, OS processes or containers.
//!
//! Five nouns, in the order in which you meet them:
//!
//! * a [`PipelineSpec`] says what should be, built in Rust or read from YAML;
//! * a [`Registry`] holds the components that a spec can `use`;
//! * a [`Runner`] plans and starts pipelines;
//! * a [`RunHandle`] shows one run and stops it;
//! * a [`RunReport`] says how it ended.
//!
//! Authors of components implement [`Source`], [`Processor`] or [`Sink`] (or hand a closure to
//! [`adapt`]); authors of backends implement [`Executor`]; authors of transports [`Connector`];
//! authors of state stores [`Store`]. Each trait states its contract in numbered clauses.
//!
//! What is promised: order per source; bounded queues; an event is acknowledged to its source only
//! when every sink has it durably; after a crash at any instant nothing is skipped, and a sink that
//! keeps its position with its data holds nothing twice.
//!
//! # Features
//!
//! | feature | default | gives |
//! |---|---|---|
//! | `yaml` | yes | pipelines from YAML text, with diagnostics that point into it; the JSON Schema |
//! | `file-store` | yes | [`FileStore`](store::FileStore), a crash-safe state folder |
//! | `process` | no | `ProcessExecutor`, which starts programs of this machine; Unix only |
//! | `testing` | no | components, executors and the conformance suite for tests; not covered by semver |

pub mod adapt;
pub mod component;
pub mod connector;
pub mod control;
mod error;
pub mod event;
mod event_type;
pub mod executor;
pub mod graph;
mod ids;
mod link;
pub mod probe;
pub mod recorder;
pub mod registry;
pub mod run;
pub mod spec;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
mod text_value;
pub mod units;

pub use self::{
    component::{
        Cancellation, ComponentContext, ComponentError, Disposition, Meter, Output, Processor,
        Sink, Source,
    },
    connector::Connector,
    control::ControlPlane,
    error::{BoxError, Chain},
    event::{Batch, Codecs, Event, EventValue, Metadata, Path, Payload, Position},
    event_type::{EventType, EventTypeError, MAX_EVENT_TYPE_LEN},
    executor::Executor,
    graph::Graph,
    ids::{ComponentId, MAX_NAME_LEN, NameError, Namespace, PipelineName, RunId},
    probe::Prober,
    recorder::Recorder,
    registry::{ComponentKind, ConfigKey, Registry, RegistryError},
    run::{Outcome, RunError, RunHandle, RunReport, Runner},
    spec::{ComponentSpec, PipelineSpec, SpecErrors},
    store::Store,
    units::{ByteSize, CpuMillis},
};
