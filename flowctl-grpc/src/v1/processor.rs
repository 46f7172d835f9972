use std::sync::Arc;

use async_trait::async_trait;
use flowctl_core::{Batch, Codecs, ComponentContext, ComponentError, Event, Output, Processor};

use super::{
    calling::{Calling, Line},
    form::{Form, Pen, dress},
};
use crate::{
    data::Trouble,
    dial::Dial,
    proto::v1::{self, processor_service_client::ProcessorServiceClient},
};

/// A processor that runs elsewhere and is served in `flowctl.v1`.
///
/// One call an event, one after the other: the protocol does not say which input an output follows from,
/// but the end of a call says that all outputs of its input are there. Outputs are numbered in the order in
/// which they come. A broken call is made again; a processor with a state has then seen the event twice.
#[derive(Debug)]
pub struct V1Processor {
    calling: Calling,
    component: String,
    codecs: Codecs,
    form: Arc<dyn Form>,
}

impl V1Processor {
    /// The processor at `address`. Connects when it is opened.
    pub fn new(
        dial: Dial,
        address: impl Into<String>,
        context: &ComponentContext,
        form: Arc<dyn Form>,
    ) -> Self {
        Self {
            calling: Calling::new(dial, address.into()),
            component: context.component.to_string(),
            codecs: context.codecs.clone(),
            form,
        }
    }

    /// All that follows from one event.
    async fn follows(&mut self, asked: v1::Event) -> Result<Vec<v1::Event>, ComponentError> {
        let call = |line: Line| {
            let asked = asked.clone();
            async move { ask(line, asked).await }
        };
        self.calling.call(call).await
    }

    fn derived(
        &self,
        input: &Event,
        index: usize,
        made: &v1::Event,
    ) -> Result<Event, ComponentError> {
        let (event_type, payload) = self.form.read(made)?;
        let index = u32::try_from(index).map_err(|_| {
            ComponentError::stop("more events follow from one than can be numbered")
        })?;
        dress(input.derive(index, event_type, payload), made)
    }
}

/// One call: what follows from the event, until the other end closes the call.
async fn ask(line: Line, asked: v1::Event) -> Result<Vec<v1::Event>, Trouble> {
    let Line {
        connection,
        dial,
        address,
    } = line;
    let mut client = ProcessorServiceClient::new(connection)
        .max_decoding_message_size(dial.max_message)
        .max_encoding_message_size(dial.max_message);
    let patience = dial.progress_timeout;
    let broke = |status| Trouble::answered(&address, status);
    let silent = |_| Trouble::silence(&address, patience.as_secs_f64());
    let asking = client.process(tokio_stream::once(asked));
    let answers = tokio::time::timeout(patience, asking).await;
    let mut answers = answers.map_err(silent)?.map_err(broke)?.into_inner();
    let mut made = Vec::new();
    loop {
        let heard = tokio::time::timeout(patience, answers.message()).await;
        match heard.map_err(silent)?.map_err(broke)? {
            Some(event) => made.push(event),
            None => return Ok(made),
        }
    }
}

#[async_trait]
impl Processor for V1Processor {
    async fn open(&mut self) -> Result<(), ComponentError> {
        let ask = |line: Line| async move {
            let mut client = ProcessorServiceClient::new(line.connection);
            let answer = client.get_info(()).await;
            answer.map_err(|status| Trouble::status(&line.address, status))
        };
        self.calling.call(ask).await.map(drop)
    }

    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        let mut output = Output::new();
        for event in batch.events() {
            let asked = Pen::new(&*self.form, &self.codecs, &self.component).write(event)?;
            for (index, made) in self.follows(asked).await?.iter().enumerate() {
                output.emit(self.derived(event, index, made)?);
            }
        }
        Ok(output)
    }
}
