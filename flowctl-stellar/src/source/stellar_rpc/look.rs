use crate::rpc::{Health, LedgerPage, RpcClient, RpcError};

/// Where to look for ledgers, and for how many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// The ledger that is wanted next.
    pub(super) next: u32,
    /// Whether the page before ended right before it.
    pub(super) continues: bool,
    /// The newest ledger that is known of; 0: none is.
    pub(super) latest: u32,
    /// How many ledgers to ask for.
    pub(super) limit: u32,
}

/// What was found.
#[derive(Debug)]
pub(super) enum Found {
    /// Ledgers; and how many may be asked for at a time.
    Page(LedgerPage, u32),
    /// The ledger is not there yet; this one is the newest.
    NotYet(u32),
}

/// Looks for the next ledgers.
///
/// A page behind the newest ledger is an error, not an empty page, so whether the ledger is there is
/// asked first where it is not known. Servers behind one name may differ in what they have; an error is
/// held against what the answering one has before it is believed.
pub(super) async fn look(client: &RpcClient, place: Place) -> Result<Found, RpcError> {
    let Place {
        next,
        continues,
        latest,
        mut limit,
    } = place;
    if next > latest {
        let latest = client.latest_ledger().await?;
        if next > latest {
            return Ok(Found::NotYet(latest));
        }
    }
    loop {
        let error = match client.ledgers(next, continues, limit).await {
            Ok(page) if page.ledgers.is_empty() => return Ok(Found::NotYet(page.latest)),
            Ok(page) => return Ok(Found::Page(page, limit)),
            Err(error) => error,
        };
        if error.is_too_much() && limit > 1 {
            limit /= 2;
            tracing::debug!(%error, limit, "fewer ledgers are asked for at a time");
            continue;
        }
        if !error.is_about_content() {
            return Err(error);
        }
        let Health {
            latest_ledger: latest,
            oldest_ledger: oldest,
        } = client.health().await?;
        return if next > latest {
            Ok(Found::NotYet(latest))
        } else if next < oldest {
            Err(RpcError::NotRetained {
                wanted: next,
                oldest,
                latest,
            })
        } else {
            Err(error)
        };
    }
}
