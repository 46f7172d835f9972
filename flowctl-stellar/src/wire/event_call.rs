use std::{error::Error as _, future::Future};

use bytes::Bytes;
use flowctl_core::{
    Cancellation, Chain, ComponentId,
    component::{ComponentError, Disposition, Next, Processor, Resume, Source},
    event::{Batch, Event, EventValue as _},
};
use flowctl_grpc::{Dial, dial::Reconnect};
use tokio::sync::mpsc;
use tonic::Status;

use super::{EventServer, Message, event_server::Parts};
use crate::{
    source::LedgerRange,
    token_transfer::{DeriveError, TokenTransferEvent},
};

/// One call while it is answered.
pub(super) struct EventCall {
    server: EventServer,
    range: LedgerRange,
    marks: bool,
    to: mpsc::Sender<Result<Vec<Bytes>, Status>>,
    /// The last ledger that was handed out whole.
    done: u32,
}

/// Why no more is handed out.
enum End {
    /// The range is complete.
    Complete,
    /// Nobody listens any more.
    Gone,
    Failed(Status),
}

impl EventCall {
    pub(super) fn new(
        server: &EventServer,
        range: LedgerRange,
        marks: bool,
        to: mpsc::Sender<Result<Vec<Bytes>, Status>>,
    ) -> Self {
        Self {
            server: server.clone(),
            range,
            marks,
            to,
            done: 0,
        }
    }

    /// Hands out the events of the range, ledger by ledger.
    pub(super) async fn answer(mut self) {
        if let End::Failed(status) = self.hand_out().await {
            tracing::info!(
                code = ?status.code(), reason = status.message(), done = self.done, "a stream of events ends"
            );
            if status.code() != tonic::Code::Unavailable {
                self.parts().watch.failed();
            }
            // Where nobody listens, nobody needs to know.
            let _ = self.to.send(Err(status)).await;
        }
    }

    async fn hand_out(&mut self) -> End {
        let parts = self.parts();
        let made = (parts.chain.source(self.range), parts.chain.processor());
        let (mut source, mut processor) = match made {
            (Ok(source), Ok(processor)) => (source, processor),
            (Err(error), _) | (_, Err(error)) => return End::Failed(not_connected(&error)),
        };
        let end = self.work(&mut *source, &mut *processor).await;
        for closed in [source.close().await, processor.close().await] {
            if let Err(error) = closed {
                tracing::debug!(error = %Chain(&error), "a component of a stream was not closed");
            }
        }
        end
    }

    async fn work(&mut self, source: &mut dyn Source, processor: &mut dyn Processor) -> End {
        let drain = self.parts().drain.clone();
        if let Err(end) = self.open(source, processor, &drain).await {
            return end;
        }
        let mut retry = Reconnect::new(&Dial::default());
        loop {
            let next = tokio::select! {
                biased;
                () = drain.cancelled() => return self.draining(),
                () = self.to.closed() => return End::Gone,
                next = source.next() => next,
            };
            let batch = match next {
                Ok(Next::Batch(batch)) => batch,
                Ok(Next::End) => return self.ended(),
                Ok(_) => continue,
                Err(error) if error.is_transient() => {
                    match unless_drained(&drain, retry.pause(error)).await {
                        None => return self.draining(),
                        Some(Ok(())) => continue,
                        Some(Err(error)) => return End::Failed(not_received(&error)),
                    }
                }
                Err(error) => return End::Failed(not_received(&error)),
            };
            retry.progress();
            for ledger in batch.events {
                if drain.is_cancelled() {
                    return self.draining();
                }
                if let Err(end) = self.ledger(processor, ledger).await {
                    return end;
                }
            }
            let through = u32::try_from(batch.through.sequence).unwrap_or(u32::MAX);
            if let Err(end) = self.through(through).await {
                return end;
            }
            if self.range.end().is_some_and(|end| self.done >= end) {
                return End::Complete;
            }
        }
    }

    async fn open(
        &self,
        source: &mut dyn Source,
        processor: &mut dyn Processor,
        drain: &Cancellation,
    ) -> Result<(), End> {
        let mut retry = Reconnect::new(&Dial::default());
        loop {
            let opened = async {
                source.identify().await?;
                source.open(Resume::default()).await?;
                processor.open().await
            };
            let Some(opened) = unless_drained(drain, opened).await else {
                return Err(self.draining());
            };
            match opened {
                Ok(()) => return Ok(()),
                Err(error) if error.is_transient() => {
                    match unless_drained(drain, retry.pause(error)).await {
                        None => return Err(self.draining()),
                        Some(Ok(())) => {}
                        Some(Err(error)) => return Err(End::Failed(not_connected(&error))),
                    }
                }
                Err(error) => return Err(End::Failed(not_connected(&error))),
            }
        }
    }

    /// Hands out the events of one ledger.
    async fn ledger(&mut self, processor: &mut dyn Processor, ledger: Event) -> Result<(), End> {
        let sequence = ledger.sequence();
        let failed = |error: &ComponentError| End::Failed(not_derived(sequence, error));
        let source = "ledgers"
            .parse::<ComponentId>()
            .map_err(|error| End::Failed(Status::internal(error.to_string())))?;
        let batch = Batch::new(source, sequence, vec![ledger]);
        let output = processor
            .process(&batch)
            .await
            .map_err(|error| failed(&error))?;
        let events = output.events();
        // One allocation a ledger: the messages are slices of it.
        let (mut bytes, mut ends) = (Vec::with_capacity(events.len() * 384), Vec::new());
        for event in events {
            let transfer = self.parts().codecs.read::<TokenTransferEvent>(event);
            let transfer = transfer.map_err(|error| {
                failed(&ComponentError::stop("an event is no token transfer").caused_by(error))
            })?;
            transfer.encode(&mut bytes);
            ends.push(bytes.len());
        }
        let bytes = Bytes::from(bytes);
        let mut begin = 0;
        let messages = ends.into_iter().map(|end| {
            let message = bytes.slice(begin..end);
            begin = end;
            message
        });
        let mut messages: Vec<Bytes> = messages.collect();
        let count = messages.len() as u64;
        let done = u32::try_from(sequence).unwrap_or(u32::MAX);
        if self.marks {
            messages.push(Message::write_mark(done));
        }
        self.send(messages).await?;
        self.done = done;
        self.parts().watch.ledger(done, count, bytes.len() as u64);
        Ok(())
    }

    /// The source is complete up to here, whether there were ledgers or not.
    async fn through(&mut self, through: u32) -> Result<(), End> {
        if through > self.done {
            if self.marks {
                self.send(vec![Message::write_mark(through)]).await?;
            }
            self.done = through;
        }
        Ok(())
    }

    async fn send(&self, messages: Vec<Bytes>) -> Result<(), End> {
        self.to.send(Ok(messages)).await.map_err(|_| End::Gone)
    }

    fn ended(&self) -> End {
        match self.range.end() {
            Some(end) if self.done >= end => End::Complete,
            _ => End::Failed(Status::unavailable(
                "raw ledger source stream ended unexpectedly",
            )),
        }
    }

    fn draining(&self) -> End {
        let done = self.done;
        End::Failed(Status::unavailable(format!(
            "the server is draining; the last complete ledger is {done}"
        )))
    }

    fn parts(&self) -> &Parts {
        &self.server.0
    }
}

/// What comes of it, unless the server drains before.
async fn unless_drained<T>(drain: &Cancellation, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        () = drain.cancelled() => None,
        done = work => Some(done),
    }
}

fn not_connected(error: &ComponentError) -> Status {
    status(
        error,
        format!("failed to connect to raw ledger source: {}", Chain(error)),
    )
}

fn not_received(error: &ComponentError) -> Status {
    let text = format!(
        "error receiving data from raw ledger source: {}",
        Chain(error)
    );
    status(error, text)
}

fn not_derived(sequence: u64, error: &ComponentError) -> Status {
    let cause = error
        .source()
        .and_then(|cause| cause.downcast_ref::<DeriveError>());
    let text = match cause {
        Some(DeriveError::Undecodable(_)) => format!("failed to unmarshal ledger {sequence} XDR"),
        _ => format!("failed to process TTP events for ledger {sequence}"),
    };
    status(error, format!("{text}: {}", Chain(error)))
}

/// `INTERNAL` as from the Go processor, unless the same question can only get the same answer.
fn status(error: &ComponentError, text: String) -> Status {
    match error.disposition() {
        Disposition::Stop => Status::failed_precondition(text),
        _ => Status::internal(text),
    }
}
