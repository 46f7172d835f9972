//! How do I stop a run without losing anything?
//!
//! `stop` gives it time: sources stand still, what is on its way arrives, and only what has not ended
//! when the time is up is ended by force. The report says how it went.

use std::time::Duration;

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
        ComponentKind::sink("ignore", "takes events"),
        |(): (), _context| Ok(adapt::sink(|_event| Ok(()))),
    )?;
    let pipeline = PipelineSpec::builder("endless")
        .source(
            "numbers",
            Component::native("count").config(json!({"to": u64::MAX})),
        )
        .sink("out", Component::native("ignore").input("numbers"))
        .build()?;

    let run = Runner::builder(registry).build().start(&pipeline)?;
    // A control outlives the handle, which `wait` takes: a signal handler or a server can hold it.
    let control = run.control();
    let stopper = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        control.stop(Duration::from_secs(10));
    };
    let (report, ()) = tokio::join!(run.wait(), stopper);

    for component in &report.status.components {
        println!(
            "{} took {} and gave {}",
            component.id, component.events_in, component.events_out
        );
    }
    let [numbers, out] = &report.status.components[..] else {
        return Err("there are two components".into());
    };
    assert_eq!(report.outcome, Outcome::Drained);
    assert_eq!(
        numbers.events_out, out.events_in,
        "everything that was given arrived"
    );
    Ok(())
}
