use stellar_xdr::{
    AccountId, AlphaNum4, AlphaNum12, Asset, AssetCode4, AssetCode12, ContractId, Hash, PublicKey,
    Uint256,
};

use super::options::Options;
use crate::{ContractIds, Network};

/// Who takes part: the accounts, assets and contracts that exist from the beginning. All follow from the
/// seed alone.
#[derive(Debug, Clone)]
pub(super) struct Cast {
    /// Holds the lumens that nobody else has.
    pub(super) root: AccountId,
    /// Issues [`Cast::free_assets`].
    pub(super) bank: AccountId,
    /// Issues [`Cast::regulated_assets`]: it can revoke authorisation and claw back.
    pub(super) regulator: AccountId,
    /// Everybody else.
    pub(super) holders: Vec<AccountId>,
    pub(super) free_assets: [Asset; 2],
    pub(super) regulated_assets: [Asset; 2],
    /// The contract of a token that is no classic asset.
    pub(super) token: ContractId,
    /// Contracts that hold tokens.
    pub(super) vaults: [ContractId; 3],
    /// The assets with their contracts.
    asset_contracts: Vec<(Asset, ContractId)>,
}

impl Cast {
    pub(super) fn new(options: &Options, network: &Network) -> Self {
        let seed = options.seed;
        let bank = account(key(seed, "bank", 0));
        let regulator = account(key(seed, "regulator", 0));
        let contract = |role, number| ContractId(Hash(key(seed, role, number)));
        let mut cast = Self {
            root: account(key(seed, "root", 0)),
            holders: (0..options.accounts)
                .map(|number| account(key(seed, "holder", number)))
                .collect(),
            free_assets: [four(*b"USD\0", &bank), twelve(*b"LONGDOLLAR\0\0", &bank)],
            regulated_assets: [
                four(*b"BOND", &regulator),
                twelve(*b"SHARES\0\0\0\0\0\0", &regulator),
            ],
            token: contract("token", 0),
            vaults: [0, 1, 2].map(|number| contract("vault", number)),
            bank,
            regulator,
            asset_contracts: Vec::new(),
        };
        let mut contracts = ContractIds::new(network);
        let assets: Vec<_> = cast.issued_assets().into_iter().cloned().collect();
        for asset in std::iter::once(Asset::Native).chain(assets) {
            let contract = ContractId(Hash(contracts.of(&(&asset).into())));
            cast.asset_contracts.push((asset, contract));
        }
        cast
    }

    /// The contract of an asset of this network.
    pub(super) fn contract_of(&self, asset: &Asset) -> ContractId {
        let found = self
            .asset_contracts
            .iter()
            .find(|(other, _)| other == asset);
        found.map_or_else(|| self.token.clone(), |(_, contract)| contract.clone())
    }

    /// The asset whose contract this is.
    pub(super) fn asset_of(&self, contract: &ContractId) -> Option<&Asset> {
        let found = self
            .asset_contracts
            .iter()
            .find(|(_, other)| other == contract);
        found.map(|(asset, _)| asset)
    }

    /// The issued assets.
    pub(super) fn issued_assets(&self) -> [&Asset; 4] {
        let [first, second] = &self.free_assets;
        let [third, fourth] = &self.regulated_assets;
        [first, second, third, fourth]
    }

    /// Whether the account exists forever.
    pub(super) fn is_permanent(&self, account: &AccountId) -> bool {
        let named = [&self.root, &self.bank, &self.regulator];
        named.contains(&account) || self.holders.contains(account)
    }

    /// The account with this number that comes into being later.
    pub(super) fn newcomer(seed: u64, number: u32) -> AccountId {
        account(key(seed, "newcomer", number))
    }
}

/// Bytes in the place of a public key. Few of them are points of the curve: nobody can sign for them.
fn key(seed: u64, role: &str, number: u32) -> [u8; 32] {
    crate::Hash::of(format!("flowctl simulated {role} {number} of {seed}")).0
}

pub(super) const fn account(key: [u8; 32]) -> AccountId {
    AccountId(PublicKey::PublicKeyTypeEd25519(Uint256(key)))
}

fn four(code: [u8; 4], issuer: &AccountId) -> Asset {
    Asset::CreditAlphanum4(AlphaNum4 {
        asset_code: AssetCode4(code),
        issuer: issuer.clone(),
    })
}

fn twelve(code: [u8; 12], issuer: &AccountId) -> Asset {
    Asset::CreditAlphanum12(AlphaNum12 {
        asset_code: AssetCode12(code),
        issuer: issuer.clone(),
    })
}

pub(super) const fn key_of(account: &AccountId) -> &Uint256 {
    let PublicKey::PublicKeyTypeEd25519(key) = &account.0;
    key
}
