use std::{pin::Pin, sync::Arc, time::Duration};

use futures_core::Stream;
use tonic::{Request, Response, Status, async_trait};

use super::{events::events, logs::logs, runs::runs, served_run::ServedRun, status::status};
use crate::{
    Token,
    control_plane::RunSlot,
    proto::admin::{
        EventsRequest, EventsResponse, LogsRequest, LogsResponse, RunsRequest, RunsResponse,
        StatusRequest, StatusResponse, StopRequest, StopResponse, admin_server::Admin,
    },
};

/// `flowctl.admin.v1`.
#[derive(Clone, Debug)]
pub(crate) struct AdminService {
    run: RunSlot,
    door: Door,
}

/// Who may come in.
#[derive(Clone, Debug)]
enum Door {
    /// Everybody who could open the socket.
    Socket,
    /// Whoever shows this, or a certificate; without a token only the latter.
    Port(Option<Token>),
}

impl AdminService {
    pub(super) fn on_socket(run: Arc<ServedRun>) -> Self {
        let slot = RunSlot::default();
        slot.fill(run);
        Self {
            run: slot,
            door: Door::Socket,
        }
    }

    pub(crate) const fn guarded(run: RunSlot, token: Option<Token>) -> Self {
        Self {
            run,
            door: Door::Port(token),
        }
    }

    /// The run, to whoever may see it.
    fn run<T>(&self, request: &Request<T>) -> Result<Arc<ServedRun>, Status> {
        self.admit(request)?;
        let run = self.run.get();
        run.ok_or_else(|| Status::failed_precondition("there is no run here"))
    }

    fn admit<T>(&self, request: &Request<T>) -> Result<(), Status> {
        let Door::Port(token) = &self.door else {
            return Ok(());
        };
        if request.peer_certs().is_some_and(|certs| !certs.is_empty()) {
            return Ok(());
        }
        let Some(token) = token else {
            return Err(Status::permission_denied(
                "this control plane has no token; ask on the socket in the state folder",
            ));
        };
        match request.metadata().get("authorization") {
            Some(header) if token.is_shown_by(header.as_bytes()) => Ok(()),
            Some(_) => Err(Status::unauthenticated("the token is not the right one")),
            None => Err(Status::unauthenticated("the call shows no token")),
        }
    }
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

#[async_trait]
impl Admin for AdminService {
    type EventsStream = Answers<EventsResponse>;
    type LogsStream = Answers<LogsResponse>;

    async fn status(
        &self,
        request: Request<StatusRequest>,
    ) -> Result<Response<StatusResponse>, Status> {
        let run = self.run(&request)?;
        Ok(Response::new(status(&run)))
    }

    async fn events(
        &self,
        request: Request<EventsRequest>,
    ) -> Result<Response<Self::EventsStream>, Status> {
        let run = self.run(&request)?;
        let events = events(run, request.get_ref());
        Ok(Response::new(Box::pin(events)))
    }

    async fn logs(
        &self,
        request: Request<LogsRequest>,
    ) -> Result<Response<Self::LogsStream>, Status> {
        let run = self.run(&request)?;
        let logs = logs(run.log_source(), request.into_inner()).await?;
        Ok(Response::new(Box::pin(logs)))
    }

    async fn stop(&self, request: Request<StopRequest>) -> Result<Response<StopResponse>, Status> {
        let run = self.run(&request)?;
        let grace = request
            .into_inner()
            .grace
            .map(Duration::try_from)
            .transpose();
        let grace = grace.map_err(|_| Status::invalid_argument("`grace` is negative"))?;
        run.stop(grace);
        Ok(Response::new(StopResponse {}))
    }

    async fn runs(&self, request: Request<RunsRequest>) -> Result<Response<RunsResponse>, Status> {
        let run = self.run(&request)?;
        let runs = runs(run.history(), request.get_ref());
        Ok(Response::new(RunsResponse { runs }))
    }
}
