//! What types alone cannot say about a spec. All problems at once; no I/O.

mod component_rules;
mod field_rules;
mod pipeline_rules;
mod workload_rules;

pub(crate) use self::pipeline_rules::{Place, places, problems};
