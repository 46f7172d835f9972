use std::sync::Arc;

use async_trait::async_trait;
use flowctl_core::{
    Batch, Codecs, ComponentContext, ComponentError, Sink,
    component::{Held, OpenSink},
};

use super::{
    calling::{Calling, Line},
    form::{Form, Pen},
};
use crate::{
    data::Trouble,
    dial::Dial,
    proto::v1::{self, consumer_service_client::ConsumerServiceClient},
};

/// A sink that runs elsewhere and is served in `flowctl.v1`.
///
/// One call a write; the answer acknowledges what the call carried. It keeps no positions, and after a
/// broken call the same events come again: at least once.
#[derive(Debug)]
pub struct V1Sink {
    calling: Calling,
    codecs: Codecs,
    form: Arc<dyn Form>,
}

impl V1Sink {
    /// The sink at `address`. Connects when it is opened.
    pub fn new(
        dial: Dial,
        address: impl Into<String>,
        context: &ComponentContext,
        form: Arc<dyn Form>,
    ) -> Self {
        Self {
            calling: Calling::new(dial, address.into()),
            codecs: context.codecs.clone(),
            form,
        }
    }
}

#[async_trait]
impl Sink for V1Sink {
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        let ask = |line: Line| async move {
            let mut client = ConsumerServiceClient::new(line.connection);
            let answer = client.get_info(()).await;
            answer.map_err(|status| Trouble::status(&line.address, status))
        };
        self.calling.call(ask).await?;
        Ok(Held::Unknown)
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        let mut events = Vec::new();
        for batch in batches {
            let mut pen = Pen::new(&*self.form, &self.codecs, batch.source().as_str());
            for event in batch.events() {
                events.push(pen.write(event)?);
            }
        }
        if events.is_empty() {
            return Ok(());
        }
        let call = |line: Line| {
            let events = events.clone();
            async move {
                let mut client = ConsumerServiceClient::new(line.connection)
                    .max_decoding_message_size(line.dial.max_message)
                    .max_encoding_message_size(line.dial.max_message);
                let answer = client.consume(tokio_stream::iter(events)).await;
                answer.map_err(|status| Trouble::answered(&line.address, status))
            }
        };
        let answer = self.calling.call(call).await?.into_inner();
        judge(&answer, events.len(), &self.calling.address)
    }
}

/// Whether everything of a call was taken.
fn judge(answer: &v1::ConsumeResponse, sent: usize, address: &str) -> Result<(), ComponentError> {
    let taken = usize::try_from(answer.events_consumed).unwrap_or_default();
    let taken_all = answer.events_failed == 0 && answer.errors.is_empty() && taken >= sent;
    if taken_all {
        return Ok(());
    }
    let message = format!(
        "`{address}` took {taken} of {sent} events and failed on {}",
        answer.events_failed
    );
    let error = ComponentError::new(message);
    Err(match answer.errors.first() {
        Some(first) => error.caused_by(first.as_str()),
        None => error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_answer_that_accounts_for_everything_acknowledges() {
        let judged = |events_consumed, events_failed, errors: &[&str]| {
            let errors = errors.iter().map(|&error| error.to_owned()).collect();
            let answer = v1::ConsumeResponse {
                events_consumed,
                events_failed,
                errors,
            };
            judge(&answer, 3, "far").map_err(|error| flowctl_core::Chain(&error).to_string())
        };
        assert_eq!(judged(3, 0, &[]), Ok(()));
        assert!(judged(2, 0, &[]).unwrap_err().contains("took 2 of 3"));
        assert!(judged(2, 1, &[]).unwrap_err().contains("failed on 1"));
        assert!(
            judged(3, 0, &["disk full"])
                .unwrap_err()
                .contains("disk full")
        );
        assert!(judged(-1, 0, &[]).is_err());
    }
}
