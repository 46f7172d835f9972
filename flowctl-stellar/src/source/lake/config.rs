use std::{num::NonZeroUsize, time::Duration};

#[cfg(feature = "programs")]
use flowctl_core::component::ComponentError;
use serde::Deserialize;

#[cfg(feature = "programs")]
use super::store::LakeStore;
use crate::{
    Network,
    network_name::{NetworkName, chosen_network},
    source::{LedgerRange, duration_key},
};

/// What [`Lake`](super::Lake) reads.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "Keys")]
#[non_exhaustive]
pub struct LakeConfig {
    /// The root of the lake: a path, or a `file://` URL.
    pub url: String,
    /// The network; `None`: the one in the lake's manifest.
    pub network: Option<Network>,
    /// Which of its ledgers to hand out; without a start from ledger 2 on, without an end for ever.
    pub range: LedgerRange,
    /// How many ledgers are in an object; `None`: as the manifest says.
    pub ledgers_per_batch: Option<u32>,
    /// How many objects are in a folder; `None`: as the manifest says.
    pub batches_per_partition: Option<u32>,
    /// How many objects are fetched ahead, fewer where they hold many ledgers; default 8.
    pub prefetch: NonZeroUsize,
    /// The longest time between two looks for the next object at the tip of the lake; default 5 s.
    pub poll_interval: Duration,
}

/// Enough to keep two workers busy with small objects; the backend of the Go SDK has up to 100.
const PREFETCH: NonZeroUsize = NonZeroUsize::new(8).unwrap();
/// A ledger closes about every five seconds.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

impl LakeConfig {
    /// All ledgers of a lake that has a manifest.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            network: None,
            range: LedgerRange::default(),
            ledgers_per_batch: None,
            batches_per_partition: None,
            prefetch: PREFETCH,
            poll_interval: POLL_INTERVAL,
        }
    }
}

#[cfg(feature = "programs")]
impl LakeConfig {
    /// Leaves the layout to the lake's manifest, where it has one, and says what was configured
    /// otherwise.
    ///
    /// # Errors
    ///
    /// When there is no such lake, or its manifest is none.
    pub(crate) async fn prefer_manifest(&mut self) -> Result<Vec<String>, ComponentError> {
        let manifest = LakeStore::open(&self.url)?.manifest().await?;
        Ok(manifest.map_or_else(Vec::new, |manifest| manifest.overrule(self)))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Keys {
    url: String,
    network: Option<NetworkName>,
    network_passphrase: Option<String>,
    start_ledger: Option<u32>,
    end_ledger: Option<u32>,
    ledgers_per_batch: Option<u32>,
    batches_per_partition: Option<u32>,
    prefetch: Option<NonZeroUsize>,
    #[serde(default = "poll_interval", deserialize_with = "duration_key")]
    poll_interval: Duration,
}

const fn poll_interval() -> Duration {
    POLL_INTERVAL
}

impl TryFrom<Keys> for LakeConfig {
    type Error = String;

    fn try_from(keys: Keys) -> Result<Self, String> {
        if keys.poll_interval.is_zero() {
            return Err("`poll_interval` is 0".to_owned());
        }
        Ok(Self {
            network: chosen_network(keys.network, keys.network_passphrase)?,
            range: LedgerRange::new(keys.start_ledger, keys.end_ledger)
                .map_err(|error| error.to_string())?,
            ledgers_per_batch: keys.ledgers_per_batch,
            batches_per_partition: keys.batches_per_partition,
            prefetch: keys.prefetch.unwrap_or(PREFETCH),
            poll_interval: keys.poll_interval,
            ..Self::new(keys.url)
        })
    }
}
