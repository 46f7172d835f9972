//! How do I run a pipeline inside my own program?
//!
//! A registry of components, a spec, a runner. No globals, no files, no signal handler.

use flowctl_core::{
    BoxError, ComponentKind, Outcome, PipelineSpec, Registry, Runner, adapt, spec::Component,
};
use flowctl_examples::register_numbers;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut registry = Registry::new();
    register_numbers(&mut registry)?;
    registry.sink(
        ComponentKind::sink("print", "prints texts"),
        |(): (), _context| {
            Ok(adapt::sink(|event| {
                println!(
                    "{}",
                    String::from_utf8_lossy(event.payload().as_bytes().map_or(&[], AsRef::as_ref))
                );
                Ok(())
            }))
        },
    )?;

    let pipeline = PipelineSpec::builder("numbers")
        .source(
            "numbers",
            Component::native("count").config(json!({"to": 3})),
        )
        .sink("out", Component::native("print").input("numbers"))
        .build()?;
    let report = Runner::builder(registry)
        .build()
        .start(&pipeline)?
        .wait()
        .await;

    assert_eq!(report.outcome, Outcome::Completed);
    Ok(())
}
