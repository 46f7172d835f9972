use std::sync::Arc;

use flowctl_core::component::ComponentError;
use flowctl_grpc::{Offer, Parameters};

use super::settings::LedgerSettings;
use crate::{
    program::{counted_source::CountedSource, shell::Shell},
    source::{LedgerRange, ledger_event_type},
};

/// The same ledgers, for readers that speak flowctl's protocols. Each reader has a source of its own, of
/// the range in its parameters `start_ledger` and `end_ledger` or of the program's.
pub(super) fn offer(settings: Arc<LedgerSettings>, shell: &Shell) -> Result<Offer, ComponentError> {
    let offer = shell.offer().emits(ledger_event_type()?);
    let shell = shell.clone();
    Ok(offer.source(move |parameters| {
        let range = range(settings.range, parameters)?;
        let source = settings.origin.source(range, shell.context()?)?;
        Ok(Box::new(CountedSource::new(source, shell.metrics.clone())))
    }))
}

/// What of the program's range is asked for.
fn range(own: LedgerRange, parameters: &Parameters) -> Result<LedgerRange, ComponentError> {
    let number = |name: &str| match parameters.get(name).map(|text| text.trim()) {
        None | Some("" | "0") => Ok(None),
        Some(text) => text.parse::<u32>().map(Some).map_err(|error| {
            ComponentError::stop(format!("`{name}` is `{text}`, which is no ledger"))
                .caused_by(error)
        }),
    };
    // Ledger 1 is the genesis, which no origin has.
    let start = number("start_ledger")?
        .map(|start| start.max(2))
        .or(own.start());
    let end = match (number("end_ledger")?, own.end()) {
        (Some(asked), Some(own)) => Some(asked.min(own)),
        (asked, own) => asked.or(own),
    };
    LedgerRange::new(start, end)
        .map_err(|error| ComponentError::stop("no such ledgers are served").caused_by(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(own: (Option<u32>, Option<u32>), parameters: &[(&str, &str)]) -> Option<LedgerRange> {
        let own = LedgerRange::new(own.0, own.1).unwrap();
        let parameters = parameters
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()));
        range(own, &parameters.collect()).ok()
    }

    #[test]
    fn a_reader_narrows_what_is_served() {
        let range = |start, end| LedgerRange::new(start, end).ok();
        assert_eq!(asked((Some(5), Some(9)), &[]), range(Some(5), Some(9)));
        let both = [("start_ledger", "6"), ("end_ledger", "20")];
        assert_eq!(asked((None, Some(9)), &both), range(Some(6), Some(9)));
        assert_eq!(asked((None, None), &both), range(Some(6), Some(20)));
        let open = [("start_ledger", "1"), ("end_ledger", "0")];
        assert_eq!(asked((None, None), &open), range(Some(2), None));
        assert_eq!(asked((None, Some(9)), &[("start_ledger", "10")]), None);
        assert_eq!(asked((None, None), &[("start_ledger", "ten")]), None);
    }
}
