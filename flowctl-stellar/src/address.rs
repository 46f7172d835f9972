use std::{fmt, str::FromStr};

use stellar_strkey::{ClaimableBalance, Contract, LiquidityPool, Strkey, ed25519};
use stellar_xdr::{AccountId, ClaimableBalanceId, MuxedAccount, PoolId, PublicKey, ScAddress};

/// Who can hold a token, in binary form: small, `Copy` and cheap to compare.
///
/// Its text is the strkey of SEP-23: `G…`, `M…`, `C…`, `B…` or `L…`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Address {
    /// An account, `G…`.
    Account([u8; 32]),
    /// An account with an id that its owner gives a meaning to, `M…`.
    MuxedAccount {
        /// The account.
        account: [u8; 32],
        /// The owner's id.
        id: u64,
    },
    /// A smart contract, `C…`.
    Contract([u8; 32]),
    /// A claimable balance, `B…`.
    ClaimableBalance([u8; 32]),
    /// A liquidity pool, `L…`.
    LiquidityPool([u8; 32]),
}

/// Text that is no address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a Stellar address: `{0}`")]
pub struct AddressError(String);

impl Address {
    /// The account behind a muxed account; every other address unchanged.
    #[must_use]
    pub const fn without_mux(self) -> Self {
        match self {
            Self::MuxedAccount { account, .. } => Self::Account(account),
            other => other,
        }
    }

    /// Whether this is an account, muxed or not.
    #[must_use]
    pub const fn is_account(&self) -> bool {
        matches!(self, Self::Account(_) | Self::MuxedAccount { .. })
    }

    /// Whether this is a smart contract.
    #[must_use]
    pub const fn is_contract(&self) -> bool {
        matches!(self, Self::Contract(_))
    }

    /// Calls `use_text` with the strkey, without an allocation.
    pub(crate) fn with_text<T>(&self, use_text: impl FnOnce(&str) -> T) -> T {
        match *self {
            Self::Account(key) => use_text(&ed25519::PublicKey(key).to_string()),
            Self::MuxedAccount { account, id } => {
                let muxed = ed25519::MuxedAccount {
                    ed25519: account,
                    id,
                };
                use_text(&muxed.to_string())
            }
            Self::Contract(id) => use_text(&Contract(id).to_string()),
            Self::ClaimableBalance(id) => use_text(&ClaimableBalance::V0(id).to_string()),
            Self::LiquidityPool(id) => use_text(&LiquidityPool(id).to_string()),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.pad(text))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        match Strkey::from_string(text) {
            Ok(Strkey::PublicKeyEd25519(key)) => Ok(Self::Account(key.0)),
            Ok(Strkey::MuxedAccountEd25519(muxed)) => Ok(Self::MuxedAccount {
                account: muxed.ed25519,
                id: muxed.id,
            }),
            Ok(Strkey::Contract(contract)) => Ok(Self::Contract(contract.0)),
            Ok(Strkey::ClaimableBalance(ClaimableBalance::V0(id))) => {
                Ok(Self::ClaimableBalance(id))
            }
            Ok(Strkey::LiquidityPool(pool)) => Ok(Self::LiquidityPool(pool.0)),
            _ => Err(AddressError(text.to_owned())),
        }
    }
}

impl From<&AccountId> for Address {
    fn from(account: &AccountId) -> Self {
        let PublicKey::PublicKeyTypeEd25519(key) = &account.0;
        Self::Account(key.0)
    }
}

impl From<&MuxedAccount> for Address {
    fn from(account: &MuxedAccount) -> Self {
        match account {
            MuxedAccount::Ed25519(key) => Self::Account(key.0),
            MuxedAccount::MuxedEd25519(muxed) => Self::MuxedAccount {
                account: muxed.ed25519.0,
                id: muxed.id,
            },
        }
    }
}

impl From<&ClaimableBalanceId> for Address {
    fn from(id: &ClaimableBalanceId) -> Self {
        let ClaimableBalanceId::ClaimableBalanceIdTypeV0(hash) = id;
        Self::ClaimableBalance(hash.0)
    }
}

impl From<&PoolId> for Address {
    fn from(pool: &PoolId) -> Self {
        Self::LiquidityPool(pool.0.0)
    }
}

/// A muxed contract (CAP-84) becomes the contract behind it: its id is not carried, as in the Go processor.
impl From<&ScAddress> for Address {
    fn from(address: &ScAddress) -> Self {
        match address {
            ScAddress::Account(account) => account.into(),
            ScAddress::Contract(contract) => Self::Contract(contract.0.0),
            ScAddress::MuxedAccount(muxed) => Self::MuxedAccount {
                account: muxed.ed25519.0,
                id: muxed.id,
            },
            ScAddress::ClaimableBalance(id) => id.into(),
            ScAddress::LiquidityPool(pool) => pool.into(),
            ScAddress::MuxedContract(muxed) => Self::Contract(muxed.contract_id.0.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_address() -> impl Strategy<Value = Address> {
        (any::<[u8; 32]>(), any::<u64>(), 0..5u8).prop_map(|(key, id, kind)| match kind {
            0 => Address::Account(key),
            1 => Address::MuxedAccount { account: key, id },
            2 => Address::Contract(key),
            3 => Address::ClaimableBalance(key),
            _ => Address::LiquidityPool(key),
        })
    }

    proptest! {
        #[test]
        fn an_address_survives_its_text(address in any_address()) {
            prop_assert_eq!(address.to_string().parse(), Ok(address));
        }

        #[test]
        fn only_a_muxed_account_changes_without_its_mux(address in any_address()) {
            let plain = address.without_mux();
            prop_assert_eq!(plain == address, !matches!(address, Address::MuxedAccount { .. }));
            prop_assert_eq!(plain.is_account(), address.is_account());
        }
    }

    #[test]
    fn a_muxed_contract_becomes_its_contract() {
        let contract_id = stellar_xdr::ContractId(stellar_xdr::Hash([7; 32]));
        let muxed = stellar_xdr::MuxedContract { id: 9, contract_id };
        assert_eq!(
            Address::from(&ScAddress::MuxedContract(muxed)),
            Address::Contract([7; 32])
        );
    }

    #[test]
    fn text_of_another_kind_is_refused_with_itself() {
        let error = "native".parse::<Address>().unwrap_err();
        assert_eq!(error.to_string(), "not a Stellar address: `native`");
    }
}
