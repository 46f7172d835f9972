use std::fmt;

use crate::Hash;

/// A Stellar network, known by its passphrase.
///
/// Every transaction hash and contract id depends on it, so a ledger read with another network's
/// passphrase matches no envelope.
#[derive(Clone, PartialEq, Eq)]
pub struct Network {
    passphrase: String,
    id: Hash,
}

/// The names that [`Network::named`] knows, with their passphrases.
///
/// # Source
///
/// Stellar documentation, "Networks"; the standalone one is stellar-core's default for a private network.
const WELL_KNOWN: [(&str, &str); 4] = [
    ("pubnet", "Public Global Stellar Network ; September 2015"),
    ("testnet", "Test SDF Network ; September 2015"),
    ("futurenet", "Test SDF Future Network ; October 2022"),
    ("standalone", "Standalone Network ; February 2017"),
];

impl Network {
    /// The network with this passphrase.
    #[must_use]
    pub fn new(passphrase: impl Into<String>) -> Self {
        let passphrase = passphrase.into();
        let id = Hash::of(&passphrase);
        Self { passphrase, id }
    }

    /// The public network.
    #[must_use]
    pub fn pubnet() -> Self {
        let [(_, passphrase), ..] = WELL_KNOWN;
        Self::new(passphrase)
    }

    /// The test network.
    #[must_use]
    pub fn testnet() -> Self {
        let [_, (_, passphrase), ..] = WELL_KNOWN;
        Self::new(passphrase)
    }

    /// A network by its well-known name: one of [`Network::names`].
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let (_, passphrase) = WELL_KNOWN.into_iter().find(|(known, _)| *known == name)?;
        Some(Self::new(passphrase))
    }

    /// The names that [`Network::named`] knows: `pubnet`, `testnet`, `futurenet`, `standalone`.
    pub fn names() -> impl Iterator<Item = &'static str> {
        WELL_KNOWN.into_iter().map(|(name, _)| name)
    }

    /// The passphrase.
    #[must_use]
    pub fn passphrase(&self) -> &str {
        &self.passphrase
    }

    /// The network id: the SHA-256 of the passphrase.
    #[must_use]
    pub const fn id(&self) -> Hash {
        self.id
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Network").field(&self.passphrase).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_is_the_hash_of_the_passphrase() {
        let id = "7ac33997544e3175d266bd022439b22cdb16508c01163f26e5cb2a3e1045a979";
        assert_eq!(Network::pubnet().id().to_string(), id);
    }

    #[test]
    fn each_name_finds_its_own_network() {
        let networks: Vec<_> = Network::names().filter_map(Network::named).collect();
        assert_eq!(networks.len(), 4);
        assert_eq!(networks.first(), Some(&Network::pubnet()));
        assert_eq!(networks.get(1), Some(&Network::testnet()));
        assert_eq!(Network::named("mainnet"), None);
    }
}
