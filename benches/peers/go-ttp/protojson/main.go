// Command protojson prints made-up token-transfer events as the protobuf JSON mapping does, one
// line for each field kind and edge. Its output is the fixture that the Rust printer is tested with
// (flowctl-stellar/tests/it/protojson/events.jsonl); the test builds the same events in this order.
package main

import (
	"fmt"
	"math"
	"os"

	"go-ttp/jsonline"

	asset "github.com/stellar/go-stellar-sdk/asset"
	ttp "github.com/stellar/go-stellar-sdk/processors/token_transfer"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// The names are no addresses: the mapping does not look into strings.
const (
	alice    = "GALICE"
	bob      = "GBOB"
	issuer   = "GISSUER"
	contract = "CTOKEN"
	hash     = "00000000000000000000000000000000000000000000000000000000000000ff"
)

func main() {
	for _, event := range events() {
		line, err := jsonline.Print(event)
		if err != nil {
			fmt.Fprintln(os.Stderr, "protojson:", err)
			os.Exit(1)
		}
		os.Stdout.Write(line)
	}
}

func events() []*ttp.TokenTransferEvent {
	native := asset.NewNativeAsset()
	usd, longCode := issued("USD"), issued("LONGCODE1234")
	return []*ttp.TokenTransferEvent{
		// The five kinds, both kinds of asset, a custom token's absent asset.
		ttp.NewFeeEvent(meta(nil, nil), alice, "100", native),
		ttp.NewFeeEvent(meta(nil, nil), alice, "-7", native),
		ttp.NewTransferEvent(meta(op(1), nil), alice, bob, "1", native),
		ttp.NewTransferEvent(meta(op(1), nil), alice, bob, "0", usd),
		ttp.NewMintEvent(meta(op(2), nil), bob, "9223372036854775807", longCode),
		ttp.NewBurnEvent(meta(op(3), nil), alice, "170141183460469231731687303715884105727", usd),
		ttp.NewClawbackEvent(meta(op(100), nil), alice, "5", usd),
		ttp.NewTransferEvent(meta(op(1), nil), alice, bob, "-170141183460469231731687303715884105728", nil),
		ttp.NewMintEvent(meta(op(1), nil), bob, "1", nil),
		ttp.NewBurnEvent(meta(op(1), nil), alice, "1", nil),
		ttp.NewClawbackEvent(meta(op(1), nil), alice, "1", nil),

		// Muxed information: a 64-bit number is a string, bytes are padded standard base64, and what
		// is set is printed even when it is zero or empty.
		transferTo(ttp.NewMuxedInfoFromId(0)),
		transferTo(ttp.NewMuxedInfoFromId(42)),
		transferTo(ttp.NewMuxedInfoFromId(math.MaxUint64)),
		transferTo(muxedHash(nil)),
		transferTo(muxedHash([]byte{0})),
		transferTo(muxedHash([]byte{0xfb, 0xef, 0xbe, 0xff})),
		transferTo(muxedHash(counting(32))),
		transferTo(muxedHash(counting(40))),

		// Text: which characters are escaped, and how.
		transferTo(ttp.NewMuxedInfoFromText("")),
		transferTo(ttp.NewMuxedInfoFromText("rent for May")),
		transferTo(ttp.NewMuxedInfoFromText(`"quoted" \ and / too`)),
		transferTo(ttp.NewMuxedInfoFromText("\x00\x01\b\t\n\v\f\r\x1b\x1f\x7f")),
		transferTo(ttp.NewMuxedInfoFromText("<b>&amp;'</b>")),
		transferTo(ttp.NewMuxedInfoFromText("\u0080\u009f\u00a0é ß 漢字 🚀 \u2028\u2029 \ufeff\ufffd")),

		// Fields without presence are left out when zero or empty; those with presence are not.
		{
			Meta:  &ttp.EventMeta{ClosedAt: &timestamppb.Timestamp{}, OperationIndex: op(0)},
			Event: &ttp.TokenTransferEvent_Transfer{Transfer: &ttp.Transfer{}},
		},
		ttp.NewFeeEvent(&ttp.EventMeta{
			LedgerSequence:   math.MaxUint32,
			ClosedAt:         &timestamppb.Timestamp{Seconds: 253402300799},
			TransactionIndex: math.MaxUint32,
			OperationIndex:   op(math.MaxUint32),
		}, "", "", issued("")),
	}
}

func transferTo(to *ttp.MuxedInfo) *ttp.TokenTransferEvent {
	return ttp.NewTransferEvent(meta(op(1), to), alice, bob, "1", asset.NewNativeAsset())
}

func meta(operation *uint32, to *ttp.MuxedInfo) *ttp.EventMeta {
	return &ttp.EventMeta{
		LedgerSequence:   51000294,
		ClosedAt:         &timestamppb.Timestamp{Seconds: 1710000000},
		TxHash:           hash,
		TransactionIndex: 3,
		OperationIndex:   operation,
		ContractAddress:  contract,
		ToMuxedInfo:      to,
	}
}

func op(index uint32) *uint32 { return &index }

func issued(code string) *asset.Asset {
	return &asset.Asset{AssetType: &asset.Asset_IssuedAsset{
		IssuedAsset: &asset.IssuedAsset{AssetCode: code, Issuer: issuer},
	}}
}

func muxedHash(content []byte) *ttp.MuxedInfo {
	return &ttp.MuxedInfo{Content: &ttp.MuxedInfo_Hash{Hash: content}}
}

func counting(length int) []byte {
	content := make([]byte, length)
	for i := range content {
		content[i] = byte(i * 7)
	}
	return content
}
