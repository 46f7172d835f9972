//! Accounts, assets and lists.

use stellar_xdr::*;

pub(crate) fn account(key: u8) -> MuxedAccount {
    MuxedAccount::Ed25519(Uint256([key; 32]))
}

pub(crate) fn muxed(key: u8, id: u64) -> MuxedAccount {
    MuxedAccount::MuxedEd25519(MuxedAccountMed25519 {
        id,
        ed25519: Uint256([key; 32]),
    })
}

pub(crate) fn account_id(key: u8) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256([key; 32])))
}

/// A credit asset whose issuer's key is all `issuer`.
pub(crate) fn asset(code: &str, issuer: u8) -> Asset {
    let issuer = flowctl_stellar::AssetCode::from_bytes(code.as_bytes()).map(|code| {
        flowctl_stellar::Asset::Issued {
            code,
            issuer: [issuer; 32],
        }
    });
    (&issuer.unwrap()).into()
}

pub(crate) fn text_memo(bytes: &[u8]) -> Memo {
    Memo::Text(bytes.try_into().unwrap())
}

pub(crate) fn list<T, const MAX: u32>(items: Vec<T>) -> VecM<T, MAX> {
    items
        .try_into()
        .unwrap_or_else(|_| panic!("a list within its limit"))
}

pub(crate) fn changes(changes: &[LedgerEntryChange]) -> LedgerEntryChanges {
    LedgerEntryChanges(list(changes.to_vec()))
}
