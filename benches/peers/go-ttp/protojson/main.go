// Command protojson prints made-up token-transfer events as the protobuf JSON mapping does, one
// line for each field kind and edge. Its output is the fixture that the Rust printer is tested with
// (flowctl-stellar/tests/it/protojson/events.jsonl); the test builds the same events in this order.
package main

import (
	"bytes"
	"fmt"
	"math"
	"os"

	"go-ttp/jsonline"

	asset "github.com/stellar/go-stellar-sdk/asset"
	ttp "github.com/stellar/go-stellar-sdk/processors/token_transfer"
	"github.com/stellar/go-stellar-sdk/strkey"
	"google.golang.org/protobuf/types/known/timestamppb"
)

const hash = "00000000000000000000000000000000000000000000000000000000000000ff"

var (
	alice    = address(strkey.VersionByteAccountID, 1)
	bob      = address(strkey.VersionByteAccountID, 2)
	issuer   = address(strkey.VersionByteAccountID, 3)
	contract = address(strkey.VersionByteContract, 4)
	pool     = address(strkey.VersionByteLiquidityPool, 5)
	balance  = strkey.MustEncode(strkey.VersionByteClaimableBalance, append([]byte{0}, repeated(6, 32)...))
	muxed    = strkey.MustEncode(strkey.VersionByteMuxedAccount, append(repeated(1, 32), 0, 0, 0, 0, 0, 0, 0, 9))
)

func address(version strkey.VersionByte, fill byte) string {
	return strkey.MustEncode(version, repeated(fill, 32))
}

func repeated(fill byte, times int) []byte { return bytes.Repeat([]byte{fill}, times) }

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

		// Every kind of address.
		ttp.NewTransferEvent(meta(op(1), nil), muxed, pool, "1", usd),
		ttp.NewTransferEvent(meta(op(1), nil), balance, contract, "1", usd),

		// The ends of the ranges. An operation index is printed when it is there, even 0.
		ttp.NewFeeEvent(place(1, 0, 1, op(0)), alice, "0", native),
		ttp.NewFeeEvent(place(math.MaxUint32, 253402300799, math.MaxUint32, op(math.MaxUint32)), alice, "0", native),
	}
}

func place(ledger uint32, closedAt int64, transaction uint32, operation *uint32) *ttp.EventMeta {
	return &ttp.EventMeta{
		LedgerSequence:   ledger,
		ClosedAt:         &timestamppb.Timestamp{Seconds: closedAt},
		TxHash:           hash,
		TransactionIndex: transaction,
		OperationIndex:   operation,
		ContractAddress:  contract,
	}
}

func transferTo(to *ttp.MuxedInfo) *ttp.TokenTransferEvent {
	return ttp.NewTransferEvent(meta(op(1), to), alice, bob, "1", asset.NewNativeAsset())
}

func meta(operation *uint32, to *ttp.MuxedInfo) *ttp.EventMeta {
	meta := place(51000294, 1710000000, 3, operation)
	meta.ToMuxedInfo = to
	return meta
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
