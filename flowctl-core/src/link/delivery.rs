use super::Obligation;
use crate::event::Batch;

/// A batch on its way, with what is owed for it.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) batch: Batch,
    pub(crate) obligation: Obligation,
}
