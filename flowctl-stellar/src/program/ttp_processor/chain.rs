use flowctl_core::component::{ComponentContext, ComponentError, Processor, Source};

use super::settings::TtpSettings;
use crate::{
    processor::{TtpProcessor, TtpProcessorConfig},
    source::LedgerRange,
    wire::{ClientConfig, EventChain, LedgerClient},
};

/// A stream of the source and a processor, for each reader.
#[derive(Debug)]
pub(super) struct SourceAndProcessor {
    pub(super) settings: TtpSettings,
    pub(super) context: ComponentContext,
}

impl TtpSettings {
    /// How the source is read.
    pub(super) fn client(&self, range: LedgerRange) -> ClientConfig {
        ClientConfig::new(self.source.to_string())
            .network(self.network.clone())
            .range(range)
    }

    /// How events are derived.
    pub(super) fn derivation(&self) -> TtpProcessorConfig {
        let mut config = TtpProcessorConfig::new(self.network.clone());
        (config.mode, config.verify) = (self.mode, self.verify);
        config
    }
}

impl EventChain for SourceAndProcessor {
    fn source(&self, range: LedgerRange) -> Result<Box<dyn Source>, ComponentError> {
        let config = self.settings.client(range);
        Ok(Box::new(LedgerClient::new(config, self.context.clone())?))
    }

    fn processor(&self) -> Result<Box<dyn Processor>, ComponentError> {
        let config = self.settings.derivation();
        Ok(Box::new(TtpProcessor::new(config, self.context.clone())?))
    }
}
