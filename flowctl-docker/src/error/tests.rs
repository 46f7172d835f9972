use super::*;

fn answer(status_code: u16, message: &str) -> Error {
    Error::DockerResponseServerError {
        status_code,
        message: message.to_owned(),
    }
}

fn in_stream(error: &str) -> Error {
    Error::DockerStreamError {
        error: error.to_owned(),
    }
}

fn system(kind: io::ErrorKind) -> Error {
    Error::IOError {
        err: io::Error::new(kind, "recorded"),
    }
}

/// Recorded from Docker 20.10.24, but for the ones that are marked.
#[test]
fn every_row_of_the_table_is_met_by_a_recorded_answer() {
    use Call::{CloseRun, Create, Exec, FindImage, Inspect, OpenRun, Pull, Push, Remove, Start};
    use ExecutorErrorKind as Kind;
    #[rustfmt::skip]
    let cases = [
        (OpenRun, answer(404, "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network"), Kind::ResourceExhausted),
        // Docker 27.
        (OpenRun, answer(400, "all predefined address pools have been fully subnetted"), Kind::ResourceExhausted),
        (Create, answer(500, "mkdir /var/lib/docker/overlay2/x: no space left on device"), Kind::ResourceExhausted),
        (Create, answer(500, "mkdir /var/lib/docker/overlay2/x: disk quota exceeded"), Kind::ResourceExhausted),
        (Start, answer(500, "failed to create shim task: fork/exec: cannot allocate memory: unknown"), Kind::ResourceExhausted),
        (Pull, answer(500, "Get \"http://127.0.0.1:5000/v2/x/manifests/1\": unauthorized: authentication required"), Kind::PermissionDenied),
        (Pull, answer(500, "Head \"http://127.0.0.1:5000/v2/x/manifests/1\": no basic auth credentials"), Kind::PermissionDenied),
        (Push, in_stream("authentication required"), Kind::PermissionDenied),
        (Pull, answer(404, "pull access denied for x, repository does not exist or may require 'docker login': denied: requested access to the resource is denied"), Kind::PermissionDenied),
        (Inspect, answer(502, "Bad Gateway"), Kind::Unavailable),
        (Inspect, answer(503, "daemon is shutting down"), Kind::Unavailable),
        (Pull, answer(500, "Get \"https://registry-1.docker.io/v2/\": dial tcp: lookup registry-1.docker.io: no such host"), Kind::ImageUnavailable),
        (Pull, answer(404, "manifest for 127.0.0.1:5000/x:2 not found: manifest unknown: manifest unknown"), Kind::ImageUnavailable),
        (Pull, in_stream("filesystem layer verification failed for digest sha256:00"), Kind::ImageUnavailable),
        (FindImage, answer(404, "No such image: x:latest"), Kind::ImageUnavailable),
        (Create, answer(404, "No such image: x:latest"), Kind::ImageUnavailable),
        (Create, answer(404, "image with reference x was found but does not match the specified platform: wanted linux/arm64, actual: linux/amd64"), Kind::ImageUnavailable),
        (Inspect, answer(404, "No such container: 0123"), Kind::NotFound),
        (Start, answer(404, "network 0123 not found"), Kind::NotFound),
        (Start, answer(500, "driver failed programming external connectivity on endpoint x: Error starting userland proxy: listen tcp4 127.0.0.1:80: bind: address already in use"), Kind::Busy),
        (Start, answer(500, "driver failed programming external connectivity on endpoint x: Bind for 127.0.0.1:80 failed: port is already allocated"), Kind::Busy),
        (CloseRun, answer(403, "error while removing network: network n id 0123 has active endpoints"), Kind::Busy),
        (Remove, answer(409, "You cannot remove a running container 0123. Stop the container before attempting removal or force remove"), Kind::Busy),
        (Exec, answer(409, "Container 0123 is not running"), Kind::NotFound),
        // A proxy before the engine.
        (Inspect, answer(401, "authorization required"), Kind::PermissionDenied),
        (Inspect, answer(403, "authorization denied by plugin"), Kind::PermissionDenied),
        (Start, answer(500, "context deadline exceeded: unknown"), Kind::Timeout),
        (Start, answer(400, "failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: \"/none\": stat /none: no such file or directory: unknown"), Kind::Failed),
        (Create, answer(409, "Conflict. The container name \"/x\" is already in use by container \"0123\"."), Kind::Failed),
        (Create, answer(400, "Minimum memory limit allowed is 6MB"), Kind::Failed),
        (Start, answer(500, "unable to find user nobody: no matching entries in passwd file"), Kind::Failed),
    ];
    let mut met = vec![false; TABLE.len()];
    for (call, cause, expected) in cases {
        assert_eq!(kind(call, &cause), expected, "{call:?} {cause}");
        let (status, message) = match &cause {
            Error::DockerResponseServerError {
                status_code,
                message,
            } => (*status_code, message.to_lowercase()),
            Error::DockerStreamError { error } => (0, error.to_lowercase()),
            other => panic!("{other} has no row"),
        };
        let row = TABLE.iter().position(|row| {
            (row.calls.is_empty() || row.calls.contains(&call))
                && (row.status == 0 || row.status == status)
                && message.contains(row.says)
        });
        met[row.unwrap()] = true;
    }
    let unmet: Vec<_> = std::iter::zip(TABLE, met)
        .filter(|(_, met)| !met)
        .map(|(row, _)| (row.status, row.says))
        .collect();
    assert_eq!(unmet, [], "rows that no recorded answer meets");
}

#[test]
fn what_never_reached_the_engine_has_its_kind_too() {
    use ExecutorErrorKind as Kind;
    for (cause, expected) in [
        (Error::RequestTimeoutError, Kind::Timeout),
        (
            Error::SocketNotFoundError("/s".to_owned()),
            Kind::Unavailable,
        ),
        (system(io::ErrorKind::ConnectionRefused), Kind::Unavailable),
        (system(io::ErrorKind::UnexpectedEof), Kind::Unavailable),
        (
            system(io::ErrorKind::PermissionDenied),
            Kind::PermissionDenied,
        ),
        (
            Error::UnsupportedURISchemeError {
                uri: "ssh://h".to_owned(),
            },
            Kind::Unsupported {
                field: "ssh://h".to_owned(),
            },
        ),
        (Error::APIVersionParseError {}, Kind::Failed),
    ] {
        assert_eq!(kind(Call::Connect, &cause), expected, "{cause}");
        let broken = matches!(expected, Kind::Unavailable | Kind::Timeout);
        assert_eq!(is_broken(&cause), broken, "{cause}");
    }
}

#[test]
fn a_refused_field_is_unsupported_by_name() {
    let error = Unfit::new("resources.limits.memory", "it is too little").at(Call::Create);
    let expected = ExecutorErrorKind::Unsupported {
        field: "resources.limits.memory".to_owned(),
    };
    assert_eq!(*error.kind(), expected);
    let chain = flowctl_core::Chain(&error).to_string();
    assert!(chain.contains("it is too little"), "{chain}");
}
