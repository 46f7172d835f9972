package main

import (
	"github.com/stellar/go-stellar-sdk/xdr"
)

func entryOf(entryType xdr.LedgerEntryType, value any) xdr.LedgerEntry {
	data, err := xdr.NewLedgerEntryData(entryType, value)
	if err != nil {
		panic(err)
	}
	return xdr.LedgerEntry{Data: data}
}

func created(entry xdr.LedgerEntry) xdr.LedgerEntryChanges {
	return xdr.LedgerEntryChanges{{Type: xdr.LedgerEntryChangeTypeLedgerEntryCreated, Created: &entry}}
}

func restored(entry xdr.LedgerEntry) xdr.LedgerEntryChanges {
	return xdr.LedgerEntryChanges{{Type: xdr.LedgerEntryChangeTypeLedgerEntryRestored, Restored: &entry}}
}

func updated(before, after xdr.LedgerEntry) xdr.LedgerEntryChanges {
	return xdr.LedgerEntryChanges{
		{Type: xdr.LedgerEntryChangeTypeLedgerEntryState, State: &before},
		{Type: xdr.LedgerEntryChangeTypeLedgerEntryUpdated, Updated: &after},
	}
}

func removed(before xdr.LedgerEntry) xdr.LedgerEntryChanges {
	key, err := before.LedgerKey()
	if err != nil {
		panic(err)
	}
	return xdr.LedgerEntryChanges{
		{Type: xdr.LedgerEntryChangeTypeLedgerEntryState, State: &before},
		{Type: xdr.LedgerEntryChangeTypeLedgerEntryRemoved, Removed: &key},
	}
}

func accountEntry(id xdr.AccountId, balance xdr.Int64) xdr.LedgerEntry {
	return entryOf(xdr.LedgerEntryTypeAccount, xdr.AccountEntry{AccountId: id, Balance: balance})
}

func (m *maker) trustLineEntry() xdr.LedgerEntry {
	line := xdr.TrustLineEntry{AccountId: m.account(), Asset: m.asset().ToTrustLineAsset(), Balance: m.amount()}
	if line.Asset.Type == xdr.AssetTypeAssetTypeNative || m.chance(0.2) {
		pool := m.pool()
		line.Asset = xdr.TrustLineAsset{Type: xdr.AssetTypeAssetTypePoolShare, LiquidityPoolId: &pool}
	}
	return entryOf(xdr.LedgerEntryTypeTrustline, line)
}

func balanceEntry(id xdr.ClaimableBalanceId, asset xdr.Asset, amount xdr.Int64) xdr.LedgerEntry {
	return entryOf(xdr.LedgerEntryTypeClaimableBalance, xdr.ClaimableBalanceEntry{BalanceId: id, Asset: asset, Amount: amount})
}

func (m *maker) poolEntry(id xdr.PoolId) xdr.LedgerEntry {
	a, b := m.poolAssets(id)
	return entryOf(xdr.LedgerEntryTypeLiquidityPool, xdr.LiquidityPoolEntry{
		LiquidityPoolId: id,
		Body: xdr.LiquidityPoolEntryBody{ConstantProduct: &xdr.LiquidityPoolEntryConstantProduct{
			Params:   xdr.LiquidityPoolConstantProductParameters{AssetA: a, AssetB: b, Fee: 30},
			ReserveA: m.amount(),
			ReserveB: m.amount(),
		}},
	})
}

func (m *maker) poolChanges(id xdr.PoolId) xdr.LedgerEntryChanges {
	switch before := m.poolEntry(id); m.IntN(6) {
	case 0:
		return created(before)
	case 1:
		return removed(before)
	default:
		return updated(before, m.poolEntry(id))
	}
}

// deposited is one pool with more in it than before, oddly with less or the same of an asset.
func (m *maker) deposited() xdr.LedgerEntryChanges {
	id := m.pool()
	before, after := m.poolEntry(id), m.poolEntry(id)
	if from, to := reserves(before), reserves(after); !m.oddly(0.2) {
		from.ReserveA, from.ReserveB = m.amount()/2, m.amount()/2
		to.ReserveA, to.ReserveB = from.ReserveA+1+m.amount()/2, from.ReserveB+1+m.amount()/2
	}
	return m.oddlyCounted(updated(before, after))
}

func reserves(pool xdr.LedgerEntry) *xdr.LiquidityPoolEntryConstantProduct {
	return pool.Data.LiquidityPool.Body.ConstantProduct
}

// oddlyCounted are the changes of one pool, or oddly of none or two.
func (m *maker) oddlyCounted(changes xdr.LedgerEntryChanges) xdr.LedgerEntryChanges {
	if m.oddly(0.1) {
		return nil
	}
	if m.oddly(0.1) {
		changes = append(changes, m.poolChanges(m.pool())...)
	}
	return changes
}

// claimed is what the claim or clawback of a balance leaves: one removed, or oddly none or two.
func (m *maker) claimed(id xdr.ClaimableBalanceId) xdr.LedgerEntryChanges {
	if m.oddly(0.1) {
		return nil
	}
	entry := balanceEntry(id, m.asset(), m.amount())
	changes := removed(entry)
	if m.chance(0.1) {
		changes = append(restored(entry), changes[1:]...)
	}
	if m.oddly(0.1) {
		changes = append(changes, removed(balanceEntry(m.balanceID(), m.asset(), m.amount()))...)
	}
	return changes
}

// aside are changes of entries that no event is read from, in the middle of those that are.
func (m *maker) aside() xdr.LedgerEntryChanges {
	var changes xdr.LedgerEntryChanges
	for range m.IntN(3) {
		switch account := m.account(); m.IntN(4) {
		case 0:
			changes = append(changes, created(accountEntry(account, m.amount()))...)
		case 1:
			changes = append(changes, removed(accountEntry(account, m.amount()))...)
		case 2:
			changes = append(changes, updated(accountEntry(account, m.amount()), accountEntry(account, m.amount()))...)
		default:
			changes = append(changes, created(m.trustLineEntry())...)
		}
	}
	return changes
}
