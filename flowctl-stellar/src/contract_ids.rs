use std::collections::HashMap;

use stellar_xdr::{ContractIdPreimage, HashIdPreimage, HashIdPreimageContractId, Limits, WriteXdr};

use crate::{Asset, Hash, Network};

/// How many assets are remembered before the cache starts over. A pubnet ledger touches a few
/// hundred; this bounds the memory over a whole history (about 10 MB) and for hostile input.
const CAPACITY: usize = 1 << 16;

/// The contract ids of classic assets on one network, computed once each.
///
/// Every classic asset has a reserved contract, its Stellar Asset Contract, whether deployed or not.
/// Finding its id takes an encoding and a hash, which would otherwise be most of the work of an event.
#[derive(Debug, Clone)]
pub struct ContractIds {
    network: Hash,
    native: [u8; 32],
    issued: HashMap<Asset, [u8; 32]>,
}

impl ContractIds {
    /// An empty cache for `network`.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        let network = network.id();
        Self {
            network,
            native: contract_id(network, &Asset::Native),
            issued: HashMap::new(),
        }
    }

    /// The contract id of the lumen.
    #[must_use]
    pub const fn native(&self) -> [u8; 32] {
        self.native
    }

    /// The contract id of `asset`.
    pub fn of(&mut self, asset: &Asset) -> [u8; 32] {
        if *asset == Asset::Native {
            return self.native;
        }
        if let Some(known) = self.issued.get(asset) {
            return *known;
        }
        if self.issued.len() >= CAPACITY {
            self.issued.clear();
        }
        let id = contract_id(self.network, asset);
        self.issued.insert(*asset, id);
        id
    }
}

/// # Source
///
/// stellar-core `getAssetContractID`: the SHA-256 of the `HashIDPreimage` of kind
/// `ENVELOPE_TYPE_CONTRACT_ID` over the network id and the asset.
#[expect(
    clippy::expect_used,
    reason = "writing a fixed-size structure to memory without limits cannot fail"
)]
fn contract_id(network: Hash, asset: &Asset) -> [u8; 32] {
    let preimage = HashIdPreimage::ContractId(HashIdPreimageContractId {
        network_id: stellar_xdr::Hash(network.0),
        contract_id_preimage: ContractIdPreimage::Asset(asset.into()),
    });
    let bytes = preimage.to_xdr(Limits::none()).expect("writing to memory");
    Hash::of(bytes).0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Address, AssetCode};

    #[test]
    fn the_lumen_has_its_published_contract() {
        let ids = ContractIds::new(&Network::pubnet());
        let expected = "CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA";
        assert_eq!(Address::Contract(ids.native()).to_string(), expected);
    }

    #[test]
    fn the_same_asset_has_the_same_contract_and_only_that() {
        let mut ids = ContractIds::new(&Network::pubnet());
        let mut other = ContractIds::new(&Network::testnet());
        let asset = Asset::Issued {
            code: AssetCode::Four(*b"USDC"),
            issuer: [1; 32],
        };
        assert_eq!(ids.of(&asset), ids.of(&asset));
        assert_ne!(ids.of(&asset), ids.native());
        assert_ne!(ids.of(&asset), other.of(&asset));
    }

    #[test]
    fn the_cache_starts_over_when_it_is_full() {
        let mut ids = ContractIds::new(&Network::pubnet());
        let asset = |index: u32| Asset::Issued {
            code: AssetCode::Four(index.to_be_bytes()),
            issuer: [1; 32],
        };
        let first = ids.of(&asset(0));
        for index in 0..=u32::try_from(CAPACITY).unwrap() {
            ids.of(&asset(index));
        }
        assert!(ids.issued.len() < CAPACITY);
        assert_eq!(ids.of(&asset(0)), first);
    }
}
