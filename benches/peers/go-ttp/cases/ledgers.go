package main

import (
	"crypto/sha256"
	"fmt"

	"github.com/stellar/go-stellar-sdk/network"
	"github.com/stellar/go-stellar-sdk/xdr"
)

// transaction is one transaction of the set, with what became of it.
type transaction struct {
	envelope xdr.TransactionEnvelope
	result   xdr.TransactionResultPair
	fees     xdr.LedgerEntryChanges
	meta     xdr.TransactionMeta
	after    xdr.LedgerEntryChanges
}

func (m *maker) ledger() xdr.LedgerCloseMeta {
	transactions := several(m, 5, m.transaction)
	envelopes := make([]xdr.TransactionEnvelope, len(transactions))
	for i, place := range m.Perm(len(transactions)) {
		envelopes[place] = transactions[i].envelope
	}
	header := m.header()
	switch {
	case m.protocol < 20:
		v0 := xdr.LedgerCloseMetaV0{LedgerHeader: header, TxSet: xdr.TransactionSet{Txs: envelopes}, TxProcessing: processing(transactions)}
		return xdr.LedgerCloseMeta{V0: &v0}
	case m.protocol < 23:
		v1 := xdr.LedgerCloseMetaV1{LedgerHeader: header, TxSet: m.generalized(envelopes), TxProcessing: processing(transactions)}
		return xdr.LedgerCloseMeta{V: 1, V1: &v1}
	}
	v2 := xdr.LedgerCloseMetaV2{LedgerHeader: header, TxSet: m.generalized(envelopes)}
	for _, tx := range transactions {
		v2.TxProcessing = append(v2.TxProcessing, xdr.TransactionResultMetaV1{
			Result: tx.result, FeeProcessing: tx.fees, TxApplyProcessing: tx.meta, PostTxApplyFeeProcessing: tx.after,
		})
	}
	return xdr.LedgerCloseMeta{V: 2, V2: &v2}
}

// header carries its own hash, as a reader may check it. Ledgers are not chained.
func (m *maker) header() xdr.LedgerHeaderHistoryEntry {
	header := xdr.LedgerHeader{
		LedgerVersion: xdr.Uint32(m.protocol),
		LedgerSeq:     xdr.Uint32(m.sequence),
		ScpValue:      xdr.StellarValue{CloseTime: xdr.TimePoint(1_500_000_000 + m.sequence*5)},
	}
	encoded, err := header.MarshalBinary()
	if err != nil {
		panic(err)
	}
	return xdr.LedgerHeaderHistoryEntry{Hash: sha256.Sum256(encoded), Header: header}
}

func processing(transactions []transaction) []xdr.TransactionResultMeta {
	var metas []xdr.TransactionResultMeta
	for _, tx := range transactions {
		metas = append(metas, xdr.TransactionResultMeta{Result: tx.result, FeeProcessing: tx.fees, TxApplyProcessing: tx.meta})
	}
	return metas
}

// generalized spreads the envelopes over the phases and groups that a transaction set may have.
func (m *maker) generalized(envelopes []xdr.TransactionEnvelope) xdr.GeneralizedTransactionSet {
	cut := m.IntN(len(envelopes) + 1)
	component := func(txs []xdr.TransactionEnvelope) xdr.TxSetComponent {
		return xdr.TxSetComponent{TxsMaybeDiscountedFee: &xdr.TxSetComponentTxsMaybeDiscountedFee{Txs: txs}}
	}
	phases := []xdr.TransactionPhase{{V0Components: &[]xdr.TxSetComponent{component(envelopes[:cut])}}}
	rest := envelopes[cut:]
	if m.protocol < 23 {
		half := m.IntN(len(rest) + 1)
		phases = append(phases, xdr.TransactionPhase{V0Components: &[]xdr.TxSetComponent{component(rest[:half]), component(rest[half:])}})
	} else {
		parallel := &xdr.ParallelTxsComponent{}
		for _, tx := range rest {
			parallel.ExecutionStages = append(parallel.ExecutionStages, xdr.ParallelTxExecutionStage{xdr.DependentTxCluster{tx}})
		}
		phases = append(phases, xdr.TransactionPhase{V: 1, ParallelTxsComponent: parallel})
	}
	return xdr.GeneralizedTransactionSet{V: 1, V1TxSet: &xdr.TransactionSetV1{Phases: phases}}
}

func (m *maker) transaction() transaction {
	by := signer{m.muxedAccount(), xdr.SequenceNumber(m.Int64())}
	soroban := m.protocol >= 20 && m.chance(0.4)
	var operations []operation
	if soroban {
		operations = []operation{m.invocation()}
	} else {
		for i := range 1 + m.IntN(4) {
			operations = append(operations, m.operation(by, uint32(i)))
		}
	}
	inner := xdr.Transaction{SourceAccount: by.source, SeqNum: by.sequence, Memo: m.memo()}
	if soroban {
		inner.Ext = xdr.TransactionExt{V: 1, SorobanData: &xdr.SorobanTransactionData{}}
	}
	for _, op := range operations {
		inner.Operations = append(inner.Operations, op.body)
	}
	failed := m.chance(0.2)
	tx := transaction{meta: m.meta(operations, failed, soroban)}
	tx.envelope, tx.result = m.sealed(inner, operations, failed)
	feeAccount := tx.envelope.FeeAccount().ToAccountId()
	tx.fees = m.balanceMove(feeAccount, -1)
	if soroban && m.chance(0.6) {
		refund := m.balanceMove(feeAccount, 1)
		if m.protocol >= 23 {
			tx.after = refund
		} else if tx.meta.V3 != nil {
			tx.meta.V3.TxChangesAfter = refund
		} else {
			tx.meta.V4.TxChangesAfter = refund
		}
	}
	return tx
}

// balanceMove changes the account's balance one way, or oddly the other.
func (m *maker) balanceMove(account xdr.AccountId, sign xdr.Int64) xdr.LedgerEntryChanges {
	start := xdr.Int64(1_000_000_000 + m.Int64N(1_000_000_000))
	move := sign * xdr.Int64(m.Int64N(1_000_000))
	if m.oddly(0.03) {
		move = -move
	}
	return append(m.otherAccount(account), updated(accountEntry(account, start), accountEntry(account, start+move))...)
}

// otherAccount is a change of a neighbour's balance, which is no part of the account's fee.
func (m *maker) otherAccount(than xdr.AccountId) xdr.LedgerEntryChanges {
	other := m.account()
	if other.Equals(than) || m.chance(0.5) {
		return nil
	}
	return updated(accountEntry(other, m.amount()), accountEntry(other, m.amount()))
}

func (m *maker) invocation() operation {
	upload := []byte{}
	body := xdr.InvokeHostFunctionOp{HostFunction: xdr.HostFunction{Type: xdr.HostFunctionTypeHostFunctionTypeUploadContractWasm, Wasm: &upload}}
	op := operation{changes: m.aside(), events: several(m, 6, m.event4)}
	op.body.Body = xdr.OperationBody{Type: xdr.OperationTypeInvokeHostFunction, InvokeHostFunctionOp: &body}
	success := xdr.Hash{}
	result := xdr.InvokeHostFunctionResult{Success: &success}
	op.result = xdr.OperationResult{Tr: &xdr.OperationResultTr{Type: xdr.OperationTypeInvokeHostFunction, InvokeHostFunctionResult: &result}}
	if m.chance(0.5) {
		source := m.muxedAccount()
		op.body.SourceAccount = &source
	}
	return op
}

// meta is the form of the ledger's protocol, or the newest, as a network that was replayed has it.
func (m *maker) meta(operations []operation, failed, soroban bool) xdr.TransactionMeta {
	if m.protocol >= 23 || m.protocol >= 20 && m.sequence%2 == 0 {
		v4 := xdr.TransactionMetaV4{Events: m.feeEvents()}
		for _, op := range operations {
			if !failed {
				v4.Operations = append(v4.Operations, xdr.OperationMetaV2{Changes: op.changes, Events: op.events})
			}
		}
		return xdr.TransactionMeta{V: 4, V4: &v4}
	}
	var metas []xdr.OperationMeta
	for _, op := range operations {
		if !failed {
			metas = append(metas, xdr.OperationMeta{Changes: op.changes})
		}
	}
	if m.protocol < 10 && m.oddly(0.05) {
		return xdr.TransactionMeta{V: 1, V1: &xdr.TransactionMetaV1{Operations: metas}}
	}
	if m.protocol < 20 {
		return xdr.TransactionMeta{V: 2, V2: &xdr.TransactionMetaV2{Operations: metas}}
	}
	v3 := xdr.TransactionMetaV3{Operations: metas}
	if soroban && !failed {
		v3.SorobanMeta = &xdr.SorobanTransactionMeta{
			Events:      several(m, 6, m.event3),
			ReturnValue: xdr.ScVal{Type: xdr.ScValTypeScvVoid},
		}
	}
	return xdr.TransactionMeta{V: 3, V3: &v3}
}

// sealed puts the transaction into an envelope of some kind and gives the result under its hash.
func (m *maker) sealed(inner xdr.Transaction, operations []operation, failed bool) (xdr.TransactionEnvelope, xdr.TransactionResultPair) {
	results := []xdr.OperationResult{}
	for _, op := range operations {
		results = append(results, op.result)
	}
	code := xdr.TransactionResultCodeTxSuccess
	if failed {
		code = xdr.TransactionResultCodeTxFailed
	}
	charged := xdr.Int64(100 * (1 + m.Int64N(1000)))
	result := xdr.TransactionResult{FeeCharged: charged, Result: xdr.TransactionResultResult{Code: code, Results: &results}}

	key, plain := inner.SourceAccount.GetEd25519()
	if m.protocol < 13 && plain {
		v0 := xdr.TransactionV0{SourceAccountEd25519: key, SeqNum: inner.SeqNum, Memo: inner.Memo, Operations: inner.Operations}
		envelope := xdr.TransactionEnvelope{V0: &xdr.TransactionV0Envelope{Tx: v0}}
		return envelope, xdr.TransactionResultPair{TransactionHash: m.hash(envelope), Result: result}
	}
	v1 := xdr.TransactionV1Envelope{Tx: inner}
	envelope := xdr.TransactionEnvelope{Type: xdr.EnvelopeTypeEnvelopeTypeTx, V1: &v1}
	if m.protocol < 13 || m.chance(0.7) {
		return envelope, xdr.TransactionResultPair{TransactionHash: m.hash(envelope), Result: result}
	}
	innerPair := &xdr.InnerTransactionResultPair{
		TransactionHash: m.hash(envelope),
		Result:          xdr.InnerTransactionResult{FeeCharged: 1, Result: xdr.InnerTransactionResultResult{Code: code, Results: &results}},
	}
	bumped := xdr.TransactionResultCodeTxFeeBumpInnerSuccess
	if failed {
		bumped = xdr.TransactionResultCodeTxFeeBumpInnerFailed
	}
	result.Result = xdr.TransactionResultResult{Code: bumped, InnerResultPair: innerPair}
	bump := xdr.FeeBumpTransaction{FeeSource: m.muxedAccount(), InnerTx: xdr.FeeBumpTransactionInnerTx{Type: xdr.EnvelopeTypeEnvelopeTypeTx, V1: &v1}}
	envelope = xdr.TransactionEnvelope{Type: xdr.EnvelopeTypeEnvelopeTypeTxFeeBump, FeeBump: &xdr.FeeBumpTransactionEnvelope{Tx: bump}}
	return envelope, xdr.TransactionResultPair{TransactionHash: m.hash(envelope), Result: result}
}

func (m *maker) hash(envelope xdr.TransactionEnvelope) xdr.Hash {
	hash, err := network.HashTransactionInEnvelope(envelope, m.passphrase)
	if err != nil {
		panic(fmt.Errorf("an envelope that was just made has no hash: %w", err))
	}
	return hash
}
