use std::time::Duration;

use flowctl_core::BoxError;
use flowctl_grpc::{
    Address, Dial, Token,
    dial::Connection,
    proto::{
        legacy::{self, control_plane_client::ControlPlaneClient},
        v1::{self, control_plane_service_client::ControlPlaneServiceClient},
    },
};
use tonic::{Code, Request, Status};

use super::Identity;
use crate::program::{
    condition::{State, Verdict},
    settings::ControlPlane,
};

/// How long a call may take.
const DEADLINE: Duration = Duration::from_secs(5);

/// The control plane, called in the way it understands.
#[derive(Clone, Debug)]
pub(super) struct Client {
    endpoint: Address,
    dial: Dial,
    connection: Option<Connection>,
    /// Whether it is of the kind before `flowctl.v1`.
    is_legacy: bool,
}

/// Why a call did not do what it should.
#[derive(Debug)]
pub(super) enum Refusal {
    /// The control plane does not know the program: it must register.
    NotKnown,
    /// Anything else: try again.
    Failed(Status),
}

impl Client {
    /// A client that connects when it first registers.
    pub(super) fn new(control_plane: &ControlPlane) -> Self {
        // It may be upstream's, written in Go.
        let mut dial = Dial::default().gentle();
        dial.token = control_plane.token.clone().map(Token::new);
        Self {
            endpoint: control_plane.endpoint.clone(),
            dial,
            connection: None,
            is_legacy: false,
        }
    }

    /// Registers, and says under which id the program is known from now on.
    pub(super) async fn register(&mut self, identity: &Identity) -> Result<String, BoxError> {
        // It may have been replaced by one of the other kind since it was last asked.
        self.is_legacy = false;
        let connection = match &self.connection {
            Some(connection) => connection.clone(),
            None => {
                let connection = self.dial.connect(&self.endpoint.to_string()).await?;
                self.connection.insert(connection).clone()
            }
        };
        let answer = ControlPlaneServiceClient::new(connection.clone())
            .register_component(within(identity.v1()))
            .await;
        match answer {
            Ok(answer) => Ok(known_as(answer.into_inner().service_id, identity)),
            Err(status) if status.code() == Code::Unimplemented => {
                let mut client = ControlPlaneClient::new(connection);
                let answer = client
                    .register(within(identity.legacy()))
                    .await?
                    .into_inner();
                self.is_legacy = true;
                Ok(known_as(answer.service_id, identity))
            }
            Err(status) => Err(status.into()),
        }
    }

    /// Says how the program is, and what it has counted.
    pub(super) async fn heartbeat(
        &self,
        service_id: &str,
        state: &State,
        metrics: &[(&'static str, u64)],
    ) -> Result<(), Refusal> {
        let Some(connection) = self.connection.clone() else {
            return Err(Refusal::NotKnown);
        };
        let answer = if self.is_legacy {
            #[expect(clippy::cast_precision_loss, reason = "the wire has doubles only")]
            let metrics = metrics
                .iter()
                .map(|(name, value)| ((*name).to_owned(), *value as f64));
            let request = within(legacy::ServiceHeartbeat {
                service_id: service_id.to_owned(),
                timestamp: Some(std::time::SystemTime::now().into()),
                metrics: metrics.collect(),
            });
            ControlPlaneClient::new(connection).heartbeat(request).await
        } else {
            let metrics = metrics
                .iter()
                .map(|(name, value)| ((*name).to_owned(), value.to_string()));
            let request = within(v1::HeartbeatRequest {
                service_id: service_id.to_owned(),
                status: status_of(state.verdict()).into(),
                metrics: metrics.collect(),
            });
            ControlPlaneServiceClient::new(connection)
                .heartbeat(request)
                .await
        };
        match answer {
            Ok(_) => Ok(()),
            Err(status) if is_not_known(&status) => Err(Refusal::NotKnown),
            Err(status) => Err(Refusal::Failed(status)),
        }
    }

    /// Says that the program is gone. The older control plane has no word for it.
    pub(super) async fn unregister(&self, service_id: &str) -> Result<(), Status> {
        let Some(connection) = self.connection.clone().filter(|_| !self.is_legacy) else {
            return Ok(());
        };
        let request = within(v1::UnregisterRequest {
            service_id: service_id.to_owned(),
        });
        ControlPlaneServiceClient::new(connection)
            .unregister_component(request)
            .await
            .map(drop)
    }
}

/// A call with the deadline of all calls.
fn within<T>(message: T) -> Request<T> {
    let mut request = Request::new(message);
    request.set_timeout(DEADLINE);
    request
}

/// Whether the control plane does not know the program. The Go one has no code for it, only words.
fn is_not_known(status: &Status) -> bool {
    status.code() == Code::NotFound
        // One of the other kind has taken its place.
        || status.code() == Code::Unimplemented
        || (status.code() == Code::Unknown && status.message().ends_with("not found"))
}

fn known_as(service_id: String, identity: &Identity) -> String {
    if service_id.is_empty() {
        identity.component.clone()
    } else {
        service_id
    }
}

const fn status_of(verdict: Verdict) -> v1::HealthStatus {
    match verdict {
        Verdict::Starting => v1::HealthStatus::Starting,
        Verdict::Healthy => v1::HealthStatus::Healthy,
        Verdict::Degraded => v1::HealthStatus::Degraded,
        Verdict::Stopping => v1::HealthStatus::Stopping,
    }
}
