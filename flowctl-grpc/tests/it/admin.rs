//! Looking at a run and stopping it, from another process.

use std::{
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use flowctl_core::{
    ComponentId, Outcome,
    executor::{ExecutorError, ExecutorErrorKind, LogLine, LogOptions, Stream},
    run::{ComponentLine, ComponentLog, LogSource},
};
use flowctl_grpc::{
    AdminClient, AdminSocket, ControlPlaneServer, ControlPlaneSettings, DialError, RunToken, Token,
    proto::admin::{EventsResponse, LogStream, events_response::Event, logs_response::Response},
};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::JoinSet;
use tonic::Code;

use crate::plane::counting;

#[tokio::test]
async fn a_run_is_seen_and_stopped_through_its_socket() {
    let folder = tempfile::tempdir().unwrap();
    let counting = counting(100, false).await;
    let run = Arc::new(counting.served().control_plane("127.0.0.1:8080"));
    let socket = AdminSocket::serve(folder.path(), run).unwrap();
    let (history, control) = (counting.history.clone(), counting.handle.control());
    let mut followed = JoinSet::new();
    followed.spawn(async move { history.follow(&control).await });
    counting.taken(100).await;

    let client = AdminClient::in_folder(folder.path()).await.unwrap();
    let status = client.status().await.unwrap();
    assert_eq!(
        (status.pipeline.as_str(), status.namespace.as_str()),
        ("numbers", "default")
    );
    assert_eq!(status.pid, std::process::id());
    assert_eq!(status.control_plane, "127.0.0.1:8080");
    assert!(status.outcome.is_none() && status.started.is_some());
    let [source, sink] = &status.components[..] else {
        unreachable!("the pipeline has two components")
    };
    assert_eq!((source.id.as_str(), source.role.as_str()), ("in", "source"));
    assert_eq!((source.events_out, sink.events_in), (Some(100), Some(100)));
    assert_eq!(
        (sink.executor.as_str(), sink.generation, sink.restarts),
        ("native", 1, 0)
    );
    assert_eq!(sink.positions["in"], 100);
    let edges: Vec<_> = status
        .edges
        .iter()
        .map(|one| (&*one.from, &*one.to, &*one.via))
        .collect();
    assert_eq!(edges, [("in", "out", "linked")]);

    let runs = client.runs(0).await.unwrap().runs;
    assert_eq!(runs.len(), 1);
    assert_eq!(
        (runs[0].id.as_str(), runs[0].status.as_str()),
        (status.run.as_str(), "running")
    );
    assert_eq!((runs[0].events_in, runs[0].events_out), (100, 100));

    // Some follow until the end, also those who come late.
    let following = client.events(0, true).await.unwrap();
    client.stop(None).await.unwrap();
    let report = counting.handle.wait().await;
    assert_eq!(report.outcome, Outcome::Drained);
    let events: Vec<EventsResponse> = following.try_collect().await.unwrap();
    let numbers: Vec<_> = events.iter().map(|event| event.number).collect();
    assert_eq!(numbers, (1..=events.len() as u64).collect::<Vec<_>>());
    let Some(Event::Ended(ended)) = &events.last().unwrap().event else {
        unreachable!("nothing follows the end")
    };
    assert_eq!(ended.outcome.as_ref().unwrap().outcome, "drained");
    let late = client.events(numbers.len() as u64 - 1, true).await.unwrap();
    assert_eq!(late.count().await, 1);
    assert_eq!(
        client.events(0, false).await.unwrap().count().await,
        events.len()
    );
    assert_eq!(
        client.status().await.unwrap().outcome.unwrap().outcome,
        "drained"
    );
    followed.join_next().await.unwrap().unwrap().unwrap();
    assert_eq!(client.runs(5).await.unwrap().runs[0].status, "drained");

    socket.stop().await;
    assert!(!folder.path().join(AdminSocket::FILE).exists());
    assert_eq!(client.status().await.unwrap_err().code(), Code::Unavailable);
    let gone = AdminClient::in_folder(folder.path()).await.unwrap_err();
    assert!(matches!(gone, DialError::Unreachable { .. }));
}

#[tokio::test]
async fn the_socket_is_the_users_alone_and_replaces_one_that_was_left() {
    let folder = tempfile::tempdir().unwrap();
    // A path far longer than a socket's may be.
    let deep = folder.path().join("x".repeat(120)).join("y".repeat(120));
    std::fs::create_dir_all(&deep).unwrap();
    let counting = counting(1, false).await;
    let run = Arc::new(counting.served());
    let left = AdminSocket::serve(&deep, Arc::clone(&run)).unwrap();
    // As after a crash: the file is there, and nobody takes it away.
    let before = std::fs::metadata(deep.join(AdminSocket::FILE))
        .unwrap()
        .ino();
    let socket = AdminSocket::serve(&deep, run).unwrap();
    let metadata = std::fs::metadata(deep.join(AdminSocket::FILE)).unwrap();
    assert_ne!(metadata.ino(), before);
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
    let names = std::fs::read_dir(&deep)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    assert_eq!(names.collect::<Vec<_>>(), [AdminSocket::FILE]);
    AdminClient::in_folder(&deep)
        .await
        .unwrap()
        .status()
        .await
        .unwrap();
    drop((socket, left));
}

#[tokio::test]
async fn the_port_asks_for_the_token_also_on_loopback() {
    let folder = tempfile::tempdir().unwrap();
    let token = RunToken::create(folder.path()).unwrap();
    let file = std::fs::metadata(folder.path().join(RunToken::FILE)).unwrap();
    assert_eq!(file.permissions().mode() & 0o777, 0o600);
    let mut settings = ControlPlaneSettings::default();
    settings.port = Some(0);
    settings.token = Some(token);
    let server = ControlPlaneServer::start(settings.clone()).await.unwrap();
    let at = server.address().to_string();
    let client = AdminClient::at(&at, RunToken::read(folder.path()).unwrap())
        .await
        .unwrap();
    let early = client.status().await.unwrap_err();
    assert_eq!(early.code(), Code::FailedPrecondition);
    let counting = counting(5, true).await;
    server.serve_run(Arc::new(counting.served()));
    assert_eq!(client.status().await.unwrap().pipeline, "numbers");

    let wrong = AdminClient::at(&at, Token::new("guess")).await.unwrap();
    assert_eq!(
        wrong.status().await.unwrap_err().code(),
        Code::Unauthenticated
    );
    let refused = wrong.stop(Some(Duration::ZERO)).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unauthenticated);
    // A new run has a new one.
    let second = RunToken::create(folder.path()).unwrap();
    let stale = AdminClient::at(&at, second).await.unwrap();
    assert_eq!(
        stale.status().await.unwrap_err().code(),
        Code::Unauthenticated
    );

    settings.token = None;
    let open = ControlPlaneServer::start(settings).await.unwrap();
    let client = AdminClient::at(&open.address().to_string(), Token::new("any"))
        .await
        .unwrap();
    assert_eq!(
        client.status().await.unwrap_err().code(),
        Code::PermissionDenied
    );
}

/// Two components with known logs, and one whose logs cannot be had.
#[derive(Debug)]
struct Books;

fn line(second: u64, stream: Stream, text: &'static [u8]) -> Result<ComponentLine, ExecutorError> {
    let at = SystemTime::UNIX_EPOCH + Duration::from_secs(second);
    Ok(ComponentLine::new(
        1,
        2,
        LogLine::new(at, stream, text.into()),
    ))
}

#[tonic::async_trait]
impl LogSource for Books {
    fn components(&self) -> Vec<ComponentId> {
        ["a", "b", "broken"].map(|id| id.parse().unwrap()).to_vec()
    }

    async fn log(
        &self,
        component: &ComponentId,
        options: LogOptions,
    ) -> Result<ComponentLog, ExecutorError> {
        let lines = match component.as_str() {
            "a" => vec![
                line(1, Stream::Out, b"a1"),
                line(4, Stream::Err, b"a4 \xff"),
                line(6, Stream::Out, b"a6"),
            ],
            "b" => vec![line(2, Stream::Out, b"b2"), line(5, Stream::Out, b"b5")],
            _ => {
                let kind = ExecutorErrorKind::Unavailable;
                return Err(ExecutorError::new("books", "read the logs of", kind));
            }
        };
        let surplus = options
            .tail
            .map_or(0, |tail| lines.len().saturating_sub(tail));
        Ok(ComponentLog::new(stream::iter(
            lines.into_iter().skip(surplus),
        )))
    }
}

async fn read(folder: &Path, components: &[&str], tail: Option<u64>) -> Vec<String> {
    let client = AdminClient::in_folder(folder).await.unwrap();
    let components = components.iter().map(|id| (*id).to_owned()).collect();
    let wanted = AdminClient::wanted_logs(components, None, tail, false);
    let lines = client.logs(wanted).await.unwrap();
    let shown = lines.map(|answer| match answer.unwrap().response.unwrap() {
        Response::Line(line) => {
            let mark = if line.stream() == LogStream::Err {
                "!"
            } else {
                ""
            };
            assert_eq!((line.instance, line.generation), (1, 2));
            format!("{mark}{} {}", line.component, line.text.escape_ascii())
        }
        Response::Missing(missing) => format!("{}: {}", missing.component, missing.reason),
    });
    shown.collect().await
}

#[tokio::test]
async fn logs_come_in_the_order_of_time_with_exact_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let counting = counting(1, false).await;
    let run = Arc::new(counting.served().logs(Arc::new(Books)));
    let _socket = AdminSocket::serve(folder.path(), run).unwrap();
    let all = ["a a1", "b b2", "!a a4 \\xff", "b b5", "a a6"];
    assert_eq!(read(folder.path(), &["a", "b"], None).await, all);
    assert_eq!(read(folder.path(), &["b"], Some(1)).await, ["b b5"]);
    let every = read(folder.path(), &[], None).await;
    assert!(every[0].starts_with("broken: "), "{every:?}");
    assert_eq!(every[1..], all);
    let unknown = read(folder.path(), &["c"], None).await;
    assert_eq!(unknown, ["c: there is no such component"]);
}
