use serde::Deserialize;

use super::{LakeConfig, LakeSchema};
use crate::Network;

/// The file at the root of a lake that says how it is laid out.
pub(super) const MANIFEST: &str = ".config.json";

/// What a lake says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Manifest {
    network_passphrase: Option<String>,
    compression: Option<String>,
    ledgers_per_batch: u32,
    batches_per_partition: u32,
}

impl Manifest {
    /// Takes out of `config` what contradicts the layout here, and says each.
    #[cfg(feature = "programs")]
    pub(super) fn overrule(&self, config: &mut LakeConfig) -> Vec<String> {
        let mut said = Vec::new();
        for (what, here, there) in [
            (
                "ledgers per file",
                self.ledgers_per_batch,
                &mut config.ledgers_per_batch,
            ),
            (
                "files per partition",
                self.batches_per_partition,
                &mut config.batches_per_partition,
            ),
        ] {
            if let Some(other) = there.take_if(|there| *there != here) {
                said.push(format!(
                    "the lake's `{MANIFEST}` says {here} {what}; the configuration's {other} is not used"
                ));
            }
        }
        said
    }
}

/// The network and the layout of a lake: the manifest's, or where there is none the configuration's.
///
/// # Errors
///
/// What to say when they contradict each other, or leave something open.
pub(super) fn settle(
    manifest: Option<&Manifest>,
    config: &LakeConfig,
) -> Result<(Network, LakeSchema), String> {
    let says = |key: &str, manifest: &str, config: &str| {
        format!(
            "the lake's `{MANIFEST}` says `{key}` is `{manifest}`, the configuration `{config}`"
        )
    };
    let number = |key: &str, manifest: Option<u32>, config: Option<u32>| match (manifest, config) {
        (Some(a), Some(b)) if a != b => Err(says(key, &a.to_string(), &b.to_string())),
        (Some(value), _) | (None, Some(value)) => Ok(value),
        (None, None) => Err(format!(
            "the lake has no `{MANIFEST}`, so `{key}` must be configured"
        )),
    };
    if let Some(compression) = manifest.and_then(|manifest| manifest.compression.as_deref())
        && compression != "zstd"
    {
        return Err(format!(
            "the lake is compressed with `{compression}`, only `zstd` is known"
        ));
    }
    let ledgers = number(
        "ledgers_per_batch",
        manifest.map(|manifest| manifest.ledgers_per_batch),
        config.ledgers_per_batch,
    )?;
    let batches = number(
        "batches_per_partition",
        manifest.map(|manifest| manifest.batches_per_partition),
        config.batches_per_partition,
    )?;
    let schema = LakeSchema::new(ledgers, batches).ok_or_else(|| {
        format!("{ledgers} ledgers per batch and {batches} batches per partition are no layout")
    })?;
    let passphrase = manifest.and_then(|manifest| manifest.network_passphrase.clone());
    let network = match (passphrase.map(Network::new), &config.network) {
        (Some(a), Some(b)) if a != *b => {
            return Err(says("network_passphrase", a.passphrase(), b.passphrase()));
        }
        (Some(network), _) => network,
        (None, Some(network)) => network.clone(),
        (None, None) => {
            return Err(format!(
                "the lake has no `{MANIFEST}` that names its network: set `network` or \
                 `network_passphrase`"
            ));
        }
    };
    Ok((network, schema))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(manifest: Option<&str>, config: &str) -> Result<(Network, LakeSchema), String> {
        let manifest: Option<Manifest> = manifest.map(|text| serde_json::from_str(text).unwrap());
        let config: LakeConfig =
            serde_json::from_str(config).map_err(|error: serde_json::Error| error.to_string())?;
        settle(manifest.as_ref(), &config)
    }

    const REAL: &str = r#"{"networkPassphrase":"Test SDF Network ; September 2015","version":"1.0",
        "compression":"zstd","ledgersPerBatch":1,"batchesPerPartition":64000}"#;

    #[test]
    fn the_manifest_says_it_all() {
        let (network, schema) = settled(Some(REAL), r#"{"url": "x"}"#).unwrap();
        assert_eq!(network, Network::testnet());
        assert_eq!(Some(schema), LakeSchema::new(1, 64_000));
        let same = r#"{"url": "x", "network": "testnet", "ledgers_per_batch": 1}"#;
        assert!(settled(Some(REAL), same).is_ok());
    }

    #[test]
    fn a_contradiction_says_both() {
        let error = settled(Some(REAL), r#"{"url": "x", "ledgers_per_batch": 64}"#).unwrap_err();
        assert!(error.contains("`1`") && error.contains("`64`"), "{error}");
        let error = settled(Some(REAL), r#"{"url": "x", "network": "pubnet"}"#).unwrap_err();
        assert!(
            error.contains("Test SDF") && error.contains("Public Global"),
            "{error}"
        );
    }

    #[cfg(feature = "programs")]
    #[test]
    fn a_wrong_layout_is_overruled_and_said() {
        let manifest: Manifest = serde_json::from_str(REAL).unwrap();
        let mut config = LakeConfig::new("x");
        config.ledgers_per_batch = Some(64);
        config.batches_per_partition = Some(64_000);
        let said = manifest.overrule(&mut config);
        assert_eq!(said.len(), 1);
        assert!(
            said[0].contains("says 1 ledgers per file") && said[0].contains("64"),
            "{said:?}"
        );
        assert_eq!(config.ledgers_per_batch, None);
        assert!(settle(Some(&manifest), &config).is_ok());
    }

    #[test]
    fn without_a_manifest_the_configuration_must_say_it_all() {
        let whole = r#"{"url": "x", "network": "pubnet", "ledgers_per_batch": 64,
            "batches_per_partition": 10}"#;
        assert_eq!(
            settled(None, whole).unwrap().1.key(2),
            "FFFFFFFF--0-639/FFFFFFFF--0-63"
        );
        let error = settled(None, r#"{"url": "x", "network": "pubnet"}"#).unwrap_err();
        assert!(
            error.contains("`ledgers_per_batch` must be configured"),
            "{error}"
        );
    }
}
