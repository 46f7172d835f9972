use std::{
    fmt, io,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use flowctl_core::{BoxError, ControlPlane, control::Roster, run::RunHistory, store::Scope};
use tokio::{
    sync::{Mutex, Semaphore},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tonic::async_trait;

use super::{
    legacy::LegacyService,
    settings::ControlPlaneSettings,
    shared::{RunSlot, Shared},
    v1::V1Service,
};
use crate::{
    GrpcServer,
    admin::{AdminService, ServedRun},
    proto::{
        admin::admin_server::AdminServer as AdminMessages,
        legacy::control_plane_server::ControlPlaneServer as LegacyMessages,
        v1::control_plane_service_server::ControlPlaneServiceServer as V1Messages,
    },
    serve::ServeError,
};

/// A control plane that serves. Dropping it ends it at once.
pub struct ControlPlaneServer {
    shared: Arc<Shared>,
    settings: ControlPlaneSettings,
    listening: Mutex<Listening>,
    stop: CancellationToken,
    address: SocketAddr,
}

#[derive(Default)]
struct Listening {
    addresses: Vec<SocketAddr>,
    serving: JoinSet<Result<(), ServeError>>,
}

impl ControlPlaneServer {
    /// Listens where the settings say, with runs of other programs kept in memory.
    ///
    /// # Errors
    ///
    /// [`ServeError::Listen`] or [`ServeError::Settings`].
    pub async fn start(settings: ControlPlaneSettings) -> Result<Self, ServeError> {
        // A store in memory cannot fail.
        let foreign = RunHistory::open_in(Scope::in_memory(), RunHistory::KEPT).await;
        let foreign = foreign.map_err(|error| ServeError::Settings {
            what: "store of runs",
            source: BoxError::from(error),
        })?;
        Self::start_with(settings, foreign).await
    }

    /// The same, with the runs of other programs (those that use this control plane as an external one)
    /// kept in `foreign`.
    ///
    /// # Errors
    ///
    /// As [`start`](Self::start).
    pub async fn start_with(
        settings: ControlPlaneSettings,
        foreign: RunHistory,
    ) -> Result<Self, ServeError> {
        let shared = Arc::new(Shared {
            roster: Roster::new(settings.limits),
            token: settings.token.clone(),
            run: RunSlot::default(),
            foreign,
            waiting: Semaphore::new(Shared::WAITING),
        });
        let mut server = Self {
            shared,
            listening: Mutex::default(),
            stop: CancellationToken::new(),
            address: SocketAddr::new(settings.host, 0),
            settings,
        };
        server.address = server.listen_first().await?;
        Ok(server)
    }

    /// Where it listened first.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves a run: its own calls and `flowctl.admin.v1` are about it from now on.
    pub fn serve_run(&self, run: Arc<ServedRun>) {
        self.shared.run.fill(run);
    }

    /// Ends it: nobody can call any more, and open calls may go on for the grace of the settings.
    ///
    /// Cut short, it ends at once.
    ///
    /// # Errors
    ///
    /// [`ServeError::Broken`] where it had broken before.
    pub async fn stop(&self) -> Result<(), ServeError> {
        self.stop.cancel();
        let mut listening = self.listening.lock().await;
        while let Some(served) = listening.serving.join_next().await {
            if let Ok(served) = served {
                served?;
            }
        }
        Ok(())
    }

    async fn listen_first(&self) -> Result<SocketAddr, ServeError> {
        let mut listening = self.listening.lock().await;
        let host = self.settings.host;
        if let Some(port) = self.settings.port {
            return self.add(&mut listening, SocketAddr::new(host, port)).await;
        }
        let first = ControlPlaneSettings::PORT;
        for port in first..first + ControlPlaneSettings::TRIED {
            match self.add(&mut listening, SocketAddr::new(host, port)).await {
                Err(ServeError::Listen { source, .. })
                    if source.kind() == io::ErrorKind::AddrInUse => {}
                answer => return answer,
            }
        }
        self.add(&mut listening, SocketAddr::new(host, 0)).await
    }

    async fn add(
        &self,
        listening: &mut Listening,
        address: SocketAddr,
    ) -> Result<SocketAddr, ServeError> {
        let shared = || Arc::clone(&self.shared);
        let admin = AdminService::guarded(self.shared.run.clone(), self.settings.token.clone());
        // Who may call is decided by the services, call by call.
        let mut settings = self.settings.server.clone();
        settings.token = None;
        let server = GrpcServer::new(settings)
            .add_open(LegacyMessages::new(LegacyService(shared())))
            .add_open(V1Messages::new(V1Service(shared())))
            .add_open(AdminMessages::new(admin));
        let bound = server.bind(address).await?;
        let at = bound.address();
        let stop = self.stop.clone();
        listening.serving.spawn(async move {
            let served = bound.serve(stop.cancelled_owned()).await;
            if let Err(error) = &served {
                tracing::error!(error = %flowctl_core::Chain(error), "the control plane broke");
            }
            served
        });
        listening.addresses.push(at);
        tracing::info!(address = %at, "the control plane listens");
        Ok(at)
    }
}

#[async_trait]
impl ControlPlane for ControlPlaneServer {
    fn roster(&self) -> &Roster {
        &self.shared.roster
    }

    async fn listen(&self, host: IpAddr) -> io::Result<SocketAddr> {
        let mut listening = self.listening.lock().await;
        let covers = |at: &&SocketAddr| {
            at.ip() == host || (at.ip().is_unspecified() && at.is_ipv4() == host.is_ipv4())
        };
        if let Some(at) = listening.addresses.iter().find(covers) {
            return Ok(SocketAddr::new(host, at.port()));
        }
        // The port that is known already is the better one to read in a log; any does.
        let same = SocketAddr::new(host, self.address.port());
        let answer = match self.add(&mut listening, same).await {
            Err(ServeError::Listen { source, .. }) if source.kind() == io::ErrorKind::AddrInUse => {
                self.add(&mut listening, SocketAddr::new(host, 0)).await
            }
            answer => answer,
        };
        answer.map_err(|error| match error {
            ServeError::Listen { source, .. } => source,
            other => io::Error::other(other),
        })
    }
}

impl fmt::Debug for ControlPlaneServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ControlPlaneServer")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
