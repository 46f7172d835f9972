//! The library as its users see it: pipelines that run on the in-process executor.

mod conformance;
mod conservation;
mod failures;
mod flow;
mod lab;
mod resuming;
mod stopping;
