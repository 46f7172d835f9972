use stellar_xdr::{AccountId, Asset, TrustLineAsset, TrustLineEntry, TrustLineFlags};

use super::LedgerState;

/// Lumens that an account keeps for each of its entries, in stroops.
pub(in crate::simulated) const BASE_RESERVE: i64 = 5_000_000;

/// Why tokens cannot be taken from an account or given to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::simulated) enum Refusal {
    NoAccount,
    NoTrustLine,
    NotAuthorized,
    TooFew,
    NoRoom,
}

impl LedgerState {
    /// How much of `asset` the account can give away. The issuer has no end of it.
    pub(in crate::simulated) fn available(
        &self,
        id: &AccountId,
        asset: &Asset,
    ) -> Result<i64, Refusal> {
        if is_issuer(id, asset) {
            return Ok(i64::MAX);
        }
        let Some(line_asset) = line_asset(asset) else {
            let account = self.account(id).ok_or(Refusal::NoAccount)?;
            let reserve = (2 + i64::from(account.num_sub_entries)) * BASE_RESERVE;
            return Ok(account.balance.saturating_sub(reserve).max(0));
        };
        Ok(self.authorized_line(id, &line_asset)?.balance)
    }

    /// How much of `asset` the account can receive.
    pub(in crate::simulated) fn room(&self, id: &AccountId, asset: &Asset) -> Result<i64, Refusal> {
        if is_issuer(id, asset) {
            return Ok(i64::MAX);
        }
        let Some(line_asset) = line_asset(asset) else {
            let account = self.account(id).ok_or(Refusal::NoAccount)?;
            return Ok(i64::MAX - account.balance);
        };
        let line = self.authorized_line(id, &line_asset)?;
        Ok(line.limit - line.balance)
    }

    /// Takes `amount` from the account, if it can give that much.
    pub(in crate::simulated) fn take(
        &mut self,
        id: &AccountId,
        asset: &Asset,
        amount: i64,
    ) -> Result<(), Refusal> {
        if self.available(id, asset)? < amount {
            return Err(Refusal::TooFew);
        }
        self.shift(id, asset, -amount);
        Ok(())
    }

    /// Gives `amount` to the account, if it has room for that much.
    pub(in crate::simulated) fn give(
        &mut self,
        id: &AccountId,
        asset: &Asset,
        amount: i64,
    ) -> Result<(), Refusal> {
        if self.room(id, asset)? < amount {
            return Err(Refusal::NoRoom);
        }
        self.shift(id, asset, amount);
        Ok(())
    }

    /// Changes a balance, whatever its owner may do with it.
    pub(in crate::simulated) fn shift(&mut self, id: &AccountId, asset: &Asset, change: i64) {
        if is_issuer(id, asset) {
            return;
        }
        match line_asset(asset) {
            None => self.change_account(id, |account| account.balance += change),
            Some(asset) => self.change_trust_line(id, &asset, |line| line.balance += change),
        }
    }

    fn authorized_line(
        &self,
        id: &AccountId,
        asset: &TrustLineAsset,
    ) -> Result<&TrustLineEntry, Refusal> {
        let line = self.trust_line(id, asset).ok_or(Refusal::NoTrustLine)?;
        if has(line, TrustLineFlags::AuthorizedFlag) {
            Ok(line)
        } else {
            Err(Refusal::NotAuthorized)
        }
    }
}

pub(in crate::simulated) const fn has(line: &TrustLineEntry, flag: TrustLineFlags) -> bool {
    line.flags & bit(flag) != 0
}

/// The flag's bit in a trust line.
pub(in crate::simulated) const fn bit(flag: TrustLineFlags) -> u32 {
    (flag as i32).cast_unsigned()
}

pub(in crate::simulated) fn issuer(asset: &Asset) -> Option<&AccountId> {
    match asset {
        Asset::Native => None,
        Asset::CreditAlphanum4(asset) => Some(&asset.issuer),
        Asset::CreditAlphanum12(asset) => Some(&asset.issuer),
    }
}

pub(in crate::simulated) fn is_issuer(id: &AccountId, asset: &Asset) -> bool {
    issuer(asset) == Some(id)
}

/// The asset as trust lines name it; `None` for the lumen, which needs none.
pub(in crate::simulated) fn line_asset(asset: &Asset) -> Option<TrustLineAsset> {
    match asset {
        Asset::Native => None,
        Asset::CreditAlphanum4(asset) => Some(TrustLineAsset::CreditAlphanum4(asset.clone())),
        Asset::CreditAlphanum12(asset) => Some(TrustLineAsset::CreditAlphanum12(asset.clone())),
    }
}
