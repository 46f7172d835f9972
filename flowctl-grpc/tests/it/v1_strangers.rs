//! flowctl.v1 spoken by programs that this project did not write: no resume, no cursors, no order.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use flowctl_core::{
    Position, Source,
    component::{Next, Resume},
};
use flowctl_grpc::{
    GrpcServer, ServerSettings,
    proto::v1::{
        ComponentInfo, Cursor, Event, HealthCheckRequest, HealthCheckResponse, SaveStateRequest,
        StateRequest, StateResponse, StreamRequest,
        source_service_server::{SourceService, SourceServiceServer},
    },
    v1::{PlainForm, V1Source},
};
use tokio_stream::Iter;
use tonic::{Request, Response, Status};

use crate::{
    lab::{Lab, context, quick},
    v1::sequences,
};

/// Streams the same events from `first` on, and breaks off once after some.
#[derive(Clone)]
struct Stranger {
    events: Vec<Event>,
    first: &'static str,
    breaks_after: Option<usize>,
    asked: Arc<Mutex<Vec<StreamRequest>>>,
    calls: Arc<AtomicUsize>,
}

type Streamed = Iter<std::vec::IntoIter<Result<Event, Status>>>;

#[tonic::async_trait]
impl SourceService for Stranger {
    async fn get_info(&self, _: Request<()>) -> Result<Response<ComponentInfo>, Status> {
        let name = "Stranger".to_owned();
        Ok(Response::new(ComponentInfo {
            name,
            ..ComponentInfo::default()
        }))
    }

    async fn health_check(
        &self,
        _: Request<HealthCheckRequest>,
    ) -> Result<Response<HealthCheckResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    type StreamEventsStream = Streamed;

    async fn stream_events(
        &self,
        request: Request<StreamRequest>,
    ) -> Result<Response<Streamed>, Status> {
        let request = request.into_inner();
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        // As the Go SDK does while the stream before is not gone yet.
        if call == 1 && self.breaks_after.is_some() {
            return Err(Status::unknown("already streaming events"));
        }
        let first = request
            .params
            .get(self.first)
            .and_then(|first| first.parse().ok());
        let first: u64 = first.unwrap_or(0);
        self.asked.lock().unwrap().push(request);
        let named = |event: &Event| {
            event
                .cursor
                .as_ref()
                .is_none_or(|cursor| cursor.sequence >= first)
        };
        let events = self
            .events
            .iter()
            .filter(|event| named(event))
            .cloned()
            .map(Ok);
        let mut events: Vec<_> = events.collect();
        if let (0, Some(after)) = (call, self.breaks_after) {
            events.truncate(after);
            events.push(Err(Status::unavailable("gone")));
        }
        Ok(Response::new(tokio_stream::iter(events)))
    }

    async fn get_state(&self, _: Request<StateRequest>) -> Result<Response<StateResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn save_state(&self, _: Request<SaveStateRequest>) -> Result<Response<()>, Status> {
        Err(Status::unimplemented(""))
    }
}

fn event(cursor: Option<(u64, u32)>) -> Event {
    Event {
        r#type: "thing".to_owned(),
        cursor: cursor.map(|(sequence, index)| Cursor { sequence, index }),
        ..Event::default()
    }
}

fn stranger(events: Vec<Event>, breaks_after: Option<usize>) -> Stranger {
    Stranger {
        events,
        first: "start",
        breaks_after,
        asked: Arc::default(),
        calls: Arc::default(),
    }
}

async fn opened(
    stranger: &Stranger,
    begin_with: Option<&str>,
    after: Option<u64>,
) -> (Lab, V1Source) {
    let server = GrpcServer::new(ServerSettings::default());
    let lab = Lab::of(server.add(SourceServiceServer::new(stranger.clone()))).await;
    let form = Arc::new(PlainForm::default());
    let mut source = V1Source::new(quick(), lab.address(), context(), form)
        .parameters([("start".to_owned(), "100".to_owned())].into());
    if let Some(parameter) = begin_with {
        source = source.begin_with(parameter);
    }
    let identity = source.identify().await.unwrap();
    assert_eq!(identity.fingerprint, "flowctl.v1 Stranger");
    let resume = after.map(|after| Resume::after(Position::at(after)));
    source.open(resume.unwrap_or_default()).await.unwrap();
    (lab, source)
}

#[tokio::test]
async fn records_with_cursors_resume_by_parameter_or_by_leaving_out_what_is_known() {
    let events: Vec<Event> = (100..=120).map(|n| event(Some((n, 0)))).collect();
    for (begin_with, asked) in [(None, "100"), (Some("start"), "107")] {
        let stranger = stranger(events.clone(), Some(7));
        let (_lab, mut source) = opened(&stranger, begin_with, None).await;
        assert_eq!(
            sequences(&mut source).await,
            (100..=120).collect::<Vec<_>>()
        );
        let last = stranger.asked.lock().unwrap().last().cloned().unwrap();
        assert_eq!(last.params["start"], asked);
        assert!(!last.resume, "a stranger does not know our tokens");
    }
}

#[tokio::test]
async fn records_without_cursors_are_named_by_their_place() {
    let stranger = stranger((0..20).map(|_| event(None)).collect(), Some(7));
    // A place is nothing that the parameter could name.
    for begin_with in [None, Some("start")] {
        let (_lab, mut source) = opened(&stranger, begin_with, None).await;
        assert_eq!(sequences(&mut source).await, (1..=20).collect::<Vec<_>>());
        let (_lab, mut source) = opened(&stranger, begin_with, Some(15)).await;
        assert_eq!(sequences(&mut source).await, [16, 17, 18, 19, 20]);
    }
}

#[tokio::test]
async fn records_that_have_no_name_of_their_own_are_refused() {
    for events in [
        vec![event(Some((105, 0))), event(Some((105, 1)))],
        vec![event(Some((105, 0))), event(Some((104, 0)))],
        vec![event(Some((105, 0))), event(None)],
    ] {
        let (_lab, mut source) = opened(&stranger(events, None), None, None).await;
        let error = loop {
            match source.next().await {
                Err(error) => break error,
                Ok(Next::End) => panic!("it came to its end"),
                Ok(_) => {}
            }
        };
        assert!(!error.is_transient());
        assert!(error.to_string().contains("cannot be carried"), "{error}");
    }
}

#[tokio::test]
async fn a_message_that_is_too_large_ends_the_source_and_is_named() {
    let mut large = event(Some((101, 0)));
    large.payload = vec![0; 65 << 20].into();
    let (_lab, mut source) = opened(&stranger(vec![large], None), None, None).await;
    let error = source.next().await.unwrap_err();
    assert!(!error.is_transient());
    let said = flowctl_core::Chain(&error).to_string();
    assert!(
        said.contains("is too large") && said.contains("the limit is"),
        "{said}"
    );
}
