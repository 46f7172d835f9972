use std::collections::BTreeMap;

use super::{super::EventKind, sum::Sum};
use crate::{Address, Asset};

/// By how much balances differ, per holder and asset: what events say minus what entries say.
#[derive(Debug, Clone, Default)]
pub(super) struct Balances(BTreeMap<(Address, Asset), Sum>);

/// One balance whose change its events do not explain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    pub(super) holder: Address,
    pub(super) asset: Asset,
    /// What the events say too much.
    pub(super) excess: String,
}

impl Balances {
    /// Adds what an event does. A token that is no classic asset has no balances here.
    pub(super) fn add_event(&mut self, kind: &EventKind) {
        let Some(asset) = kind.asset() else { return };
        if let Some(from) = kind.from() {
            self.subtract(from, asset, kind.amount());
        }
        if let Some(to) = kind.to() {
            self.add(to, asset, kind.amount());
        }
    }

    pub(super) fn add(&mut self, holder: &Address, asset: &Asset, amount: i128) {
        self.sum(holder, asset).add(amount);
    }

    pub(super) fn subtract(&mut self, holder: &Address, asset: &Asset, amount: i128) {
        self.sum(holder, asset).subtract(amount);
    }

    /// The first balance that differs, of the holders that pass `counted`.
    pub(super) fn difference(&self, counted: impl Fn(&Address) -> bool) -> Option<Difference> {
        let different =
            |((holder, _), sum): &(&(Address, Asset), &Sum)| counted(holder) && !sum.is_zero();
        let ((holder, asset), sum) = self.0.iter().find(different)?;
        Some(Difference {
            holder: *holder,
            asset: *asset,
            excess: sum.to_string(),
        })
    }

    fn sum(&mut self, holder: &Address, asset: &Asset) -> &mut Sum {
        self.0.entry((holder.without_mux(), *asset)).or_default()
    }
}
