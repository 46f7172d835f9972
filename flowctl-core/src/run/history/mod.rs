//! The runs of a pipeline, also the past ones: a [`RunHistory`] in the pipeline's corner of the store.

mod record;
mod run_history;
#[cfg(test)]
mod tests;

pub use self::{
    record::{ComponentRecord, RecordStatus, RunRecord},
    run_history::RunHistory,
};
