//! Components whose behaviour is written down, and what is seen of them.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use flowctl_core::{
    Batch, ComponentError, Event, Metadata, Output, Path, Payload, Position, Processor, Source,
    component::{Next, Resume, SourceIdentity},
    event::SourceBatch,
};
use proptest::prelude::*;

/// What a source says, step by step.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Batch(SourceBatch),
    Idle,
    /// An error that may pass; said once by all sources of the script together.
    Hiccup,
}

/// A source that plays a script, and begins anywhere in it.
#[derive(Clone)]
pub(crate) struct Scripted {
    steps: Arc<Vec<Step>>,
    at: usize,
    hiccups: Arc<Mutex<BTreeSet<usize>>>,
    pub(crate) acknowledged: Arc<Mutex<Vec<Position>>>,
    pub(crate) closed: Arc<AtomicUsize>,
}

impl Scripted {
    pub(crate) fn new(steps: Vec<Step>) -> Self {
        Self {
            steps: Arc::new(steps),
            at: 0,
            hiccups: Arc::default(),
            acknowledged: Arc::default(),
            closed: Arc::default(),
        }
    }
}

#[async_trait]
impl Source for Scripted {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("the script"))
    }

    async fn open(&mut self, resume: Resume) -> Result<(), ComponentError> {
        let Some(after) = resume.after else {
            return Ok(());
        };
        let found = self.steps.iter().position(|step| match step {
            Step::Batch(batch) => batch.through.sequence == after.sequence,
            Step::Idle | Step::Hiccup => false,
        });
        let found = found.ok_or_else(|| ComponentError::stop("there is no such place"))?;
        // Only who gives the cursor back as it was may go on.
        if let Step::Batch(batch) = &self.steps[found]
            && batch.through != after
        {
            return Err(ComponentError::stop("this is not the cursor"));
        }
        self.at = found + 1;
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        tokio::task::yield_now().await;
        let at = self.at;
        let Some(step) = self.steps.get(at).cloned() else {
            return Ok(Next::End);
        };
        self.at += 1;
        match step {
            Step::Batch(batch) => Ok(Next::Batch(batch)),
            Step::Idle => Ok(Next::Idle),
            Step::Hiccup if self.hiccups.lock().unwrap().insert(at) => {
                Err(ComponentError::retry("a hiccup").help("wait"))
            }
            Step::Hiccup => self.next().await,
        }
    }

    async fn acknowledged(&mut self, position: &Position) -> Result<(), ComponentError> {
        self.acknowledged.lock().unwrap().push(position.clone());
        Ok(())
    }

    fn tip(&self) -> Option<u64> {
        Some(self.steps.len() as u64)
    }

    async fn close(&mut self) -> Result<(), ComponentError> {
        self.closed.fetch_add(1, Ordering::Relaxed);
        Ok(())
    }
}

/// Everything about a batch, as text.
pub(crate) fn seen(batch: &SourceBatch) -> String {
    format!(
        "{:?} through {:?}",
        events_seen(&batch.events),
        batch.through
    )
}

/// Everything about events, as text.
pub(crate) fn events_seen(events: &[Event]) -> Vec<String> {
    events
        .iter()
        .map(|event| {
            format!(
                "{} {}[{}] {:?} {:?} {:?}",
                event.event_type(),
                event.sequence(),
                event.path(),
                event.payload().as_bytes(),
                event.timestamp(),
                event.metadata(),
            )
        })
        .collect()
}

/// What a source says until its end, with what is between records.
pub(crate) async fn read_all(source: &mut dyn Source) -> Vec<String> {
    let mut said = Vec::new();
    source.identify().await.unwrap();
    source.open(Resume::default()).await.unwrap();
    loop {
        match source.next().await {
            Ok(Next::Batch(batch)) => {
                said.push(seen(&batch));
                source.acknowledged(&batch.through).await.unwrap();
            }
            Ok(Next::Idle) => said.push("idle".to_owned()),
            Ok(_) => break,
            Err(error) if error.is_transient() => {
                said.push(format!("{error}: {:?}", error.help_text()))
            }
            Err(error) => {
                said.push(format!("ended by {}", flowctl_core::Chain(&error)));
                break;
            }
        }
    }
    said
}

prop_compose! {
    fn event()(
        kind in "(a|b\\.c|d/e-f\\.v1)",
        payload in proptest::collection::vec(any::<u8>(), 0..200),
        seconds in proptest::option::of(-5_000_000_000_i64..5_000_000_000),
        nanos in 0_u32..1_000_000_000,
        labels in proptest::collection::vec(("[a-c]{0,3}", ".{0,5}"), 0..3),
    ) -> Event {
        let mut metadata = Metadata::default();
        for (name, value) in labels {
            metadata.insert(name, value).unwrap();
        }
        let event = Event::new(kind.parse().unwrap(), 0, Payload::bytes(payload)).with_metadata(metadata);
        match seconds {
            None => event,
            Some(seconds) => {
                let away = Duration::from_secs(seconds.unsigned_abs());
                let at = match seconds < 0 {
                    true => SystemTime::UNIX_EPOCH - away,
                    false => SystemTime::UNIX_EPOCH + away,
                };
                event.at(at + Duration::from_nanos(nanos.into()))
            }
        }
    }
}

/// The event under another number.
fn numbered(event: &Event, sequence: u64) -> Event {
    let numbered = Event::new(
        event.event_type().clone(),
        sequence,
        event.payload().clone(),
    )
    .with_metadata(event.metadata().clone());
    match event.timestamp() {
        Some(at) => numbered.at(at),
        None => numbered,
    }
}

/// Batches of a source: rising sequences with holes, empty batches, cursors.
pub(crate) fn batches(most: usize) -> impl Strategy<Value = Vec<SourceBatch>> {
    let batch = (
        proptest::collection::vec((event(), 1_u64..4), 0..5),
        0_u64..3,
        proptest::option::of(proptest::collection::vec(any::<u8>(), 0..4)),
    );
    proptest::collection::vec(batch, 1..most).prop_map(|batches| {
        let mut sequence = 0;
        batches
            .into_iter()
            .map(|(events, beyond, cursor)| {
                let events: Vec<Event> = events
                    .iter()
                    .map(|(event, step)| {
                        sequence += step;
                        numbered(event, sequence)
                    })
                    .collect();
                sequence += beyond + u64::from(events.is_empty());
                let through = Position::at(sequence);
                let through = match cursor {
                    Some(cursor) => through.with_cursor(cursor),
                    None => through,
                };
                SourceBatch::new(events, through)
            })
            .collect()
    })
}

/// A script: batches with pauses and hiccups between.
pub(crate) fn script(most: usize) -> impl Strategy<Value = Vec<Step>> {
    (batches(most), proptest::collection::vec(0_u8..8, most)).prop_map(|(batches, between)| {
        let mut steps = Vec::new();
        for (batch, between) in batches.into_iter().zip(between) {
            steps.push(Step::Batch(batch));
            match between {
                0 => steps.push(Step::Idle),
                1 => steps.push(Step::Hiccup),
                _ => {}
            }
        }
        steps
    })
}

/// A processor that makes as many events of each as its payload says, or passes it on, or leaves it out;
/// it counts its calls, and refuses payloads that begin with 255.
#[derive(Clone, Default)]
pub(crate) struct Fan {
    pub(crate) calls: Arc<AtomicUsize>,
}

#[async_trait]
impl Processor for Fan {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let first = |event: &Event| {
            event
                .payload()
                .as_bytes()
                .and_then(|bytes| bytes.first().copied())
        };
        let refused: Vec<(u64, Path)> = batch
            .events()
            .iter()
            .filter(|event| first(event) == Some(255))
            .map(|event| (event.sequence(), event.path().clone()))
            .collect();
        if !refused.is_empty() {
            return Err(ComponentError::skip("that is too much", refused).help("less"));
        }
        if batch.events().len() == 1 {
            return Ok(Output::unchanged(batch));
        }
        let mut output = Output::new();
        for event in batch.events() {
            match first(event).map_or(0, |byte| byte % 4) {
                0 => {}
                1 => output.emit(event.clone()),
                more => {
                    for index in 0..u32::from(more) {
                        let made =
                            event.derive(index, "made".parse().unwrap(), event.payload().clone());
                        output.emit(made.derive(
                            7,
                            "made.again".parse().unwrap(),
                            Payload::bytes(vec![index as u8]),
                        ));
                    }
                }
            }
        }
        Ok(output)
    }
}

/// What became of batches in a processor, as text.
pub(crate) async fn process_all(
    processor: &mut dyn Processor,
    batches: &[SourceBatch],
) -> Vec<String> {
    processor.open().await.unwrap();
    let mut seen = Vec::new();
    for batch in batches {
        let source = "numbers".parse().unwrap();
        let batch = Batch::new(source, batch.through.sequence, batch.events.clone());
        seen.push(match processor.process(&batch).await {
            Ok(output) => format!("{:?}", events_seen(output.events())),
            Err(error) => format!("{error} {:?} {:?}", error.disposition(), error.help_text()),
        });
    }
    processor.close().await.unwrap();
    seen
}
