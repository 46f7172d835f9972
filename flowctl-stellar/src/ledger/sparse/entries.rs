//! The forms of ledger entries, their keys and changes, of contract values and contract events.
//!
//! # Source
//!
//! `Stellar-ledger-entries.x`, `Stellar-ledger.x` and `Stellar-contract.x` of stellar-xdr 30.

use super::shape::{
    Shape::{self, Choice, Fixed, List, Of, Opaque, Optional, Sequence, Tagged},
    UNKNOWN, VOID,
};

/// The type of a key and the key.
pub(super) const ACCOUNT_ID: Shape = Fixed(36);

/// The discriminant of an extension that has only its empty arm.
pub(super) const NO_EXTENSION: Shape = Choice(&[VOID]);

/// An issued asset: its code and issuer.
pub(super) const ALPHANUM4: Shape = Fixed(4 + 36);
pub(super) const ALPHANUM12: Shape = Fixed(12 + 36);

pub(super) static ASSET: Shape = Choice(&[VOID, ALPHANUM4, ALPHANUM12]);

static TRUST_LINE_ASSET: Shape = Choice(&[VOID, ALPHANUM4, ALPHANUM12, Fixed(32)]);

pub(super) static SIGNER_KEY: Shape = Choice(&[
    Fixed(32),
    Fixed(32),
    Fixed(32),
    Sequence(&[Fixed(32), Opaque]),
]);

pub(super) static SIGNER: Shape = Sequence(&[Of(&SIGNER_KEY), Fixed(4)]);

pub(super) static CLAIMANT: Shape = Choice(&[Sequence(&[ACCOUNT_ID, Of(&CLAIM_PREDICATE)])]);

static CLAIM_PREDICATE: Shape = Choice(&[
    VOID,
    List(&CLAIM_PREDICATE),
    List(&CLAIM_PREDICATE),
    Optional(&CLAIM_PREDICATE),
    Fixed(8),
    Fixed(8),
]);

/// The type of the id and the id.
pub(super) const CLAIMABLE_BALANCE_ID: Shape = Fixed(36);

pub(super) static SC_ADDRESS: Shape = Choice(&[
    ACCOUNT_ID,
    Fixed(32),
    Fixed(40),
    CLAIMABLE_BALANCE_ID,
    Fixed(32),
    Fixed(40),
]);

pub(super) static SC_VAL: Shape = Choice(&[
    Fixed(4),
    VOID,
    Fixed(8),
    Fixed(4),
    Fixed(4),
    Fixed(8),
    Fixed(8),
    Fixed(8),
    Fixed(8),
    Fixed(16),
    Fixed(16),
    Fixed(32),
    Fixed(32),
    Opaque,
    Opaque,
    Opaque,
    Optional(&List(&SC_VAL)),
    Optional(&SC_MAP),
    Of(&SC_ADDRESS),
    Sequence(&[Of(&CONTRACT_EXECUTABLE), Optional(&SC_MAP)]),
    VOID,
    Fixed(8),
    Opaque,
]);

static SC_MAP: Shape = List(&Sequence(&[Of(&SC_VAL), Of(&SC_VAL)]));

pub(super) static CONTRACT_EXECUTABLE: Shape =
    Choice(&[Fixed(32), VOID, Sequence(&[Of(&SC_ADDRESS), Opaque])]);

/// A list of contract events.
pub(super) static CONTRACT_EVENTS: Shape = List(&CONTRACT_EVENT);

static CONTRACT_EVENT: Shape = Sequence(&[
    NO_EXTENSION,
    Optional(&Fixed(32)),
    Fixed(4),
    Choice(&[Sequence(&[List(&SC_VAL), Of(&SC_VAL)])]),
]);

/// A list of a transaction's own events: each with its stage.
pub(super) static TRANSACTION_EVENTS: Shape = List(&Sequence(&[Fixed(4), Of(&CONTRACT_EVENT)]));

/// A list of diagnostic events: each with whether the call succeeded.
pub(super) static DIAGNOSTIC_EVENTS: Shape = List(&Sequence(&[Fixed(4), Of(&CONTRACT_EVENT)]));

/// Soroban's part of transaction meta V4.
pub(super) static SOROBAN_META_V2: Shape =
    Optional(&Sequence(&[Of(&SOROBAN_META_EXTENSION), Optional(&SC_VAL)]));

pub(super) static SOROBAN_META_EXTENSION: Shape =
    Choice(&[VOID, Sequence(&[NO_EXTENSION, Fixed(24)])]);

/// A list of changed entries.
pub(super) static CHANGES: Shape = List(&Choice(&[
    Of(&LEDGER_ENTRY),
    Of(&LEDGER_ENTRY),
    Of(&LEDGER_KEY),
    Of(&LEDGER_ENTRY),
    Of(&LEDGER_ENTRY),
]));

/// Settings of the network are unknown here: no transaction changes them.
static LEDGER_ENTRY: Shape = Sequence(&[
    Fixed(4),
    Choice(&[
        Of(&ACCOUNT),
        Of(&TRUST_LINE),
        Of(&OFFER),
        Sequence(&[ACCOUNT_ID, Opaque, Opaque, NO_EXTENSION]),
        Of(&CLAIMABLE_BALANCE),
        Of(&LIQUIDITY_POOL),
        Sequence(&[
            NO_EXTENSION,
            Of(&SC_ADDRESS),
            Of(&SC_VAL),
            Fixed(4),
            Of(&SC_VAL),
        ]),
        Sequence(&[Of(&CONTRACT_CODE_EXTENSION), Fixed(32), Opaque]),
        UNKNOWN,
        Fixed(32 + 4),
    ]),
    Choice(&[VOID, Sequence(&[Optional(&ACCOUNT_ID), NO_EXTENSION])]),
]);

pub(super) static LEDGER_KEY: Shape = Choice(&[
    ACCOUNT_ID,
    Sequence(&[ACCOUNT_ID, Of(&TRUST_LINE_ASSET)]),
    Fixed(36 + 8),
    Sequence(&[ACCOUNT_ID, Opaque]),
    CLAIMABLE_BALANCE_ID,
    Fixed(32),
    Sequence(&[Of(&SC_ADDRESS), Of(&SC_VAL), Fixed(4)]),
    Fixed(32),
    Fixed(4),
    Fixed(32),
]);

static ACCOUNT: Shape = Sequence(&[
    Fixed(36 + 8 + 8 + 4),
    Optional(&ACCOUNT_ID),
    Fixed(4),
    Opaque,
    Fixed(4),
    List(&SIGNER),
    Choice(&[VOID, Sequence(&[Fixed(16), Of(&ACCOUNT_EXTENSION_1)])]),
]);

static ACCOUNT_EXTENSION_1: Shape = Tagged(&[
    (0, VOID),
    (
        2,
        Sequence(&[
            Fixed(8),
            List(&Optional(&ACCOUNT_ID)),
            Of(&ACCOUNT_EXTENSION_2),
        ]),
    ),
]);

static ACCOUNT_EXTENSION_2: Shape = Tagged(&[(0, VOID), (3, Sequence(&[NO_EXTENSION, Fixed(12)]))]);

static TRUST_LINE: Shape = Sequence(&[
    ACCOUNT_ID,
    Of(&TRUST_LINE_ASSET),
    Fixed(8 + 8 + 4),
    Choice(&[VOID, Sequence(&[Fixed(16), Of(&TRUST_LINE_EXTENSION_1)])]),
]);

static TRUST_LINE_EXTENSION_1: Shape =
    Tagged(&[(0, VOID), (2, Sequence(&[Fixed(4), NO_EXTENSION]))]);

static OFFER: Shape = Sequence(&[
    Fixed(36 + 8),
    Of(&ASSET),
    Of(&ASSET),
    Fixed(8 + 8 + 4),
    NO_EXTENSION,
]);

static CLAIMABLE_BALANCE: Shape = Sequence(&[
    CLAIMABLE_BALANCE_ID,
    List(&CLAIMANT),
    Of(&ASSET),
    Fixed(8),
    Choice(&[VOID, Sequence(&[NO_EXTENSION, Fixed(4)])]),
]);

static LIQUIDITY_POOL: Shape = Sequence(&[
    Fixed(32),
    Choice(&[Sequence(&[Of(&ASSET), Of(&ASSET), Fixed(4 + 4 * 8)])]),
]);

static CONTRACT_CODE_EXTENSION: Shape =
    Choice(&[VOID, Sequence(&[NO_EXTENSION, NO_EXTENSION, Fixed(10 * 4)])]);
