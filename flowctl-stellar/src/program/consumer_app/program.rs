use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use flowctl_core::Outcome;
use tokio::task::JoinSet;

use super::{
    follow::Follower,
    pipeline,
    settings::{ConsumerSettings, HEALTH, PAGES_PORT},
};
use crate::program::{
    facts::{Facts, Role, Traffic},
    failure::Failure,
    http::HttpServer,
    program::{Program, Work},
    services::Services,
    shell::Shell,
    socket::Socket,
    variables::Variables,
};

/// The program `consumer-app`.
#[derive(Debug)]
pub(crate) struct ConsumerApp(ConsumerSettings);

/// How long what is in flight may take to reach the store when the program drains: below the time that
/// the shell gives to everything.
const GRACE: Duration = Duration::from_secs(20);

#[async_trait]
impl Program for ConsumerApp {
    const FACTS: Facts = Facts {
        name: "consumer-app",
        summary: "keeps the token-transfer events of a processor",
        details: "START and END are the first and the last ledger, instead of START_LEDGER and END_LEDGER.\n\
                  `npm start -- START END`, as upstream's consumer is called, is understood too.\n\
                  A file or a database is gone on with where it ends, without a gap or a duplicate; the\n\
                  console begins anew. Ends after the last ledger, if there is one; a processor that is\n\
                  away is tried again for as long as it takes.",
        role: Role::Consumer,
        inputs: &[Traffic::TRANSFERS],
        outputs: &[],
        arguments: Some("[start] [--] [START [END]]"),
        grpc: None,
        health: HEALTH,
    };

    fn read(variables: &mut Variables, arguments: &[String]) -> Option<Self> {
        ConsumerSettings::read(variables, arguments).map(Self)
    }

    fn metadata(&self) -> Vec<(&'static str, String)> {
        let mut said = vec![
            ("application", "consumer-app".to_owned()),
            ("consumer_type", "token_transfer".to_owned()),
        ];
        if let Some(network) = &self.0.network {
            said.push(("network", network.passphrase().to_owned()));
        }
        said
    }

    async fn start(self, shell: &Shell, _services: &mut Services) -> Result<Work, Failure> {
        let settings = self.0;
        let mut pages = None;
        if let Some(address) = settings.second_pages(&shell.settings.health) {
            let address = &address
                .clone()
                .or_host(shell.settings.listen_host.as_deref());
            let (listener, address) = Socket::take(address, PAGES_PORT.name()).await?.listen()?;
            tracing::info!(%address, "serving health there too");
            pages = Some(HttpServer::new(listener, Arc::new(shell.pages())));
        }
        tracing::info!(
            service = %settings.service, store = %settings.store, "events come from there and are kept there"
        );
        let shell = shell.clone();
        Ok(Box::pin(async move {
            let mut serving = JoinSet::new();
            if let Some(pages) = pages {
                serving.spawn(pages.serve(shell.drain.clone()));
            }
            consume(&settings, &shell).await
        }))
    }
}

/// Runs the pipeline to its end, or until the program drains.
async fn consume(settings: &ConsumerSettings, shell: &Shell) -> Result<(), Failure> {
    let run = pipeline::start(settings)?;
    let control = run.control();
    let mut follower = Follower::new(shell, settings.service.to_string());
    let mut ended = std::pin::pin!(run.wait());
    let report = tokio::select! {
        report = &mut ended => report,
        () = shell.drain.cancelled() => {
            control.stop(GRACE);
            ended.await
        }
        never = follower.follow(&control) => match never {},
    };
    follower.tell(&report.status);
    let position = shell.metrics.position();
    match (report.outcome, report.error) {
        (Outcome::Failed, Some(error)) => Err(Failure::because("the events cannot be kept", error)),
        (Outcome::Failed, None) => Err(Failure::because(
            "the events cannot be kept",
            "no reason is known",
        )),
        (outcome, _) => {
            tracing::info!(outcome = outcome.as_str(), position, "the events are kept");
            Ok(())
        }
    }
}
