//! Tests on a real engine. Each has a pipeline of its own with a random name, and removes what it made;
//! any number of runs of these tests may share an engine.

mod bench;
mod confinement;
mod conformance;
mod engine;
mod images;
mod lifecycle;
mod logs;
mod reach;
mod subject;
