//! Tests on a real engine. Each has a pipeline of its own with a random name, and removes what it made;
//! any number of runs of these tests may share an engine.

mod bench;
mod conformance;
mod subject;
