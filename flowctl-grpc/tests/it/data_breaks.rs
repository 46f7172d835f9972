//! What happens when the component itself is started anew, drains, or hangs.

use std::{sync::atomic::Ordering, time::Duration};

use flowctl_core::{
    Batch, ComponentError, Disposition, Event, Payload, Processor, Sink, Source,
    component::{Next, OpenSink, Resume},
    testing::{Numbers, Vault, VaultFault},
};
use flowctl_grpc::{
    Offer,
    data::{self, DataProcessor, DataSink, DataSource},
};

use crate::{
    breaker::Breaker,
    lab::{Lab, context, id, quick},
    scripted::Fan,
};

fn batch(sequences: std::ops::RangeInclusive<u64>) -> Batch {
    let event = |n: u64| Event::new("number".parse().unwrap(), n, Payload::bytes(n.to_string()));
    Batch::new(
        id("numbers"),
        *sequences.end(),
        sequences.map(event).collect(),
    )
}

fn writes_to(vault: &Vault) -> Offer {
    let vault = vault.clone();
    Offer::new("far").sink(move || Ok(vault.sink()))
}

/// A server, and the way to it.
async fn served(offer: &Offer) -> (Lab, Breaker) {
    let lab = Lab::data(offer).await;
    let breaker = Breaker::before(lab.address, []).await;
    (lab, breaker)
}

/// The server is gone, and another one answers in its place.
async fn anew(breaker: &Breaker, offer: &Offer) -> Lab {
    let lab = Lab::data(offer).await;
    breaker.switch(lab.address);
    lab
}

#[tokio::test]
async fn a_sink_that_was_started_anew_is_given_only_what_it_does_not_hold() {
    let vault = Vault::new();
    let (_lab, way) = served(&writes_to(&vault)).await;
    let mut sink = DataSink::new(quick(), way.address(), &context());
    sink.open(&OpenSink::default()).await.unwrap();
    sink.write(&[batch(1..=3)]).await.unwrap();

    // It wrote 4 to 6, and died before it could say so.
    let mut other = vault.sink();
    other.write(&[batch(4..=6)]).await.unwrap();
    let _other = anew(&way, &writes_to(&vault)).await;
    sink.write(&[batch(4..=6), batch(7..=9)]).await.unwrap();
    assert_eq!(vault.sequences(), (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_sink_that_lost_what_it_had_acknowledged_is_an_error_until_the_end() {
    let vault = Vault::new();
    let (_lab, way) = served(&writes_to(&vault)).await;
    let mut sink = DataSink::new(quick(), way.address(), &context());
    sink.open(&OpenSink::default()).await.unwrap();
    sink.write(&[batch(1..=3)]).await.unwrap();
    vault.clear();
    let _other = anew(&way, &writes_to(&vault)).await;
    for _ in 0..2 {
        let error = sink.write(&[batch(4..=6)]).await.unwrap_err();
        assert!(error.is_transient(), "the pipeline starts again: {error}");
        assert!(error.to_string().contains("holds less"), "{error}");
    }
    assert_eq!(vault.sequences(), Vec::<u64>::new());
}

#[tokio::test]
async fn a_processor_with_a_state_is_not_used_after_it_was_started_anew() {
    let offer = |stateless: bool| {
        let offer = Offer::new("far").processor(|| Ok(Box::new(Fan::default())));
        if stateless { offer.stateless() } else { offer }
    };
    for (stateless, lenient) in [(false, false), (false, true), (true, false)] {
        let (_lab, way) = served(&offer(stateless)).await;
        let mut processor = DataProcessor::new(quick(), way.address(), &context());
        if lenient {
            processor = processor.under_lenient_policy();
        }
        processor.open().await.unwrap();
        processor.process(&batch(1..=3)).await.unwrap();
        let _other = anew(&way, &offer(stateless)).await;
        for _ in 0..2 {
            let answer = processor.process(&batch(4..=6)).await;
            match answer {
                Ok(_) => assert!(stateless),
                Err(error) => {
                    assert!(!stateless);
                    assert_eq!(*error.disposition() == Disposition::Stop, lenient);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_second_writer_takes_over_and_the_first_is_told() {
    let vault = Vault::new();
    let lab = Lab::data(&writes_to(&vault)).await;
    let mut first = DataSink::new(quick(), lab.address(), &context());
    first.open(&OpenSink::default()).await.unwrap();
    first.write(&[batch(1..=3)]).await.unwrap();
    let mut second = DataSink::new(quick(), lab.address(), &context());
    second.open(&OpenSink::default()).await.unwrap();
    second.write(&[batch(4..=6)]).await.unwrap();
    for _ in 0..2 {
        let error = first.write(&[batch(4..=6)]).await.unwrap_err();
        assert_eq!(*error.disposition(), Disposition::Stop);
        assert!(error.to_string().contains("took"), "{error}");
    }
    second.write(&[batch(7..=9)]).await.unwrap();
    assert_eq!(vault.sequences(), (1..=9).collect::<Vec<_>>());
}

#[tokio::test]
async fn errors_of_a_sink_come_with_what_they_ask_for_and_nothing_of_the_call_is_written() {
    let vault = Vault::new();
    let lab = Lab::data(&writes_to(&vault)).await;
    let mut sink = DataSink::new(quick(), lab.address(), &context());
    sink.open(&OpenSink::default()).await.unwrap();
    vault.plan([VaultFault::Retry, VaultFault::Unspecified, VaultFault::Stop]);
    for (disposition, says) in [
        (Disposition::Retry, "the vault is busy"),
        (Disposition::Unspecified, "the vault refuses"),
        (Disposition::Stop, "the vault is gone"),
    ] {
        let error = sink.write(&[batch(1..=3)]).await.unwrap_err();
        assert_eq!(
            (error.disposition(), &*error.to_string()),
            (&disposition, says)
        );
    }
    sink.write(&[batch(1..=3)]).await.unwrap();
    assert_eq!(vault.sequences(), [1, 2, 3]);

    // One that panics is made anew.
    vault.plan([VaultFault::Panic]);
    let error = sink.write(&[batch(4..=6)]).await.unwrap_err();
    assert!(error.to_string().contains("panicked"), "{error}");
    sink.write(&[batch(4..=6)]).await.unwrap();
    assert_eq!(vault.sequences(), [1, 2, 3, 4, 5, 6]);
}

#[tokio::test]
async fn a_call_that_was_dropped_does_not_answer_the_next() {
    let fan = Fan::default();
    let made = fan.clone();
    let offer = Offer::new("far").processor(move || Ok(Box::new(made.clone())));
    let lab = Lab::data(&offer).await;
    let mut processor = DataProcessor::new(quick(), lab.address(), &context());
    processor.open().await.unwrap();
    for dropped in 0..20_u32 {
        let one = batch(1..=1);
        let call = processor.process(&one);
        // Somewhere on its way.
        let _ = tokio::time::timeout(Duration::from_micros(u64::from(dropped) * 40), call).await;
        let answer = processor.process(&batch(7..=7)).await.unwrap();
        assert_eq!(answer.events()[0].sequence(), 7);
    }
    assert!(fan.calls.load(Ordering::Relaxed) >= 20);
}

#[tokio::test]
async fn a_drained_source_ends_after_a_whole_batch_and_goes_on_at_its_next_start() {
    let numbers =
        || Offer::new("far").source(|_| Ok(Box::new(Numbers::to(300).per_batch(3).then_idle())));
    let offer = numbers();
    let (lab, way) = served(&offer).await;
    let mut source = DataSource::new(quick(), way.address(), context());
    source.identify().await.unwrap();
    source.open(Resume::default()).await.unwrap();
    let mut seen = Vec::new();
    let take = |batch: &Next, seen: &mut Vec<u64>| match batch {
        Next::Batch(batch) => {
            assert_eq!(batch.events.len(), 3, "whole batches only");
            seen.extend(batch.events.iter().map(Event::sequence));
            true
        }
        _ => false,
    };
    let first = source.next().await.unwrap();
    take(&first, &mut seen);
    assert!(data::drain(&quick(), &lab.address()).await.unwrap());
    assert!(offer.draining().is_cancelled());
    let _other = anew(&way, &numbers()).await;
    while take(&source.next().await.unwrap(), &mut seen) {}
    assert_eq!(seen, (1..=300).collect::<Vec<_>>());
    source.close().await.unwrap();
}

#[tokio::test]
async fn a_reader_that_drains_does_not_connect_again_and_still_acknowledges() {
    let scripted = crate::scripted::Scripted::new(vec![crate::scripted::Step::Batch(
        flowctl_core::event::SourceBatch::new(
            batch(1..=3).events().to_vec(),
            flowctl_core::Position::at(3),
        ),
    )]);
    let made = scripted.clone();
    let offer = Offer::new("far").source(move |_| Ok(Box::new(made.clone())));
    let lab = Lab::data(&offer).await;
    let context = context();
    let mut source = DataSource::new(quick(), lab.address(), context.clone());
    source.identify().await.unwrap();
    source.open(Resume::default()).await.unwrap();
    let Next::Batch(batch) = source.next().await.unwrap() else {
        panic!("a batch was there");
    };
    context.cancellation.cancel();
    data::drain(&quick(), &lab.address()).await.unwrap();
    source.acknowledged(&batch.through).await.unwrap();
    source.close().await.unwrap();
    offer.finished().await;
    assert_eq!(*scripted.acknowledged.lock().unwrap(), [batch.through]);
}

#[tokio::test]
async fn what_cannot_be_reached_is_an_error_that_may_pass_once_the_time_is_over() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = free.local_addr().unwrap().to_string();
    drop(free);
    let mut dial = quick();
    dial.give_up_after = Duration::from_millis(50);
    let error = DataSource::new(dial, address, context())
        .identify()
        .await
        .unwrap_err();
    assert!(error.is_transient(), "{error}");
}

#[tokio::test]
async fn a_program_without_the_role_says_so() {
    let offer = Offer::new("far").processor(|| Ok(Box::new(Fan::default())));
    let lab = Lab::data(&offer).await;
    let says = |error: ComponentError| {
        assert_eq!(*error.disposition(), Disposition::Stop);
        error.to_string()
    };
    let mut source = DataSource::new(quick(), lab.address(), context());
    let said = says(source.identify().await.unwrap_err());
    assert!(said.ends_with("serves no source"), "{said}");
    let mut sink = DataSink::new(quick(), lab.address(), &context());
    let said = says(sink.open(&OpenSink::default()).await.unwrap_err());
    assert!(said.ends_with("serves no sink"), "{said}");
}

#[tokio::test]
async fn an_event_larger_than_a_message_is_refused_by_name() {
    let vault = Vault::new();
    let lab = Lab::data(&writes_to(&vault)).await;
    let mut sink = DataSink::new(quick(), lab.address(), &context());
    sink.open(&OpenSink::default()).await.unwrap();
    let huge = Event::new(
        "huge".parse().unwrap(),
        2,
        Payload::bytes(vec![0; 65 << 20]),
    );
    let huge = Batch::new(id("numbers"), 2, vec![huge]);
    let error = sink.write(&[batch(1..=1), huge]).await.unwrap_err();
    let Disposition::Skip(events) = error.disposition() else {
        panic!("{error}");
    };
    assert_eq!(events[0].0, 2);
    sink.write(&[batch(1..=1)]).await.unwrap();
    assert_eq!(vault.sequences(), [1]);
}
