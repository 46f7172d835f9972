use flowctl_core::{
    Registry,
    component::{ComponentError, Processor},
};
use flowctl_grpc::Offer;

use super::settings::TtpSettings;
use crate::{
    processor::{TOKEN_TRANSFER_EVENT_TYPE, TtpProcessor},
    program::shell::Shell,
    register,
    source::ledger_event_type,
};

/// The processor alone, for whoever brings the ledgers, in flowctl's protocols.
pub(super) fn offer(settings: &TtpSettings, shell: &Shell) -> Result<Offer, ComponentError> {
    let invalid = |error| ComponentError::stop("the event type is not valid").caused_by(error);
    let transfer = TOKEN_TRANSFER_EVENT_TYPE.parse().map_err(invalid)?;
    let mut registry = Registry::new();
    register(&mut registry)
        .map_err(|error| ComponentError::stop("the events are not known").caused_by(error))?;
    let (derivation, context) = (settings.derivation(), shell.context()?);
    Ok(shell
        .offer()
        .accepts(ledger_event_type()?)
        .emits(transfer)
        .stateless()
        .codecs(registry.codecs().clone())
        .processor(move || -> Result<Box<dyn Processor>, _> {
            Ok(Box::new(TtpProcessor::new(
                derivation.clone(),
                context.clone(),
            )?))
        }))
}
