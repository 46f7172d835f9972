use std::collections::HashMap;

use stellar_xdr::{
    AccountId, ClaimableBalanceEntry, ClaimableBalanceId, HashIdPreimage, HashIdPreimageRevokeId,
    LedgerEntryData, Limits, PoolId, PublicKey, SequenceNumber, Uint256, WriteXdr,
};

use super::{
    super::{
        EventKind, OperationError,
        emitter::{Emitter, Note},
    },
    OperationInput,
    pool::{self, PoolChange},
};
use crate::{Address, Asset, Hash};

/// A revoked trust line: its owner's shares of liquidity pools are redeemed into claimable balances.
///
/// The changes do not say which balance came from which pool, so the ids that a pool's balances would
/// have are computed and looked up. Of two that were created, both are transfers. Of one, the other
/// asset went to its issuer, who owned the shares, and is a burn.
///
/// Divergence 2, revocation: stellar-core writes one event an asset in the pool's order, none for an
/// amount of 0, and burns also where no balance was created. Go, which this follows, writes the
/// transfer before the burn, the burn even if it is of 0, and nothing without a created balance.
pub(super) fn revoke(
    input: &OperationInput<'_>,
    emitter: &mut Emitter<'_>,
) -> Result<(), OperationError> {
    let pools = pool::changed(input)?;
    if pools.is_empty() {
        return Ok(());
    }
    let created = created_balances(input)?;
    for pool in &pools {
        let mut found: Vec<&ClaimableBalanceEntry> = Vec::with_capacity(2);
        for (asset, _) in pool.reserves {
            found.extend(created.get(&balance_id(input, pool.id, asset)?));
        }
        for balance in &found {
            let (asset, to) = (
                Asset::from(&balance.asset),
                Address::from(&balance.balance_id),
            );
            emitter.movement(
                asset,
                Address::from(pool.id),
                to,
                balance.amount,
                Note::None,
            );
        }
        if let [balance] = found.as_slice() {
            burn_other(pool, Asset::from(&balance.asset), emitter);
        }
    }
    Ok(())
}

fn burn_other(pool: &PoolChange<'_>, kept: Asset, emitter: &mut Emitter<'_>) {
    let [first, second] = pool.reserves;
    let (asset, amount) = if kept == first.0 { second } else { first };
    let from = Address::from(pool.id);
    emitter.classic(
        EventKind::Burn {
            from,
            asset: Some(asset),
            amount,
        },
        None,
    );
}

fn created_balances<'a>(
    input: &OperationInput<'a>,
) -> Result<HashMap<Hash, &'a ClaimableBalanceEntry>, OperationError> {
    let mut created = HashMap::new();
    for change in input.changes() {
        let change = change?;
        if let (None, Some(after), false) = (change.before, change.after, change.restored)
            && let LedgerEntryData::ClaimableBalance(entry) = &after.data
        {
            let ClaimableBalanceId::ClaimableBalanceIdTypeV0(id) = &entry.balance_id;
            created.insert(Hash::from(id), entry);
        }
    }
    Ok(created)
}

/// The id of the claimable balance that redeems `asset` from `pool`.
///
/// # Source
///
/// CAP-38, "SetTrustLineFlagsOp and AllowTrustOp": the hash of the `HashIDPreimage` of kind
/// `ENVELOPE_TYPE_POOL_REVOKE_OP_ID`, over the source account of the transaction (not of the
/// operation), its sequence number, and the operation's index from 0.
fn balance_id(
    input: &OperationInput<'_>,
    pool: &PoolId,
    asset: Asset,
) -> Result<Hash, OperationError> {
    let envelope = &input.transaction.envelope;
    let Address::Account(source) = envelope.source.without_mux() else {
        return Err(OperationError::Amounts);
    };
    let preimage = HashIdPreimage::PoolRevokeOpId(HashIdPreimageRevokeId {
        source_account: AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(source))),
        seq_num: SequenceNumber(envelope.sequence_number),
        op_num: u32::try_from(input.index).map_err(|_| OperationError::Amounts)?,
        liquidity_pool_id: pool.clone(),
        asset: (&asset).into(),
    });
    let bytes = preimage
        .to_xdr(Limits::none())
        .map_err(|_| OperationError::Amounts)?;
    Ok(Hash::of(bytes))
}
