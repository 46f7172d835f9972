package main

import (
	"crypto/sha256"
	"math"
	"math/rand/v2"

	"github.com/stellar/go-stellar-sdk/xdr"
)

// maker draws the parts of one ledger. Accounts, assets, pools and contracts come from small sets,
// so that an issuer is often a party, a sender often the receiver, and a contract often the right one.
type maker struct {
	*rand.Rand
	passphrase string
	sequence   uint32
	protocol   uint32
	odd        bool
}

// Those before 20 share their forms; the later ones, which differ more, come up as often.
var protocols = []uint32{2, 6, 7, 8, 9, 10, 12, 13, 17, 19, 20, 20, 21, 22, 22, 22, 23, 23, 23, 24, 25, 26, 26}

func newMaker(random *rand.Rand, passphrase string, sequence uint32, odd bool) *maker {
	protocol := protocols[random.IntN(len(protocols))]
	return &maker{random, passphrase, sequence, protocol, odd}
}

func (m *maker) chance(share float64) bool { return m.Float64() < share }

// oddly is true now and then in a ledger that may hold shapes a processor has to refuse.
func (m *maker) oddly(share float64) bool { return m.odd && m.chance(share) }

func pick[T any](m *maker, of ...T) T { return of[m.IntN(len(of))] }

// several draws up to most values.
func several[T any](m *maker, most int, draw func() T) []T {
	drawn := make([]T, m.IntN(most+1))
	for i := range drawn {
		drawn[i] = draw()
	}
	return drawn
}

func name(kind string, number int) [32]byte {
	return sha256.Sum256([]byte{kind[0], byte(number)})
}

func (m *maker) key() xdr.Uint256 { return name("account", m.IntN(6)) }

func accountOf(key xdr.Uint256) xdr.AccountId {
	return xdr.AccountId{Type: xdr.PublicKeyTypePublicKeyTypeEd25519, Ed25519: &key}
}

func (m *maker) account() xdr.AccountId { return accountOf(m.key()) }

func (m *maker) muxedAccount() xdr.MuxedAccount {
	key := m.key()
	if m.protocol < 13 || m.chance(0.6) {
		return xdr.MuxedAccount{Type: xdr.CryptoKeyTypeKeyTypeEd25519, Ed25519: &key}
	}
	return xdr.MuxedAccount{
		Type:     xdr.CryptoKeyTypeKeyTypeMuxedEd25519,
		Med25519: &xdr.MuxedAccountMed25519{Id: m.number(), Ed25519: key},
	}
}

func (m *maker) number() xdr.Uint64 {
	return pick(m, 0, 1, 7, xdr.Uint64(m.Uint32()), math.MaxInt64, math.MaxUint64)
}

func (m *maker) amount() xdr.Int64 {
	return pick(m, 0, 1, 3, xdr.Int64(m.Int64N(1_000_000)), xdr.Int64(m.Int64N(1_000_000_000_000)), math.MaxInt64)
}

func (m *maker) asset() xdr.Asset {
	if m.chance(0.3) {
		return xdr.MustNewNativeAsset()
	}
	code := pick(m, "USD", "EURC", "A", "LONGCODE", "TWELVELETTER")
	issuer := accountOf(name("account", m.IntN(3)))
	if m.chance(0.05) {
		return longAsset("USD", issuer)
	}
	if m.oddly(0.02) {
		code := pick(m, "", "U D", "U\x00D", "é", "U\xffD", "\xe6\xbc")
		if code == "" && m.protocol < 8 { // Go panics where it adds up lumens: see README.md.
			code = "U"
		}
		return longAsset(code, issuer)
	}
	return xdr.MustNewCreditAsset(code, issuer.Address())
}

// longAsset holds its code in the long form, also a code that fits the short one.
func longAsset(code string, issuer xdr.AccountId) xdr.Asset {
	var long xdr.AssetCode12
	copy(long[:], code)
	return xdr.Asset{
		Type:       xdr.AssetTypeAssetTypeCreditAlphanum12,
		AlphaNum12: &xdr.AlphaNum12{AssetCode: long, Issuer: issuer},
	}
}

func (m *maker) pool() xdr.PoolId { return name("pool", m.IntN(4)) }

// poolAssets are the pool's own: the same pool holds the same assets throughout.
func (m *maker) poolAssets(pool xdr.PoolId) (xdr.Asset, xdr.Asset) {
	fixed := &maker{Rand: rand.New(rand.NewPCG(uint64(pool[0]), uint64(pool[1])))}
	return fixed.asset(), fixed.asset()
}

func (m *maker) balanceID() xdr.ClaimableBalanceId {
	return balanceIDOf(name("balance", m.IntN(20)))
}

func balanceIDOf(hash xdr.Hash) xdr.ClaimableBalanceId {
	return xdr.ClaimableBalanceId{Type: xdr.ClaimableBalanceIdTypeClaimableBalanceIdTypeV0, V0: &hash}
}

func (m *maker) contract() xdr.ContractId { return name("contract", m.IntN(3)) }

func (m *maker) memo() xdr.Memo {
	hash := xdr.Hash(name("hash", m.IntN(9)))
	switch m.IntN(5) {
	case 0:
		id := m.number()
		return xdr.Memo{Type: xdr.MemoTypeMemoId, Id: &id}
	case 1:
		text := m.text()
		return xdr.Memo{Type: xdr.MemoTypeMemoText, Text: &text}
	case 2:
		return xdr.Memo{Type: xdr.MemoTypeMemoHash, Hash: &hash}
	case 3:
		return xdr.Memo{Type: xdr.MemoTypeMemoReturn, RetHash: &hash}
	}
	return xdr.Memo{Type: xdr.MemoTypeMemoNone}
}

func (m *maker) text() string {
	return pick(m, "", "rent", `"q" \ /`, "\x00\x1f\x7f\t\n", "<&>'", "漢字 🚀 \u2028", "\xff\xc3(\xe6\xbc\xf0\x9f\x9a!\xed\xa0\x80\xc0\xaf")
}
