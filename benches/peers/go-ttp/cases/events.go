package main

import (
	"math"
	"slices"

	"github.com/stellar/go-stellar-sdk/xdr"
)

func symbol(text string) xdr.ScVal {
	value := xdr.ScSymbol(text)
	return xdr.ScVal{Type: xdr.ScValTypeScvSymbol, Sym: &value}
}

func text(content string) xdr.ScVal {
	value := xdr.ScString(content)
	return xdr.ScVal{Type: xdr.ScValTypeScvString, Str: &value}
}

func (m *maker) bigAmount() xdr.ScVal {
	parts := xdr.Int128Parts{
		Hi: pick[xdr.Int64](m, 0, 0, 0, 1, -1, math.MaxInt64, math.MinInt64),
		Lo: m.number(),
	}
	return xdr.ScVal{Type: xdr.ScValTypeScvI128, I128: &parts}
}

func (m *maker) address() xdr.ScVal {
	address := xdr.ScAddress{}
	switch m.IntN(8) {
	case 0:
		address.Type = xdr.ScAddressTypeScAddressTypeMuxedAccount
		address.MuxedAccount = &xdr.MuxedEd25519Account{Id: m.number(), Ed25519: m.key()}
	case 1:
		id := m.balanceID()
		address.Type, address.ClaimableBalanceId = xdr.ScAddressTypeScAddressTypeClaimableBalance, &id
	case 2:
		pool := m.pool()
		address.Type, address.LiquidityPoolId = xdr.ScAddressTypeScAddressTypeLiquidityPool, &pool
	case 3, 4:
		contract := m.contract()
		address.Type, address.ContractId = xdr.ScAddressTypeScAddressTypeContract, &contract
	default:
		account := m.account()
		address.Type, address.AccountId = xdr.ScAddressTypeScAddressTypeAccount, &account
	}
	return xdr.ScVal{Type: xdr.ScValTypeScvAddress, Address: &address}
}

func (m *maker) otherValue() xdr.ScVal {
	number, content := m.number(), xdr.ScBytes(m.text())
	return pick(m,
		xdr.ScVal{Type: xdr.ScValTypeScvVoid},
		xdr.ScVal{Type: xdr.ScValTypeScvU64, U64: &number},
		xdr.ScVal{Type: xdr.ScValTypeScvBytes, Bytes: &content},
		m.bigAmount(),
		symbol("amount"),
		text(m.text()),
	)
}

func (m *maker) destination() xdr.ScVal {
	number := m.number()
	content := xdr.ScBytes(make([]byte, pick(m, 0, 1, 31, 32, 33, 64)))
	for i := range content {
		content[i] = byte(m.Uint32())
	}
	return pick(m,
		xdr.ScVal{Type: xdr.ScValTypeScvU64, U64: &number},
		xdr.ScVal{Type: xdr.ScValTypeScvBytes, Bytes: &content},
		text(m.text()),
		xdr.ScVal{Type: xdr.ScValTypeScvVoid},
	)
}

// amountMap is the data of a protocol 23 event in its map form, mostly well-formed.
func (m *maker) amountMap() xdr.ScVal {
	entries := xdr.ScMap{}
	add := func(key, value xdr.ScVal) { entries = append(entries, xdr.ScMapEntry{Key: key, Val: value}) }
	if !m.chance(0.05) {
		add(symbol("amount"), m.bigAmount())
	}
	if m.chance(0.7) {
		add(symbol("to_muxed_id"), m.destination())
	}
	if m.chance(0.1) {
		add(symbol(pick(m, "note", "amount", "to_muxed_id")), m.otherValue())
	}
	if m.chance(0.05) {
		add(m.otherValue(), m.otherValue())
	}
	m.Shuffle(len(entries), func(i, j int) { entries[i], entries[j] = entries[j], entries[i] })
	pointer := &entries
	if m.chance(0.03) {
		pointer = nil
	}
	return xdr.ScVal{Type: xdr.ScValTypeScvMap, Map: &pointer}
}

func (m *maker) data4() xdr.ScVal {
	switch {
	case m.chance(0.05):
		return m.otherValue()
	case m.chance(0.5):
		return m.amountMap()
	}
	return m.bigAmount()
}

func (m *maker) data3() xdr.ScVal {
	switch {
	case m.chance(0.05):
		return m.otherValue()
	case m.chance(0.05):
		return m.amountMap()
	}
	return m.bigAmount()
}

func (m *maker) event4() xdr.ContractEvent { return m.event(false, m.data4()) }
func (m *maker) event3() xdr.ContractEvent { return m.event(true, m.data3()) }

// event is a token event, mostly well-formed: with the admin in front that protocols before 23
// named, and often of the asset's own contract and ending in the asset's name.
func (m *maker) event(withAdmin bool, data xdr.ScVal) xdr.ContractEvent {
	kind := pick(m, "transfer", "transfer", "mint", "burn", "clawback", "approve", "set_authorized", "fee")
	if m.chance(0.9) {
		kind = pick(m, "transfer", "transfer", "mint", "burn", "clawback")
	}
	addresses := 1
	if kind == "transfer" || withAdmin && (kind == "mint" || kind == "clawback") {
		addresses = 2
	}
	topics := []xdr.ScVal{symbol(kind)}
	for range addresses {
		topics = append(topics, m.address())
	}
	asset := m.asset()
	contract, err := asset.ContractID(m.passphrase)
	if err != nil {
		panic(err)
	}
	id := xdr.ContractId(contract)
	if m.chance(0.7) {
		topics = append(topics, text(m.assetName(asset)))
	}
	if m.chance(0.2) {
		id = m.contract()
	}
	if bent := m.bent(topics); withAdmin || !ambiguous(kind, bent) {
		topics = bent
	}
	event := contractEvent(&id, topics, data)
	if m.chance(0.03) {
		event.Type = pick(m, xdr.ContractEventTypeSystem, xdr.ContractEventTypeDiagnostic)
	}
	if m.chance(0.03) {
		event.ContractId = nil
	}
	return event
}

func contractEvent(id *xdr.ContractId, topics []xdr.ScVal, data xdr.ScVal) xdr.ContractEvent {
	return xdr.ContractEvent{
		ContractId: id,
		Type:       xdr.ContractEventTypeContract,
		Body:       xdr.ContractEventBody{V0: &xdr.ContractEventV0{Topics: topics, Data: data}},
	}
}

// assetName is how the asset's contract writes its name, or something like it.
func (m *maker) assetName(asset xdr.Asset) string {
	canonical := asset.StringCanonical()
	if m.chance(0.8) {
		return canonical
	}
	return pick(m, "NATIVE", "Native", "", "XLM", canonical+","+canonical, canonical+",", " "+canonical, "USD:", ":", m.asset().StringCanonical())
}

// bent now and then drops, adds or replaces a topic.
func (m *maker) bent(topics []xdr.ScVal) []xdr.ScVal {
	if m.chance(0.9) {
		return topics
	}
	at := m.IntN(len(topics))
	switch m.IntN(3) {
	case 0:
		return slices.Delete(slices.Clone(topics), at, at+1)
	case 1:
		return append(slices.Clone(topics), pick(m, m.address(), m.otherValue(), text("native")))
	default:
		bent := slices.Clone(topics)
		bent[at] = m.otherValue()
		return bent
	}
}

// ambiguous is the one shape that the two processors treat differently on purpose (see README.md):
// a mint or clawback of protocol 23 whose third topic is no string.
func ambiguous(kind string, topics []xdr.ScVal) bool {
	return (kind == "mint" || kind == "clawback") && len(topics) > 2 && topics[2].Type != xdr.ScValTypeScvString
}

// feeEvents are the transaction's own events of protocol 23: the fee, now and then a refund, now
// and then something that is neither, and oddly too few, too many or a malformed one.
func (m *maker) feeEvents() []xdr.TransactionEvent {
	fee := func() xdr.TransactionEvent {
		id, err := xdr.MustNewNativeAsset().ContractID(m.passphrase)
		if err != nil {
			panic(err)
		}
		contract := xdr.ContractId(id)
		topics, data := []xdr.ScVal{symbol("fee"), m.address()}, m.bigAmount()
		if m.oddly(0.05) {
			topics = m.bent(topics)
		}
		if m.oddly(0.05) {
			data = m.otherValue()
		}
		if m.oddly(0.03) {
			contract = m.contract()
		}
		event := contractEvent(&contract, topics, data)
		if m.oddly(0.03) {
			event.ContractId = nil
		}
		if m.oddly(0.03) {
			event.Type = xdr.ContractEventTypeSystem
		}
		stage := pick(m, xdr.TransactionEventStageTransactionEventStageBeforeAllTxs,
			xdr.TransactionEventStageTransactionEventStageAfterTx, xdr.TransactionEventStageTransactionEventStageAfterAllTxs)
		return xdr.TransactionEvent{Stage: stage, Event: event}
	}
	events := []xdr.TransactionEvent{fee()}
	if m.chance(0.3) {
		events = append(events, fee())
	}
	if m.oddly(0.05) {
		events = append(events, fee())
	}
	if m.chance(0.1) {
		id := m.contract()
		other := contractEvent(&id, []xdr.ScVal{pick(m, symbol("transfer"), text("fee"))}, m.bigAmount())
		events = append(events, xdr.TransactionEvent{Event: other})
	}
	if m.oddly(0.05) {
		events = nil
	}
	return events
}
