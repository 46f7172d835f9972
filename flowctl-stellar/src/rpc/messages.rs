use std::borrow::Cow;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Deserialize;

use super::error::{BadLedger, RpcError};
use crate::format::RawLedger;

/// `getNetwork`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NetworkInfo {
    pub(super) passphrase: String,
}

/// `getLatestLedger`.
#[derive(Debug, Deserialize)]
pub(super) struct LatestLedger {
    pub(super) sequence: u32,
}

/// `getHealth`.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    /// The newest ledger.
    pub(crate) latest_ledger: u32,
    /// The oldest ledger that the server itself holds.
    pub(crate) oldest_ledger: u32,
}

/// `getLedgers`, as it is on the wire. The XDR stays where it came, which saves a copy of most of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Ledgers<'a> {
    #[serde(borrow)]
    ledgers: Vec<LedgerInfo<'a>>,
    latest_ledger: u32,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LedgerInfo<'a> {
    sequence: u32,
    #[serde(borrow)]
    metadata_xdr: Cow<'a, str>,
}

/// Ledgers that follow one another as the server says, and the newest that there is.
#[derive(Debug)]
pub(crate) struct LedgerPage {
    pub(crate) ledgers: Vec<RawLedger>,
    pub(crate) latest: u32,
}

impl Ledgers<'_> {
    /// Decodes the ledgers. Takes a while: megabytes of base64.
    pub(super) fn decode(self) -> Result<LedgerPage, RpcError> {
        let ledgers = self.ledgers.into_iter().map(|info| {
            let sequence = info.sequence;
            let failed = |source| RpcError::Ledger { sequence, source };
            let bytes = STANDARD.decode(&*info.metadata_xdr);
            let bytes = bytes.map_err(|error| failed(BadLedger::Base64(error)))?;
            let ledger = RawLedger::new(bytes.into());
            let ledger = ledger.map_err(|error| failed(BadLedger::Header(error)))?;
            if ledger.header.sequence != sequence {
                return Err(failed(BadLedger::Sequence(ledger.header.sequence)));
            }
            Ok(ledger)
        });
        Ok(LedgerPage {
            ledgers: ledgers.collect::<Result<_, _>>()?,
            latest: self.latest_ledger,
        })
    }
}
