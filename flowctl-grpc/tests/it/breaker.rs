//! A TCP proxy that breaks connections.

use std::{collections::VecDeque, net::SocketAddr};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
};

/// Passes connections on to a server; the n-th breaks after the n-th number of bytes in either
/// direction, the ones after that never do by themselves.
pub(crate) struct Breaker {
    pub(crate) address: SocketAddr,
    server: watch::Sender<SocketAddr>,
    _tasks: JoinSet<()>,
}

impl Breaker {
    pub(crate) async fn before(server: SocketAddr, after: impl IntoIterator<Item = usize>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut budgets: VecDeque<usize> = after.into_iter().collect();
        let (server, switched) = watch::channel(server);
        let mut tasks = JoinSet::new();
        tasks.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (caller, _) = listener.accept().await.unwrap();
                let budget = budgets.pop_front().unwrap_or(usize::MAX);
                let mut switched = switched.clone();
                let server = *switched.borrow_and_update();
                connections.spawn(async move {
                    tokio::select! {
                        () = pass(caller, server, budget) => {}
                        _ = switched.changed() => {}
                    }
                });
            }
        });
        Self {
            address,
            server,
            _tasks: tasks,
        }
    }

    /// Breaks all connections, and passes later ones on to another server: what a caller sees of a server
    /// that was killed and started anew.
    pub(crate) fn switch(&self, server: SocketAddr) {
        self.server.send_replace(server);
    }

    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }
}

async fn pass(mut caller: TcpStream, server: SocketAddr, mut budget: usize) {
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    let (mut up, mut down) = (vec![0; 4096], vec![0; 4096]);
    while budget > 0 {
        let (read, from_caller) = tokio::select! {
            read = caller.read(&mut up) => (read, true),
            read = server.read(&mut down) => (read, false),
        };
        let Ok(read) = read else { return };
        if read == 0 {
            return;
        }
        // What is over the budget is lost on the way.
        let passed = read.min(budget);
        budget -= passed;
        let written = if from_caller {
            server.write_all(&up[..passed]).await
        } else {
            caller.write_all(&down[..passed]).await
        };
        if written.is_err() {
            return;
        }
    }
}
