use serde::Deserialize;

use crate::{
    Network,
    ledger::Gaps,
    network_name::{NetworkName, required_network},
    source::LedgerRange,
};

/// What [`LedgerFiles`](super::LedgerFiles) reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Keys")]
#[non_exhaustive]
pub struct LedgerFilesConfig {
    /// Paths of files, or patterns with `*`, `?`, `[…]` and `**`.
    pub paths: Vec<String>,
    /// The network that the ledgers are of.
    pub network: Network,
    /// Which of the ledgers to hand out.
    pub range: LedgerRange,
    /// What a missing ledger means.
    pub gaps: Gaps,
}

impl LedgerFilesConfig {
    /// All ledgers in the files, without a gap.
    #[must_use]
    pub fn new(network: Network, paths: Vec<String>) -> Self {
        Self {
            paths,
            network,
            range: LedgerRange::default(),
            gaps: Gaps::default(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    paths: Vec<String>,
    network: Option<NetworkName>,
    network_passphrase: Option<String>,
    start_ledger: Option<u32>,
    end_ledger: Option<u32>,
    #[serde(default)]
    gaps: GapsKey,
}

#[derive(Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum GapsKey {
    #[default]
    Error,
    Allow,
}

impl TryFrom<Keys> for LedgerFilesConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        if keys.paths.is_empty() {
            return Err("`paths` is empty".to_owned());
        }
        Ok(Self {
            paths: keys.paths,
            network: required_network(keys.network, keys.network_passphrase)?,
            range: LedgerRange::new(keys.start_ledger, keys.end_ledger)
                .map_err(|error| error.to_string())?,
            gaps: match keys.gaps {
                GapsKey::Error => Gaps::Error,
                GapsKey::Allow => Gaps::Allow,
            },
        })
    }
}
