//! Being written.

mod error;
mod event_type;
mod ids;
pub mod spec;
mod text_value;
pub mod units;

pub use self::{
    error::{BoxError, Chain},
    event_type::{EventType, EventTypeError, MAX_EVENT_TYPE_LEN},
    ids::{ComponentId, MAX_NAME_LEN, NameError, Namespace, PipelineName, RunId},
    spec::{ComponentSpec, PipelineSpec},
    units::{ByteSize, CpuMillis},
};
