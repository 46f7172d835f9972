package main

import (
	"github.com/stellar/go-stellar-sdk/processors/token_transfer"
	"github.com/stellar/go-stellar-sdk/xdr"
)

// operation is one operation that succeeded, with all that a ledger tells about it.
type operation struct {
	body    xdr.Operation
	result  xdr.OperationResult
	changes xdr.LedgerEntryChanges
	events  []xdr.ContractEvent
}

// signer is what a revocation's balance ids are made of.
type signer struct {
	source   xdr.MuxedAccount
	sequence xdr.SequenceNumber
}

func (m *maker) operation(by signer, index uint32) operation {
	kind := m.kind()
	body, result, changes := m.parts(kind, by, index)
	op := operation{changes: append(append(m.aside(), changes...), m.aside()...)}
	var err error
	if op.body.Body, err = xdr.NewOperationBody(kind, body); err != nil {
		panic(err)
	}
	tr, err := xdr.NewOperationResultTr(kind, result)
	if err != nil {
		panic(err)
	}
	// core answers a passive offer in the arm of the other kind of sell offer.
	if kind == xdr.OperationTypeCreatePassiveSellOffer {
		sell := result.(xdr.ManageSellOfferResult)
		tr = xdr.OperationResultTr{Type: xdr.OperationTypeManageSellOffer, ManageSellOfferResult: &sell}
	}
	op.result = xdr.OperationResult{Code: xdr.OperationResultCodeOpInner, Tr: &tr}
	if m.chance(0.5) {
		source := m.muxedAccount()
		op.body.SourceAccount = &source
	}
	op.events = several(m, 2, m.event4)
	return op
}

func (m *maker) kind() xdr.OperationType {
	kinds := []xdr.OperationType{
		xdr.OperationTypeCreateAccount, xdr.OperationTypePayment, xdr.OperationTypePayment,
		xdr.OperationTypePathPaymentStrictReceive, xdr.OperationTypeManageSellOffer,
		xdr.OperationTypeCreatePassiveSellOffer, xdr.OperationTypeAllowTrust, xdr.OperationTypeAccountMerge,
		xdr.OperationTypeInflation, xdr.OperationTypeManageBuyOffer, xdr.OperationTypePathPaymentStrictSend,
		xdr.OperationTypeCreateClaimableBalance, xdr.OperationTypeClaimClaimableBalance,
		xdr.OperationTypeClawback, xdr.OperationTypeClawbackClaimableBalance, xdr.OperationTypeSetTrustLineFlags,
		xdr.OperationTypeSetTrustLineFlags, xdr.OperationTypeLiquidityPoolDeposit,
		xdr.OperationTypeLiquidityPoolWithdraw, xdr.OperationTypeBumpSequence,
	}
	return pick(m, kinds...)
}

func (m *maker) parts(kind xdr.OperationType, by signer, index uint32) (body, result any, changes xdr.LedgerEntryChanges) {
	switch kind {
	case xdr.OperationTypeCreateAccount:
		return xdr.CreateAccountOp{Destination: m.account(), StartingBalance: m.amount()}, xdr.CreateAccountResult{}, nil
	case xdr.OperationTypePayment:
		return xdr.PaymentOp{Destination: m.muxedAccount(), Asset: m.asset(), Amount: m.amount()}, xdr.PaymentResult{}, nil
	case xdr.OperationTypePathPaymentStrictReceive:
		op := xdr.PathPaymentStrictReceiveOp{SendAsset: m.asset(), Destination: m.muxedAccount(), DestAsset: m.asset(), DestAmount: m.amount()}
		return op, xdr.PathPaymentStrictReceiveResult{Success: &xdr.PathPaymentStrictReceiveResultSuccess{
			Offers: several(m, 3, m.claim),
			Last:   xdr.SimplePaymentResult{Destination: m.account(), Asset: m.asset(), Amount: m.amount()},
		}}, nil
	case xdr.OperationTypePathPaymentStrictSend:
		op := xdr.PathPaymentStrictSendOp{SendAsset: m.asset(), Destination: m.muxedAccount(), DestAsset: m.asset(), SendAmount: m.amount()}
		return op, xdr.PathPaymentStrictSendResult{Success: &xdr.PathPaymentStrictSendResultSuccess{
			Offers: several(m, 3, m.claim),
			Last:   xdr.SimplePaymentResult{Destination: m.account(), Asset: m.asset(), Amount: m.amount()},
		}}, nil
	case xdr.OperationTypeManageSellOffer:
		return xdr.ManageSellOfferOp{Selling: m.asset(), Buying: m.asset()}, xdr.ManageSellOfferResult{Success: m.trades()}, nil
	case xdr.OperationTypeManageBuyOffer:
		return xdr.ManageBuyOfferOp{Selling: m.asset(), Buying: m.asset()}, xdr.ManageBuyOfferResult{Success: m.trades()}, nil
	case xdr.OperationTypeCreatePassiveSellOffer:
		return xdr.CreatePassiveSellOfferOp{Selling: m.asset(), Buying: m.asset()}, xdr.ManageSellOfferResult{Success: m.trades()}, nil
	case xdr.OperationTypeAccountMerge:
		result := xdr.AccountMergeResult{}
		if balance := m.amount(); !m.oddly(0.2) {
			result.SourceAccountBalance = &balance
		} else {
			result.Code = xdr.AccountMergeResultCodeAccountMergeNoAccount
		}
		return m.muxedAccount(), result, nil
	case xdr.OperationTypeInflation:
		payouts := several(m, 3, func() xdr.InflationPayout { return xdr.InflationPayout{Destination: m.account(), Amount: m.amount()} })
		return nil, xdr.InflationResult{Payouts: &payouts}, nil
	case xdr.OperationTypeCreateClaimableBalance:
		id := m.balanceID()
		return xdr.CreateClaimableBalanceOp{Asset: m.asset(), Amount: m.amount()}, xdr.CreateClaimableBalanceResult{BalanceId: &id}, nil
	case xdr.OperationTypeClaimClaimableBalance:
		id := m.balanceID()
		return xdr.ClaimClaimableBalanceOp{BalanceId: id}, xdr.ClaimClaimableBalanceResult{}, m.claimed(id)
	case xdr.OperationTypeClawbackClaimableBalance:
		id := m.balanceID()
		return xdr.ClawbackClaimableBalanceOp{BalanceId: id}, xdr.ClawbackClaimableBalanceResult{}, m.claimed(id)
	case xdr.OperationTypeClawback:
		return xdr.ClawbackOp{Asset: m.asset(), From: m.muxedAccount(), Amount: m.amount()}, xdr.ClawbackResult{}, nil
	case xdr.OperationTypeAllowTrust:
		code := xdr.AssetCode{Type: xdr.AssetTypeAssetTypeCreditAlphanum4, AssetCode4: &xdr.AssetCode4{'U', 'S', 'D'}}
		return xdr.AllowTrustOp{Trustor: m.account(), Asset: code}, xdr.AllowTrustResult{}, m.revocation(by, index)
	case xdr.OperationTypeSetTrustLineFlags:
		return xdr.SetTrustLineFlagsOp{Trustor: m.account(), Asset: m.asset()}, xdr.SetTrustLineFlagsResult{}, m.revocation(by, index)
	case xdr.OperationTypeLiquidityPoolDeposit:
		return xdr.LiquidityPoolDepositOp{LiquidityPoolId: m.pool()}, xdr.LiquidityPoolDepositResult{}, m.deposited()
	case xdr.OperationTypeLiquidityPoolWithdraw:
		return xdr.LiquidityPoolWithdrawOp{LiquidityPoolId: m.pool()}, xdr.LiquidityPoolWithdrawResult{}, m.oddlyCounted(m.poolChanges(m.pool()))
	default:
		return xdr.BumpSequenceOp{}, xdr.BumpSequenceResult{}, nil
	}
}

func (m *maker) trades() *xdr.ManageOfferSuccessResult {
	return &xdr.ManageOfferSuccessResult{
		OffersClaimed: several(m, 3, m.claim),
		Offer:         xdr.ManageOfferSuccessResultOffer{Effect: xdr.ManageOfferEffectManageOfferDeleted},
	}
}

func (m *maker) claim() xdr.ClaimAtom {
	sold, bought, soldAmount, boughtAmount := m.asset(), m.asset(), m.amount(), m.amount()
	switch m.IntN(3) {
	case 0:
		return xdr.ClaimAtom{Type: xdr.ClaimAtomTypeClaimAtomTypeV0, V0: &xdr.ClaimOfferAtomV0{
			SellerEd25519: m.key(), AssetSold: sold, AmountSold: soldAmount, AssetBought: bought, AmountBought: boughtAmount,
		}}
	case 1:
		return xdr.ClaimAtom{Type: xdr.ClaimAtomTypeClaimAtomTypeOrderBook, OrderBook: &xdr.ClaimOfferAtom{
			SellerId: m.account(), AssetSold: sold, AmountSold: soldAmount, AssetBought: bought, AmountBought: boughtAmount,
		}}
	default:
		return xdr.ClaimAtom{Type: xdr.ClaimAtomTypeClaimAtomTypeLiquidityPool, LiquidityPool: &xdr.ClaimLiquidityAtom{
			LiquidityPoolId: m.pool(), AssetSold: sold, AmountSold: soldAmount, AssetBought: bought, AmountBought: boughtAmount,
		}}
	}
}

// revocation is what taking a trust line's authorization leaves: pools that lost reserves, in any
// order, and for each none, one or two balances that were made of them, among unrelated ones.
func (m *maker) revocation(by signer, index uint32) xdr.LedgerEntryChanges {
	var changes xdr.LedgerEntryChanges
	for range m.IntN(4) {
		pool := m.pool()
		a, b := m.poolAssets(pool)
		changes = append(changes, m.poolChanges(pool)...)
		for _, asset := range []xdr.Asset{a, b} {
			if m.chance(0.4) {
				continue
			}
			id, err := token_transfer.ClaimableBalanceIdFromRevocation(pool, asset, by.sequence, by.source.ToAccountId(), index)
			if err != nil {
				panic(err)
			}
			changes = append(changes, created(balanceEntry(id, asset, m.amount()))...)
		}
	}
	if m.chance(0.3) {
		changes = append(changes, created(balanceEntry(m.balanceID(), m.asset(), m.amount()))...)
	}
	return changes
}
