use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use flowctl_core::{
    ComponentContext, Processor, Sink, Source,
    connector::{ConnectError, Served},
};

use super::Adapter;
use crate::{
    dial::Dial,
    offer::Parameters,
    v1::{Form, PlainForm, V1Processor, V1Sink, V1Source},
};

/// Components that are served in upstream's `flowctl.v1`.
///
/// The parameters of a source are the component's environment, with names in lowercase as upstream's
/// sources expect them (`START_LEDGER` is `start_ledger`), and over it its `config`.
#[derive(Clone, Debug)]
pub struct V1Adapter {
    form: Arc<dyn Form>,
    begin_with: Option<String>,
}

impl Default for V1Adapter {
    /// Payloads as they are, and sources that are read again from where they begin.
    fn default() -> Self {
        Self::new(Arc::new(PlainForm::default()))
    }
}

impl V1Adapter {
    /// Events in this form.
    #[must_use]
    pub fn new(form: Arc<dyn Form>) -> Self {
        Self {
            form,
            begin_with: None,
        }
    }

    /// Sources take the first sequence that they are to give in this parameter. Without it a source that
    /// cannot be told is read again from where it begins, and what is known is left out.
    #[must_use]
    pub fn begin_with(mut self, parameter: impl Into<String>) -> Self {
        self.begin_with = Some(parameter.into());
        self
    }
}

#[async_trait]
impl Adapter for V1Adapter {
    async fn source(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let (form, parameters) = (Arc::clone(&self.form), parameters(served));
        let mut source = V1Source::new(dial.clone().gentle(), &served.address, context, form)
            .parameters(parameters);
        if let Some(parameter) = &self.begin_with {
            source = source.begin_with(parameter);
        }
        Ok(Box::new(source))
    }

    async fn processor(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError> {
        let form = Arc::clone(&self.form);
        let dial = dial.clone().gentle();
        Ok(Box::new(V1Processor::new(
            dial,
            &served.address,
            &context,
            form,
        )))
    }

    async fn sink(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Sink>, ConnectError> {
        let form = Arc::clone(&self.form);
        let dial = dial.clone().gentle();
        Ok(Box::new(V1Sink::new(dial, &served.address, &context, form)))
    }
}

fn parameters(served: &Served) -> Parameters {
    let environment = served.component.env.iter();
    let mut parameters: Parameters = environment
        .map(|(name, value)| (name.to_ascii_lowercase(), value.clone()))
        .collect();
    // What is no map has no names, and is nothing that a parameter could say.
    let config: BTreeMap<String, serde_json::Value> =
        served.component.config.parse().unwrap_or_default();
    for (name, value) in config {
        let value = match value {
            serde_json::Value::Null => continue,
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        parameters.insert(name, value);
    }
    parameters
}
