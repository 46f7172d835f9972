use stellar_xdr::{AccountId, Asset, MuxedAccount, MuxedAccountMed25519, OperationBody};

use super::{
    account, authorization, claimable_balance, clawback, contract_call, inflation, offer,
    path_payment, payment, pool, settings, stale_account, trust_line,
};
use crate::simulated::{
    cast::{self, Cast},
    kind::Kind,
    random::Random,
    state::LedgerState,
};

/// The first protocol with muxed accounts (CAP-27).
const FIRST_PROTOCOL_WITH_MUXED_ACCOUNTS: u32 = 13;

/// Chooses operations that the state allows when they are chosen. Others that come before them in the
/// ledger can make them fail; then they fail as on a real network.
#[derive(Debug)]
pub(in crate::simulated) struct Planner<'a> {
    pub(in crate::simulated) state: &'a LedgerState,
    pub(in crate::simulated) random: &'a mut Random,
    pub(in crate::simulated) cast: &'a Cast,
    pub(in crate::simulated) seed: u64,
}

/// An operation with its source.
#[derive(Debug, Clone)]
pub(in crate::simulated) struct Step {
    pub(in crate::simulated) source: AccountId,
    pub(in crate::simulated) body: OperationBody,
}

impl Planner<'_> {
    /// Operations of this kind, which belong into one transaction; none if the state does not allow any.
    pub(in crate::simulated) fn plan(&mut self, kind: Kind) -> Option<Vec<Step>> {
        match kind {
            Kind::Payment => payment::plan(self),
            Kind::CreateAccount => account::plan_create(self),
            Kind::AccountMerge => account::plan_merge(self),
            Kind::Offer => offer::plan(self),
            Kind::PathPayment => path_payment::plan(self),
            Kind::ChangeTrust => trust_line::plan(self),
            Kind::TrustLineFlags => authorization::plan(self),
            Kind::ClaimableBalance => claimable_balance::plan(self),
            Kind::Clawback => clawback::plan(self),
            Kind::LiquidityPool => pool::plan(self),
            Kind::Inflation => inflation::plan(self),
            Kind::SetOptions => settings::plan(self),
            Kind::AssetContract => contract_call::plan_asset(self),
            Kind::TokenContract => contract_call::plan_token(self),
            Kind::StaleAccount => stale_account::plan(self),
        }
    }

    /// The same, or a payment.
    pub(in crate::simulated) fn plan_or_pay(&mut self, kind: Kind) -> Option<Vec<Step>> {
        self.plan(kind).or_else(|| self.plan(Kind::Payment))
    }

    pub(in crate::simulated) fn holder_or_root(&mut self) -> AccountId {
        self.holder().unwrap_or_else(|| self.cast.root.clone())
    }

    pub(super) fn holder(&mut self) -> Option<AccountId> {
        self.random.pick(&self.cast.holders).cloned()
    }

    /// Any holder but `other`.
    pub(super) fn another_holder(&mut self, other: &AccountId) -> Option<AccountId> {
        let holders = &self.cast.holders;
        let start = self.random.index(holders.len());
        let mut around = holders.iter().cycle().skip(start).take(2);
        around.find(|holder| *holder != other).cloned()
    }

    /// The lumen, or one of the issued assets.
    pub(super) fn asset(&mut self) -> Asset {
        if self.random.chance(40) {
            Asset::Native
        } else {
            self.issued_asset()
        }
    }

    pub(super) fn issued_asset(&mut self) -> Asset {
        let assets = self.cast.issued_assets();
        self.random
            .pick(&assets)
            .map_or(Asset::Native, |asset| (*asset).clone())
    }

    /// The account as a destination or source: in one of six cases with a muxed id, where there are such.
    pub(in crate::simulated) fn muxed(&mut self, account: &AccountId) -> MuxedAccount {
        let ed25519 = cast::key_of(account).clone();
        let exists = self.state.protocol >= FIRST_PROTOCOL_WITH_MUXED_ACCOUNTS;
        if exists && self.random.chance(16) {
            let id = self.random.number();
            return MuxedAccount::MuxedEd25519(MuxedAccountMed25519 { id, ed25519 });
        }
        MuxedAccount::Ed25519(ed25519)
    }

    /// A small amount, up to a thousandth of what the account has, of any size.
    pub(super) fn amount(&mut self, account: &AccountId, asset: &Asset) -> i64 {
        let available = self.state.available(account, asset).unwrap_or(0);
        let most = (available / 1_000).clamp(1, 1_000_000_000);
        // Of small ones there are as many as of large ones.
        let digits = self.random.below(10);
        let most = most.min(10_i64.saturating_pow(u32::try_from(digits).unwrap_or(0)));
        self.random.between(1, most)
    }
}

impl Step {
    pub(super) fn alone(source: AccountId, body: OperationBody) -> Option<Vec<Self>> {
        Some(vec![Self { source, body }])
    }
}
