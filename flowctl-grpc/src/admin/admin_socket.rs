use std::{
    fs::{self, DirBuilder, Permissions},
    io,
    os::unix::fs::{DirBuilderExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use futures_core::Stream;
use futures_util::stream;
use tokio::{
    net::{UnixListener, UnixStream},
    task::JoinSet,
    time,
};
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;

use super::{served_run::ServedRun, service::AdminService, socket_path::SocketPath};
use crate::proto::admin::admin_server::AdminServer as AdminMessages;

/// Serves a run on a Unix socket in its state folder. Dropping it ends it at once; either way the socket is
/// gone then.
#[derive(Debug)]
pub struct AdminSocket {
    path: PathBuf,
    stop: CancellationToken,
    serving: JoinSet<()>,
}

/// How long open calls may go on after it was asked to end.
const GRACE: Duration = Duration::from_secs(2);

/// The pause after a connection could not be taken, for want of descriptors, say.
const PAUSE: Duration = Duration::from_millis(100);

impl AdminSocket {
    /// The socket's name in the state folder.
    pub const FILE: &'static str = "admin.sock";

    /// Serves the run in `folder`, which the caller has to itself: a socket that is there is one that a
    /// process left behind, and is replaced. Only the user who runs this process can open it (mode 0600,
    /// from its first moment on).
    ///
    /// Blocks on the file system for a moment. Needs a tokio runtime.
    ///
    /// # Errors
    ///
    /// When the file system refuses.
    pub fn serve(folder: &Path, run: Arc<ServedRun>) -> io::Result<Self> {
        let listener = listen(folder)?;
        let stop = CancellationToken::new();
        let asked = stop.clone();
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            let served = Server::builder()
                .add_service(AdminMessages::new(AdminService::on_socket(run)))
                .serve_with_incoming_shutdown(accept(listener), asked.clone().cancelled_owned());
            let too_late = async {
                asked.cancelled().await;
                time::sleep(GRACE).await;
            };
            tokio::select! {
                served = served => if let Err(error) = served {
                    tracing::error!(error = %flowctl_core::Chain(&error), "the admin socket broke");
                },
                () = too_late => {}
            }
        });
        Ok(Self {
            path: folder.join(Self::FILE),
            stop,
            serving,
        })
    }

    /// Ends it: nobody can call any more, and open calls may go on for two seconds.
    pub async fn stop(mut self) {
        self.stop.cancel();
        self.remove();
        while self.serving.join_next().await.is_some() {}
    }

    fn remove(&self) {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                tracing::warn!(%error, "the admin socket was not removed");
            }
            _ => {}
        }
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        if !self.stop.is_cancelled() {
            self.remove();
        }
    }
}

/// A socket is made with the permissions of the process's umask. So it is made in a folder that nobody
/// else can enter, and moved to where it belongs once it has its own.
fn listen(folder: &Path) -> io::Result<UnixListener> {
    let private = folder.join(format!(".admin-{}", std::process::id()));
    match fs::remove_dir_all(&private) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => DirBuilder::new().mode(0o700).create(&private)?,
    }
    let listener = SocketPath::new(&private, "s").and_then(|made| {
        let listener = UnixListener::bind(made.path())?;
        fs::set_permissions(private.join("s"), Permissions::from_mode(0o600))?;
        fs::rename(private.join("s"), folder.join(AdminSocket::FILE))?;
        Ok(listener)
    });
    let removed = fs::remove_dir_all(&private);
    let listener = listener?;
    removed?;
    Ok(listener)
}

fn accept(listener: UnixListener) -> impl Stream<Item = io::Result<UnixStream>> + Send {
    stream::unfold(listener, |listener| async {
        let stream = accepted(&listener).await;
        Some((Ok(stream), listener))
    })
}

async fn accepted(listener: &UnixListener) -> UnixStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "a connection to the admin socket was not taken");
                time::sleep(PAUSE).await;
            }
        }
    }
}
