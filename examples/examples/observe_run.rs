//! How do I see what a run is doing?
//!
//! Its events tell what happens, in order; its status is a snapshot with counts and positions.

use flowctl_core::{
    BoxError, ComponentKind, PipelineSpec, Registry, Runner, adapt, run::RunEventKind,
    spec::Component,
};
use flowctl_examples::register_numbers;
use futures_util::StreamExt as _;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut registry = Registry::new();
    register_numbers(&mut registry)?;
    registry.sink(
        ComponentKind::sink("ignore", "takes events"),
        |(): (), context| {
            Ok(adapt::sink(move |event| {
                if event.sequence() % 10 == 0 {
                    context.meter.warning("a round number", 1);
                }
                Ok(())
            }))
        },
    )?;
    let pipeline = PipelineSpec::builder("numbers")
        .source(
            "numbers",
            Component::native("count").config(json!({"to": 100})),
        )
        .sink("out", Component::native("ignore").input("numbers"))
        .build()?;

    let run = Runner::builder(registry).build().start(&pipeline)?;
    let mut events = run.events();
    let watch = async {
        while let Some(event) = events.next().await {
            match event.kind {
                RunEventKind::State {
                    component, state, ..
                } => println!("{component} is {}", state.as_str()),
                RunEventKind::Opened { component, after } => {
                    println!("{component} begins after {after:?}")
                }
                RunEventKind::Ended(outcome) => {
                    println!("it {}", outcome.as_str());
                    break;
                }
                other => println!("{other:?}"),
            }
        }
    };
    let (report, ()) = tokio::join!(run.wait(), watch);

    for component in &report.status.components {
        println!(
            "{}: {} in, {} out",
            component.id, component.events_in, component.events_out
        );
        println!("  warnings: {:?}", component.warnings);
    }
    Ok(())
}
