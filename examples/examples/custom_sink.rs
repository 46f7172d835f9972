//! How do I write a sink that holds nothing twice, whatever happens?
//!
//! It stores its position with its data, as one: here in memory, in earnest in one transaction. `open`
//! says what it holds, and the run goes on behind it.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use flowctl_core::{
    Batch, BoxError, ComponentError, ComponentId, ComponentKind, PipelineSpec, Registry, Runner,
    Sink,
    component::{Held, OpenSink},
    spec::Component,
};
use flowctl_examples::register_numbers;
use serde_json::json;

/// The destination: what is in it outlives the sink.
#[derive(Clone, Default)]
struct Table(Arc<Mutex<Content>>);

#[derive(Default)]
struct Content {
    rows: Vec<String>,
    /// Per source, how far the rows are complete.
    positions: BTreeMap<ComponentId, u64>,
}

impl Table {
    fn with<T>(&self, work: impl FnOnce(&mut Content) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

struct TableSink(Table);

#[async_trait]
impl Sink for TableSink {
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        Ok(Held::Positions(
            self.0.with(|content| content.positions.clone()),
        ))
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        self.0.with(|content| {
            for batch in batches {
                let rows = batch
                    .events()
                    .iter()
                    .filter_map(|event| event.payload().as_bytes());
                content
                    .rows
                    .extend(rows.map(|bytes| String::from_utf8_lossy(bytes).into_owned()));
                content
                    .positions
                    .insert(batch.source().clone(), batch.through());
            }
        });
        Ok(())
    }

    async fn reset(&mut self) -> Result<(), ComponentError> {
        self.0.with(|content| *content = Content::default());
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<(), BoxError> {
    let table = Table::default();
    for to in [3, 5] {
        let mut registry = Registry::new();
        register_numbers(&mut registry)?;
        let rows = table.clone();
        registry.sink(
            ComponentKind::sink("table", "keeps rows"),
            move |(): (), _context| Ok(Box::new(TableSink(rows.clone()))),
        )?;
        let pipeline = PipelineSpec::builder("numbers")
            .source(
                "numbers",
                Component::native("count").config(json!({"to": to})),
            )
            .sink("table", Component::native("table").input("numbers"))
            .build()?;
        // A runner with no store of its own knows nothing of the run before; the sink does.
        Runner::builder(registry)
            .build()
            .start(&pipeline)?
            .wait()
            .await;
        println!(
            "counted to {to}: {:?}",
            table.with(|content| content.rows.clone())
        );
    }
    assert_eq!(table.with(|content| content.rows.join(" ")), "1 2 3 4 5");
    Ok(())
}
