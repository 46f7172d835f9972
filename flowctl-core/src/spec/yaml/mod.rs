//! Pipelines as YAML text: in with a diagnosis of everything that is wrong, and out.
//!
//! In: `parser` (with `tree_builder`) makes a tree of `node`s that remember their places; `overlay` and `set` change it,
//! `substitute` and `env_file` fill it, `upstream` says what the Go flowctl wrote otherwise; `check` holds
//! it against the `shape` that the types' JSON Schema gives; then serde reads it, and
//! validation follows. `reader` is the way through, `report` gathers what it finds. Out: `writer`.

mod check;
mod env_file;
mod node;
mod overlay;
mod parser;
mod reader;
mod report;
mod scalar;
mod schema;
mod set;
mod shape;
mod substitute;
mod texts;
mod tree_builder;
mod upstream;
mod writer;

pub use self::reader::{Reader, Reading};
