//! What goes over the wire is what would have gone from object to object.

use std::sync::atomic::Ordering;

use flowctl_core::{Batch, Codecs, Sink, component::OpenSink, testing::Vault};
use flowctl_grpc::{
    Offer,
    data::{DataProcessor, DataSink, DataSource},
};
use proptest::prelude::*;

use crate::{
    breaker::Breaker,
    lab::{Lab, context, id, quick},
    scripted::{Fan, Scripted, batches, process_all, read_all, script},
};

fn block_on<T>(future: impl Future<Output = T>) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime.unwrap().block_on(future)
}

/// Where connections break: the first bytes are the greeting of HTTP/2 and the opening of a stream.
fn breaks() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(1_usize..6_000, 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn a_source_says_the_same_from_afar_whatever_breaks(steps in script(12), breaks in breaks()) {
        let unbroken = breaks.is_empty();
        let (mut here, mut afar, closed, last) = block_on(async {
            let here = read_all(&mut Scripted::new(steps.clone())).await;
            let scripted = Scripted::new(steps);
            let made = scripted.clone();
            let offer = Offer::new("far").source(move |_| Ok(Box::new(made.clone())));
            let lab = Lab::data(&offer).await;
            let breaker = Breaker::before(lab.address, breaks).await;
            let mut source = DataSource::new(quick(), breaker.address(), context());
            let afar = read_all(&mut source).await;
            flowctl_core::Source::close(&mut source).await.unwrap();
            lab.stop().await;
            offer.finished().await;
            let last = scripted.acknowledged.lock().unwrap().last().cloned();
            (here, afar, scripted.closed.load(Ordering::Relaxed), last)
        });
        if !unbroken {
            // An error that passed may have been said to nobody.
            let record = |said: &String| !said.starts_with("a hiccup");
            here.retain(record);
            afar.retain(record);
        }
        prop_assert_eq!(&here, &afar);
        prop_assert!(closed > 0);
        if unbroken {
            let last = last.map(|position| format!("{position:?}"));
            let said = here.iter().rev().find_map(|said| said.split(" through ").nth(1));
            prop_assert_eq!(last.as_deref(), said);
        }
    }

    #[test]
    fn a_processor_answers_the_same_from_afar_and_is_called_once(batches in batches(12), breaks in breaks()) {
        let (here, afar, calls) = block_on(async {
            let here = process_all(&mut Fan::default(), &batches).await;
            let fan = Fan::default();
            let made = fan.clone();
            let offer = Offer::new("far").processor(move || Ok(Box::new(made.clone())));
            let lab = Lab::data(&offer).await;
            let breaker = Breaker::before(lab.address, breaks).await;
            let mut processor = DataProcessor::new(quick(), breaker.address(), &context());
            let afar = process_all(&mut processor, &batches).await;
            (here, afar, fan.calls.load(Ordering::Relaxed))
        });
        prop_assert_eq!(here, afar);
        prop_assert_eq!(calls, batches.len());
    }

    #[test]
    fn a_sink_holds_the_same_from_afar_and_nothing_twice(
        batches in batches(12),
        breaks in breaks(),
        keeps_positions: bool,
        together in 1_usize..4,
    ) {
        let vault = || match keeps_positions {
            true => Vault::new(),
            false => Vault::without_positions(),
        };
        let batches: Vec<Batch> = batches
            .into_iter()
            .map(|batch| Batch::new(id("numbers"), batch.through.sequence, batch.events))
            .collect();
        let (here, afar) = block_on(async {
            let here = vault();
            write_all(&mut *here.sink(), &batches, together).await;
            let afar = vault();
            let made = afar.clone();
            let offer = Offer::new("far").sink(move || Ok(made.sink()));
            let lab = Lab::data(&offer).await;
            let breaker = Breaker::before(lab.address, breaks).await;
            let mut sink = DataSink::new(quick(), breaker.address(), &context());
            write_all(&mut sink, &batches, together).await;
            (here, afar)
        });
        prop_assert_eq!(here.events(), afar.events());
        prop_assert_eq!(here.positions(), afar.positions());
        prop_assert_eq!(here.writes(), afar.writes());
    }
}

async fn write_all(sink: &mut dyn Sink, batches: &[Batch], together: usize) {
    sink.open(&OpenSink::default()).await.unwrap();
    for batches in batches.chunks(together) {
        sink.write(batches).await.unwrap();
    }
    sink.close().await.unwrap();
}

#[tokio::test]
async fn a_batch_of_many_megabytes_travels_in_parts() {
    use flowctl_core::{Event, Payload, Position, event::SourceBatch};
    let event = |n: u64| {
        Event::new(
            "big".parse().unwrap(),
            n,
            Payload::bytes(vec![n as u8; 3 << 20]),
        )
    };
    let batch = SourceBatch::new((1..=40).map(event).collect(), Position::at(40));
    let steps = vec![crate::scripted::Step::Batch(batch)];
    let here = read_all(&mut Scripted::new(steps.clone())).await;
    let offer = Offer::new("far")
        .source(move |_| Ok(Box::new(Scripted::new(steps.clone()))))
        .codecs(Codecs::default());
    let lab = Lab::data(&offer).await;
    let mut source = DataSource::new(quick(), lab.address(), context());
    assert_eq!(here, read_all(&mut source).await);
}
