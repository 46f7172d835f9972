use async_trait::async_trait;
use flowctl_core::{
    Cancellation, Chain,
    component::{ComponentContext, ComponentError, Meter},
};
use flowctl_grpc::dial::{Connection, Dial, Reconnect};
use futures_util::FutureExt as _;
use tokio::time::timeout;
use tonic::{Response, Status, Streaming, metadata::MetadataMap};

use super::{ClientConfig, ClientError, alive::alive};

/// One stream of a server, which is asked for again whenever it breaks.
#[derive(Debug)]
pub(super) struct Pull<M> {
    address: String,
    dial: Dial,
    reconnect: Reconnect,
    cancellation: Cancellation,
    meter: Meter,
    stream: Option<Streaming<M>>,
    /// What the stream had to say when nobody waited.
    said: Option<Result<Option<M>, Status>>,
}

/// How a stream is asked for.
#[async_trait]
pub(super) trait Call: Send + Sync {
    type Message: Send + 'static;

    async fn call(
        &self,
        connection: Connection,
        max_message: usize,
    ) -> Result<Response<Streaming<Self::Message>>, Status>;
}

/// What a pull has to say.
#[derive(Debug)]
pub(super) enum Said<M> {
    /// A stream begins, with what the server says before it.
    Began(MetadataMap),
    Message(M),
    /// The server has ended the stream in good order.
    Ended,
}

impl<M: Send + 'static> Pull<M> {
    pub(super) fn new(config: &ClientConfig, context: &ComponentContext) -> Self {
        Self {
            address: config.address.clone(),
            dial: config.dial.clone(),
            reconnect: Reconnect::new(&config.dial),
            cancellation: context.cancellation.clone(),
            meter: context.meter.clone(),
            stream: None,
            said: None,
        }
    }

    /// What comes next. `call` says from where on a stream is to be asked for, should there be none.
    ///
    /// Once the run drains, a stream that breaks is not asked for again: there is nothing more then, for
    /// as long as it is waited for.
    pub(super) async fn next<C: Call<Message = M>>(
        &mut self,
        call: &C,
    ) -> Result<Said<M>, ComponentError> {
        loop {
            let Some(stream) = &mut self.stream else {
                match self.begin(call).await {
                    Ok(headers) => return Ok(Said::Began(headers)),
                    Err(error) => self.recover(error).await?,
                }
                continue;
            };
            let silence = self.dial.progress_timeout;
            let said = match self.said.take() {
                Some(said) => said,
                None => match timeout(silence, stream.message()).await {
                    Ok(said) => said,
                    Err(_) => {
                        self.stream = None;
                        self.recover(ClientError::Silent { silence }).await?;
                        continue;
                    }
                },
            };
            match said {
                Ok(Some(message)) => {
                    self.reconnect.progress();
                    return Ok(Said::Message(message));
                }
                Ok(None) => {
                    self.stream = None;
                    return Ok(Said::Ended);
                }
                Err(status) => {
                    self.stream = None;
                    self.recover(status.into()).await?;
                }
            }
        }
    }

    /// A message that has come already.
    pub(super) fn now(&mut self) -> Option<M> {
        if self.said.is_some() {
            return None;
        }
        match self.stream.as_mut()?.message().now_or_never()? {
            Ok(Some(message)) => Some(message),
            other => {
                self.said = Some(other);
                None
            }
        }
    }

    /// The stream that ended should not have.
    pub(super) async fn ended_early(&mut self) -> Result<(), ComponentError> {
        self.recover(ClientError::EndedEarly).await
    }

    /// Where the server is, for errors.
    pub(super) fn address(&self) -> &str {
        &self.address
    }

    async fn begin<C: Call<Message = M>>(&mut self, call: &C) -> Result<MetadataMap, ClientError> {
        if self.cancellation.is_cancelled() {
            return std::future::pending().await;
        }
        self.said = None;
        let connection = self.dial.connect(&self.address).await?;
        let silence = self.dial.progress_timeout;
        // A server written in Go may answer only when it has the first message.
        let answer = timeout(silence, call.call(connection, self.dial.max_message)).await;
        let answer = answer.map_err(|_| ClientError::Silent { silence })??;
        let (headers, stream, _) = answer.into_parts();
        self.stream = Some(stream);
        Ok(headers)
    }

    /// Gets over an error if that can be, after a pause.
    async fn recover(&mut self, error: ClientError) -> Result<(), ComponentError> {
        let address = &self.address;
        if let ClientError::Silent { silence } = error
            && alive(&self.dial, address).await
        {
            let seconds = silence.as_secs();
            tracing::debug!(
                address,
                seconds,
                "nothing came; the stream is asked for again"
            );
            return Ok(());
        }
        if !error.is_transient() {
            let message = format!("`{address}` does not give what it is asked for");
            return Err(ComponentError::stop(message).caused_by(error));
        }
        tracing::info!(address, error = %Chain(&error), "a stream broke; it is asked for again");
        self.meter.warning("stream asked for again", 1);
        let message = format!("cannot read from `{address}`");
        let error = ComponentError::retry(message).caused_by(error);
        let cancellation = self.cancellation.clone();
        tokio::select! {
            () = cancellation.cancelled() => std::future::pending().await,
            paused = self.reconnect.pause(error) => paused,
        }
    }
}
