//! What the engine's errors mean: one table.

use std::{error::Error as _, io};

use bollard::errors::Error;
use flowctl_core::executor::{ExecutorError, ExecutorErrorKind};

/// The executor's name.
pub(crate) const NAME: &str = "docker";

/// What was asked of the engine when it failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    Connect,
    Ask,
    OpenRun,
    CloseRun,
    FindImage,
    Pull,
    Push,
    Load,
    Create,
    Upload,
    Start,
    List,
    Inspect,
    Wait,
    Stop,
    Remove,
    Logs,
    Exec,
    Volumes,
}

impl Call {
    /// The verb phrase of [`ExecutorError::new`].
    pub(crate) const fn action(self) -> &'static str {
        match self {
            Self::Connect => "reach the engine",
            Self::Ask => "ask the engine",
            Self::OpenRun => "open the run",
            Self::CloseRun => "close the run",
            Self::FindImage => "find the image of",
            Self::Pull => "pull the image of",
            Self::Push => "push the image",
            Self::Load => "load the image",
            Self::Create => "create",
            Self::Upload => "hand its secrets to",
            Self::Start => "start",
            Self::List => "list the run",
            Self::Inspect => "find",
            Self::Wait => "wait for",
            Self::Stop => "stop",
            Self::Remove => "remove",
            Self::Logs => "read the logs of",
            Self::Exec => "run a command in",
            Self::Volumes => "find the volumes",
        }
    }
}

/// The error of a call.
pub(crate) fn failed(call: Call, cause: Error) -> ExecutorError {
    ExecutorError::new(NAME, call.action(), kind(call, &cause)).caused_by(cause)
}

/// Whether the engine, not what was asked of it, is the trouble.
pub(crate) fn is_broken(cause: &Error) -> bool {
    kind(Call::Ask, cause) == ExecutorErrorKind::Unavailable
}

/// Whether the engine says that there is no such thing.
pub(crate) const fn is_absent(cause: &Error) -> bool {
    matches!(
        cause,
        Error::DockerResponseServerError {
            status_code: 404,
            ..
        }
    )
}

/// Whether the engine says that the thing is in another state than the call needs.
pub(crate) const fn is_conflict(cause: &Error) -> bool {
    matches!(
        cause,
        Error::DockerResponseServerError {
            status_code: 409,
            ..
        }
    )
}

/// One line of the table: the first that fits decides.
struct Row {
    /// The calls it is about; none for all.
    calls: &'static [Call],
    /// The status of the answer; 0 for any, and for errors inside a stream, which have none.
    status: u16,
    /// What the message holds, in lower case; empty for anything.
    says: &'static str,
    kind: ExecutorErrorKind,
}

const fn row(
    calls: &'static [Call],
    status: u16,
    says: &'static str,
    kind: ExecutorErrorKind,
) -> Row {
    Row {
        calls,
        status,
        says,
        kind,
    }
}

const IMAGES: &[Call] = &[Call::FindImage, Call::Pull, Call::Push];

/// What the engine's words mean. The texts are those of Docker 20.10 unless noted.
#[rustfmt::skip]
const TABLE: &[Row] = {
    use ExecutorErrorKind as Kind;
    &[
        // No room. The one about networks comes with a 404.
        row(&[], 0, "non-overlapping ipv4 address pool", Kind::ResourceExhausted),
        row(&[], 0, "all predefined address pools have been fully subnetted", Kind::ResourceExhausted),
        row(&[], 0, "no space left on device", Kind::ResourceExhausted),
        row(&[], 0, "disk quota exceeded", Kind::ResourceExhausted),
        row(&[], 0, "cannot allocate memory", Kind::ResourceExhausted),
        // A registry that wants to know who asks, or knows and refuses.
        row(IMAGES, 0, "unauthorized", Kind::PermissionDenied),
        row(IMAGES, 0, "no basic auth credentials", Kind::PermissionDenied),
        row(IMAGES, 0, "authentication required", Kind::PermissionDenied),
        row(IMAGES, 0, "access to the resource is denied", Kind::PermissionDenied),
        // The engine on its way down or up.
        row(&[], 502, "", Kind::Unavailable),
        row(&[], 503, "", Kind::Unavailable),
        row(IMAGES, 0, "", Kind::ImageUnavailable),
        row(&[Call::Create], 404, "no such image", Kind::ImageUnavailable),
        row(&[Call::Create], 404, "does not match the specified platform", Kind::ImageUnavailable),
        row(&[], 404, "", Kind::NotFound),
        // A port that somebody else has, on the host or in the engine.
        row(&[Call::Start], 0, "address already in use", Kind::Busy),
        row(&[Call::Start], 0, "port is already allocated", Kind::Busy),
        // What still runs, or still has something attached.
        row(&[Call::CloseRun], 403, "has active endpoints", Kind::Busy),
        row(&[Call::Remove, Call::CloseRun], 409, "", Kind::Busy),
        // A command needs a running container.
        row(&[Call::Exec], 409, "", Kind::NotFound),
        row(&[], 401, "", Kind::PermissionDenied),
        row(&[], 403, "", Kind::PermissionDenied),
        row(&[], 0, "context deadline exceeded", Kind::Timeout),
        row(&[], 0, "", Kind::Failed),
    ]
};

pub(crate) fn kind(call: Call, cause: &Error) -> ExecutorErrorKind {
    let (status, message) = match cause {
        Error::DockerResponseServerError {
            status_code,
            message,
        } => (*status_code, message.as_str()),
        Error::DockerStreamError { error } => (0, error.as_str()),
        // Nobody has answered at all.
        Error::RequestTimeoutError | Error::SocketNotFoundError(_) => {
            return ExecutorErrorKind::Unavailable;
        }
        Error::UnsupportedURISchemeError { uri } => {
            return ExecutorErrorKind::Unsupported { field: uri.clone() };
        }
        Error::HyperLegacyError { .. }
        | Error::HyperResponseError { .. }
        | Error::IOError { .. } => {
            return if is_forbidden(cause) {
                ExecutorErrorKind::PermissionDenied
            } else {
                ExecutorErrorKind::Unavailable
            };
        }
        _ => return ExecutorErrorKind::Failed,
    };
    let message = message.to_lowercase();
    TABLE
        .iter()
        .find(|row| {
            (row.calls.is_empty() || row.calls.contains(&call))
                && (row.status == 0 || row.status == status)
                && message.contains(row.says)
        })
        .map_or(ExecutorErrorKind::Failed, |row| row.kind.clone())
}

/// Whether the operating system refused, anywhere down the chain of causes.
fn is_forbidden(cause: &Error) -> bool {
    let mut at = cause.source();
    if let Error::IOError { err } = cause
        && err.kind() == io::ErrorKind::PermissionDenied
    {
        return true;
    }
    while let Some(error) = at {
        if let Some(error) = error.downcast_ref::<io::Error>()
            && error.kind() == io::ErrorKind::PermissionDenied
        {
            return true;
        }
        at = error.source();
    }
    false
}

/// A field of a spec that this engine or this executor cannot honour, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Unfit {
    /// The field's name in YAML.
    pub(crate) field: String,
    pub(crate) reason: String,
}

impl Unfit {
    pub(crate) fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            reason: reason.into(),
        }
    }

    /// As the error of a call.
    pub(crate) fn at(self, call: Call) -> ExecutorError {
        let field = self.field.clone();
        ExecutorError::new(
            NAME,
            call.action(),
            ExecutorErrorKind::Unsupported { field },
        )
        .caused_by(self)
    }
}

#[cfg(test)]
mod tests {
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
        use Call::{
            CloseRun, Create, Exec, FindImage, Inspect, OpenRun, Pull, Push, Remove, Start,
        };
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
            (Error::RequestTimeoutError, Kind::Unavailable),
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
            assert_eq!(is_broken(&cause), expected == Kind::Unavailable, "{cause}");
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
}
