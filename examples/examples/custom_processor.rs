//! How do I write a processor?
//!
//! A closure is enough where each event gives at most one other; the trait where a batch matters. The
//! index that is given to `derive` is the place among the events that one event becomes.

use async_trait::async_trait;
use flowctl_core::{
    Batch, BoxError, ComponentError, ComponentKind, Event, Outcome, Output, Payload, PipelineSpec,
    Processor, Registry, Runner, adapt, spec::Component,
};
use flowctl_examples::register_numbers;
use serde::Deserialize;
use serde_json::json;

/// Repeats each event. One instance may work beside others: what it emits for a batch depends on
/// nothing else.
struct Repeat {
    times: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RepeatConfig {
    times: u32,
}

#[async_trait]
impl Processor for Repeat {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        let mut output = Output::new();
        for event in batch.events() {
            for index in 0..self.times {
                output.emit(event.derive(
                    index,
                    event.event_type().clone(),
                    event.payload().clone(),
                ));
            }
        }
        Ok(output)
    }
}

/// The square of a number, and nothing for what is no number: an event that is left out is done.
fn square(event: &Event) -> Option<Event> {
    let text = std::str::from_utf8(event.payload().as_bytes()?).ok()?;
    let number: u64 = text.parse().ok()?;
    let squared = Payload::bytes(number.checked_mul(number)?.to_string());
    Some(event.derive(0, event.event_type().clone(), squared))
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let mut registry = Registry::new();
    register_numbers(&mut registry)?;
    registry.processor(
        ComponentKind::processor("square", "squares numbers").stateless(),
        |(): (), _context| Ok(adapt::filter_map(|event| Ok(square(event)))),
    )?;
    registry.processor(
        ComponentKind::processor("repeat", "repeats events").stateless(),
        |RepeatConfig { times }, _context| Ok(Box::new(Repeat { times })),
    )?;
    registry.sink(
        ComponentKind::sink("print", "prints events"),
        |(): (), _context| {
            Ok(adapt::sink(|event| {
                println!(
                    "{}{:?} {:?}",
                    event.sequence(),
                    event.path(),
                    event.payload().as_bytes()
                );
                Ok(())
            }))
        },
    )?;

    let pipeline = PipelineSpec::builder("squares")
        .source(
            "numbers",
            Component::native("count").config(json!({"to": 3})),
        )
        .processor("square", Component::native("square").input("numbers"))
        .processor(
            "twice",
            Component::native("repeat")
                .input("square")
                .config(json!({"times": 2})),
        )
        .sink("out", Component::native("print").input("twice"))
        .build()?;
    let report = Runner::builder(registry)
        .build()
        .start(&pipeline)?
        .wait()
        .await;

    assert_eq!(report.outcome, Outcome::Completed);
    Ok(())
}
