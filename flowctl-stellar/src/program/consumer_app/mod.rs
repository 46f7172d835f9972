//! `consumer-app`: keeps the token-transfer events of a processor.
//!
//! It is a pipeline of its own, of the library's runner: a source that reads the processor, and a sink. So
//! it resumes at its store's position, writes every event once, and drains, as any pipeline does.

mod follow;
mod pipeline;
mod program;
mod settings;
mod store;

pub(crate) use self::program::ConsumerApp;
