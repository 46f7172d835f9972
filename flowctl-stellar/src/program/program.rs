use std::pin::Pin;

use async_trait::async_trait;

use super::{
    facts::Facts, failure::Failure, services::Services, shell::Shell, variables::Variables,
};

/// What is special about one program; everything else is done by [`run`](super::run).
///
/// In this order: `read` takes the configuration; the pages answer, `starting`; `start` prepares and
/// says which services to serve; the services are served, the program is ready, registers, and sends
/// heartbeats; its [`Work`] does what the program does by itself. When that ends, or the process is asked
/// to, [`Shell::stop`] is given and [`Shell::drain`] with it: streams end after their last complete unit,
/// and the process ends once all have. Whoever runs the pipeline may ask for the drain alone before.
#[async_trait]
pub(crate) trait Program: Sized + Send + Sync + 'static {
    /// What is fixed about it.
    const FACTS: Facts;

    /// Reads its own variables, all of them, and its arguments. `None` where something is missing; what
    /// is missing or wrong is noted in `variables`.
    fn read(variables: &mut Variables, arguments: &[String]) -> Option<Self>;

    /// What it says of itself when it registers.
    fn metadata(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }

    /// Prepares, for as long as that takes: [`Shell::condition`] says what is waited for. Says which
    /// services to serve, and what to do besides. Dropped where the process is asked to end.
    ///
    /// # Errors
    ///
    /// When the program can never serve; the process then ends.
    async fn start(self, shell: &Shell, services: &mut Services) -> Result<Work, Failure>;
}

/// What a program does by itself while it serves. Must end soon after [`Shell::stop`] is given; when it
/// ends before, the process ends. An error ends the process too.
pub(crate) type Work = Pin<Box<dyn Future<Output = Result<(), Failure>> + Send>>;

/// The work of a program that only serves, until it is asked to end.
pub(crate) fn only_serve(shell: &Shell) -> Work {
    let stop = shell.stop.clone();
    Box::pin(async move {
        stop.cancelled().await;
        Ok(())
    })
}
