//! Servers for one test.

use std::net::SocketAddr;

use flowctl_core::{ComponentContext, ComponentId};
use flowctl_grpc::{Dial, GrpcServer, Offer, ServerSettings, data};
use tokio::{
    sync::oneshot,
    task::{AbortHandle, JoinSet},
};

/// A server that ends with this object.
pub(crate) struct Lab {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    tasks: JoinSet<()>,
    served: AbortHandle,
}

impl Lab {
    /// Serves an offer in `flowctl.data.v1`.
    pub(crate) async fn data(offer: &Offer) -> Self {
        Self::of(GrpcServer::new(ServerSettings::default()).add(data::service(offer))).await
    }

    pub(crate) async fn of(server: GrpcServer) -> Self {
        let any = "127.0.0.1:0".parse().unwrap();
        let listening = server.bind(any).await.unwrap();
        let address = listening.address();
        let (stop, stopped) = oneshot::channel::<()>();
        let mut tasks = JoinSet::new();
        let served = tasks.spawn(async move {
            let stopped = async {
                let _ = stopped.await;
            };
            listening.serve(stopped).await.unwrap();
        });
        Self {
            address,
            stop: Some(stop),
            tasks,
            served,
        }
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// Asks the server to end and waits for it.
    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        self.tasks.join_next().await.unwrap().unwrap();
    }

    /// Asks the server to end and does not wait.
    pub(crate) fn ask_to_stop(&mut self) {
        drop(self.stop.take());
    }

    pub(crate) fn is_over(&self) -> bool {
        self.served.is_finished()
    }
}

/// Settings with short pauses, so that tests that break things are quick.
pub(crate) fn quick() -> Dial {
    let mut dial = Dial::default();
    dial.backoff_base = std::time::Duration::from_millis(2);
    dial.backoff_cap = std::time::Duration::from_millis(20);
    dial
}

pub(crate) fn context() -> ComponentContext {
    ComponentContext::detached(id("test"))
}

pub(crate) fn id(text: &str) -> ComponentId {
    text.parse().unwrap()
}
