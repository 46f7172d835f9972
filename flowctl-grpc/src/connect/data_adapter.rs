use async_trait::async_trait;
use flowctl_core::{
    ComponentContext, Processor, Sink, Source,
    connector::{ConnectError, Served},
    spec::Final,
};

use super::Adapter;
use crate::{
    data::{DataProcessor, DataSink, DataSource},
    dial::Dial,
};

/// Components that are served in `flowctl.data.v1`.
#[derive(Clone, Copy, Debug, Default)]
pub struct DataAdapter;

#[async_trait]
impl Adapter for DataAdapter {
    async fn source(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ConnectError> {
        let source = DataSource::new(dial.clone(), &served.address, context);
        Ok(Box::new(source))
    }

    async fn processor(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Processor>, ConnectError> {
        let processor = DataProcessor::new(dial.clone(), &served.address, &context);
        Ok(Box::new(match served.component.on_error.then {
            Final::Stop => processor,
            _ => processor.under_lenient_policy(),
        }))
    }

    async fn sink(
        &self,
        dial: &Dial,
        served: &Served,
        context: ComponentContext,
    ) -> Result<Box<dyn Sink>, ConnectError> {
        let sink = DataSink::new(dial.clone(), &served.address, &context);
        Ok(Box::new(sink))
    }
}
