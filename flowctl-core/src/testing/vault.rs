use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use crate::{
    ComponentId, Path,
    component::{ComponentError, Held, OpenSink, Sink},
    event::Batch,
};

/// A destination in memory that outlives the runs that write to it. Clones are the same vault.
#[derive(Clone, Debug, Default)]
pub struct Vault(Arc<Mutex<Contents>>);

#[derive(Debug, Default)]
struct Contents {
    events: Vec<(ComponentId, u64, Path, Vec<u8>)>,
    positions: BTreeMap<ComponentId, u64>,
    keeps_positions: bool,
    faults: VecDeque<VaultFault>,
    writes: u64,
}

/// What goes wrong at one write.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum VaultFault {
    /// The write works.
    None,
    /// An error that may pass.
    Retry,
    /// An error that says nothing.
    Unspecified,
    /// An error after which the sink cannot go on.
    Stop,
    /// A panic.
    Panic,
    /// It never answers.
    Hang,
}

impl Vault {
    /// An empty vault whose sinks keep their positions with the data.
    #[must_use]
    pub fn new() -> Self {
        let vault = Self::default();
        vault.contents().keeps_positions = true;
        vault
    }

    /// An empty vault whose sinks keep no positions.
    #[must_use]
    pub fn without_positions() -> Self {
        Self::default()
    }

    /// Lets the next writes go like this, one by one; later ones work.
    pub fn plan(&self, faults: impl IntoIterator<Item = VaultFault>) {
        self.contents().faults.extend(faults);
    }

    /// A sink that writes here.
    #[must_use]
    pub fn sink(&self) -> Box<dyn Sink> {
        Box::new(VaultSink(self.clone()))
    }

    /// Everything that was written, in order: source, sequence, path, payload.
    #[must_use]
    pub fn events(&self) -> Vec<(ComponentId, u64, Path, Vec<u8>)> {
        self.contents().events.clone()
    }

    /// The sequences of what was written, in order.
    #[must_use]
    pub fn sequences(&self) -> Vec<u64> {
        self.contents()
            .events
            .iter()
            .map(|(_, sequence, ..)| *sequence)
            .collect()
    }

    /// How far each source is complete here.
    #[must_use]
    pub fn positions(&self) -> BTreeMap<ComponentId, u64> {
        self.contents().positions.clone()
    }

    /// How many writes worked.
    #[must_use]
    pub fn writes(&self) -> u64 {
        self.contents().writes
    }

    /// Forgets everything, as if the file had been deleted.
    pub fn clear(&self) {
        let mut contents = self.contents();
        contents.events.clear();
        contents.positions.clear();
    }

    fn contents(&self) -> MutexGuard<'_, Contents> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct VaultSink(Vault);

#[async_trait]
impl Sink for VaultSink {
    async fn open(&mut self, _open: &OpenSink) -> Result<Held, ComponentError> {
        let contents = self.0.contents();
        Ok(match contents.keeps_positions {
            true => Held::Positions(contents.positions.clone()),
            false => Held::Unknown,
        })
    }

    async fn write(&mut self, batches: &[Batch]) -> Result<(), ComponentError> {
        // Something takes time in every real sink.
        tokio::task::yield_now().await;
        let fault = self
            .0
            .contents()
            .faults
            .pop_front()
            .unwrap_or(VaultFault::None);
        match fault {
            VaultFault::None => {}
            VaultFault::Retry => return Err(ComponentError::retry("the vault is busy")),
            VaultFault::Unspecified => return Err(ComponentError::new("the vault refuses")),
            VaultFault::Stop => return Err(ComponentError::stop("the vault is gone")),
            #[expect(clippy::panic, reason = "a test asked for it")]
            VaultFault::Panic => panic!("the vault panics"),
            VaultFault::Hang => std::future::pending().await,
        }
        let mut contents = self.0.contents();
        contents.writes += 1;
        for batch in batches {
            let source = batch.source();
            let known = contents.positions.get(source).copied();
            for event in batch.events() {
                let payload = event.payload().as_bytes().map(|bytes| bytes.to_vec());
                contents.events.push((
                    source.clone(),
                    event.sequence(),
                    event.path().clone(),
                    payload.unwrap_or_default(),
                ));
            }
            let through = batch.through().max(known.unwrap_or(0));
            contents.positions.insert(source.clone(), through);
        }
        Ok(())
    }
}
