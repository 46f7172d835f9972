use flowctl_core::component::{ComponentContext, ComponentError, Source};

use crate::source::{
    Lake, LakeConfig, LedgerRange, Simulated, SimulatedConfig, StellarRpc, StellarRpcConfig,
};

/// Where the ledgers come from: every stream has a source of its own, made here.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    Rpc(StellarRpcConfig),
    Lake(LakeConfig),
    Simulated(SimulatedConfig),
}

impl Origin {
    /// The ledgers of this range.
    pub(super) fn source(
        &self,
        range: LedgerRange,
        context: ComponentContext,
    ) -> Result<Box<dyn Source>, ComponentError> {
        Ok(match self.clone() {
            Self::Rpc(mut config) => {
                config.range = range;
                Box::new(StellarRpc::new(config, context)?)
            }
            Self::Lake(mut config) => {
                config.range = range;
                Box::new(Lake::new(config, context)?)
            }
            Self::Simulated(mut config) => {
                config.range = range;
                Box::new(Simulated::new(config, context)?)
            }
        })
    }

    /// One line on what it is.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Rpc(config) => format!("Stellar RPC at {}", shown(&config.endpoint)),
            Self::Lake(config) => format!("data lake at {}", config.url),
            Self::Simulated(config) => format!("simulated network {}", config.options.seed),
        }
    }
}

/// The URL without its query, which may hold a key.
fn shown(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or_default()
}
