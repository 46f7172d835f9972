//! flowctl.v1 between our own ends.

use std::sync::Arc;

use flowctl_core::{
    Batch, Chain, Disposition, Event, Payload, Processor, Sink, Source,
    component::{Next, OpenSink, Resume},
    testing::{Numbers, Vault, VaultFault},
};
use flowctl_grpc::{
    GrpcServer, Offer, ServerSettings,
    proto::v1::{
        self as wire, consumer_service_client::ConsumerServiceClient,
        source_service_client::SourceServiceClient,
    },
    v1::{
        PlainForm, V1Processor, V1Sink, V1Source, consumer_service, processor_service,
        source_service,
    },
};

use crate::{
    breaker::Breaker,
    lab::{Lab, context, id, quick},
    scripted::events_seen,
};

fn form() -> Arc<PlainForm> {
    Arc::new(PlainForm::default())
}

/// Serves everything that is offered in flowctl.v1.
pub(crate) async fn served(offer: &Offer) -> Lab {
    let mut server = GrpcServer::new(ServerSettings::default());
    if let Some(service) = source_service(offer, form()) {
        server = server.add(service);
    }
    if let Some(service) = processor_service(offer, form()) {
        server = server.add(service);
    }
    if let Some(service) = consumer_service(offer, form()) {
        server = server.add(service);
    }
    Lab::of(server).await
}

fn batch(sequences: impl IntoIterator<Item = u64>) -> Batch {
    let event = |n: u64| Event::new("number".parse().unwrap(), n, Payload::bytes(n.to_string()));
    let events: Vec<Event> = sequences.into_iter().map(event).collect();
    let through = events.last().map_or(0, Event::sequence);
    Batch::new(id("numbers"), through, events)
}

pub(crate) async fn sequences(source: &mut dyn Source) -> Vec<u64> {
    let mut sequences = Vec::new();
    loop {
        match source.next().await.unwrap() {
            Next::Batch(batch) => sequences.extend(batch.events.iter().map(Event::sequence)),
            _ => return sequences,
        }
    }
}

#[tokio::test]
async fn a_source_is_read_to_its_end_whatever_breaks() {
    let offer =
        Offer::new("far").source(|_| Ok(Box::new(Numbers::to(400).per_batch(3).sized(100))));
    let lab = served(&offer).await;
    for after in [None, Some(250)] {
        let breaker = Breaker::before(lab.address, [900, 5_000, 40, 20_000]).await;
        let mut source = V1Source::new(quick(), breaker.address(), context(), form());
        let identity = source.identify().await.unwrap();
        assert_eq!(
            (&*identity.fingerprint, identity.rewinds),
            ("numbers", true)
        );
        let resume = after.map(|after| Resume::after(flowctl_core::Position::at(after)));
        source.open(resume.unwrap_or_default()).await.unwrap();
        let first = after.unwrap_or(0) + 1;
        assert_eq!(
            sequences(&mut source).await,
            (first..=400).collect::<Vec<_>>()
        );
    }
}

#[tokio::test]
async fn parameters_go_to_the_factory_and_events_have_names_and_cursors() {
    let offer = Offer::new("far").source(|parameters| {
        let to = parameters
            .get("to")
            .and_then(|to| to.parse().ok())
            .unwrap_or(1);
        Ok(Box::new(Numbers::to(to)))
    });
    let lab = served(&offer).await;
    let mut client = SourceServiceClient::new(quick().connect(&lab.address()).await.unwrap());
    let request = wire::StreamRequest {
        params: [("to".to_owned(), "3".to_owned())].into(),
        resume: true,
        resume_token: "1".to_owned(),
    };
    let mut stream = client.stream_events(request).await.unwrap().into_inner();
    let mut seen = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        let cursor = event.cursor.unwrap();
        seen.push((event.id, event.r#type, cursor.sequence, cursor.index));
    }
    let expected = |n: u64| (format!("far-{n}"), "test.number".to_owned(), n, 0);
    assert_eq!(seen, [expected(2), expected(3)]);
}

#[tokio::test]
async fn what_follows_from_an_event_is_derived_from_it() {
    /// Doubles even numbers, leaves odd ones out, and fails on 13.
    struct Doubles;
    #[async_trait::async_trait]
    impl Processor for Doubles {
        async fn process(
            &mut self,
            batch: &Batch,
        ) -> Result<flowctl_core::Output, flowctl_core::ComponentError> {
            let mut output = flowctl_core::Output::new();
            for event in batch.events() {
                if event.sequence() == 13 {
                    return Err(flowctl_core::ComponentError::new("thirteen"));
                }
                for index in 0..(1 - event.sequence() % 2) as u32 * 2 {
                    output.emit(event.derive(
                        index,
                        "double".parse().unwrap(),
                        event.payload().clone(),
                    ));
                }
            }
            Ok(output)
        }
    }
    let offer = Offer::new("far").processor(|| Ok(Box::new(Doubles)));
    let lab = served(&offer).await;
    let breaker = Breaker::before(lab.address, [300, 1_500, 700]).await;
    let mut afar = V1Processor::new(quick(), breaker.address(), &context(), form());
    afar.open().await.unwrap();
    for batch in [batch(1..=4), batch([]), batch([7, 8, 12])] {
        let here = Doubles.process(&batch).await.unwrap();
        let afar = afar.process(&batch).await.unwrap();
        assert_eq!(events_seen(here.events()), events_seen(afar.events()));
    }
    let error = afar.process(&batch([13])).await.unwrap_err();
    assert_eq!(*error.disposition(), Disposition::Unspecified);
    assert!(
        Chain(&error).to_string().contains("thirteen"),
        "{}",
        Chain(&error)
    );
}

#[tokio::test]
async fn the_answer_to_a_write_is_its_acknowledgement() {
    let vault = Vault::new();
    let made = vault.clone();
    let offer = Offer::new("far").sink(move || Ok(made.sink()));
    let lab = served(&offer).await;
    let mut sink = V1Sink::new(quick(), lab.address(), &context(), form());
    sink.open(&OpenSink::default()).await.unwrap();
    // One that may pass is met on the way.
    vault.plan([VaultFault::Retry]);
    sink.write(&[batch(1..=3), batch([]), batch(4..=5)])
        .await
        .unwrap();
    assert_eq!(vault.sequences(), [1, 2, 3, 4, 5]);
    vault.plan([VaultFault::Unspecified]);
    let error = sink.write(&[batch(6..=7)]).await.unwrap_err();
    assert!(
        Chain(&error).to_string().contains("the vault refuses"),
        "{}",
        Chain(&error)
    );
    // What it holds it is not given again.
    sink.write(&[batch(4..=7)]).await.unwrap();
    assert_eq!(vault.sequences(), (1..=7).collect::<Vec<_>>());
}

#[tokio::test]
async fn events_that_a_sink_can_never_take_are_counted_and_the_rest_is_taken() {
    let vault = Vault::new();
    struct Picky(Box<dyn Sink>);
    #[async_trait::async_trait]
    impl Sink for Picky {
        async fn open(
            &mut self,
            open: &OpenSink,
        ) -> Result<flowctl_core::component::Held, flowctl_core::ComponentError> {
            self.0.open(open).await
        }
        async fn write(&mut self, batches: &[Batch]) -> Result<(), flowctl_core::ComponentError> {
            let events = batches.iter().flat_map(Batch::events);
            let odd = events.filter(|event| event.sequence() % 2 == 1);
            let odd: Vec<_> = odd
                .map(|event| (event.sequence(), event.path().clone()))
                .collect();
            match odd.is_empty() {
                true => self.0.write(batches).await,
                false => Err(flowctl_core::ComponentError::skip("odd", odd)),
            }
        }
    }
    let made = vault.clone();
    let offer = Offer::new("far").sink(move || Ok(Box::new(Picky(made.sink()))));
    let lab = served(&offer).await;
    let mut client = ConsumerServiceClient::new(quick().connect(&lab.address()).await.unwrap());
    let event = |sequence: u64| wire::Event {
        r#type: "number".to_owned(),
        cursor: Some(wire::Cursor { sequence, index: 0 }),
        ..wire::Event::default()
    };
    let events: Vec<_> = (1..=5).map(event).collect();
    let answer = client
        .consume(tokio_stream::iter(events))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((answer.events_consumed, answer.events_failed), (2, 3));
    assert_eq!(answer.errors, ["odd", "odd", "odd"]);
    assert_eq!(vault.sequences(), [2, 4]);
}
