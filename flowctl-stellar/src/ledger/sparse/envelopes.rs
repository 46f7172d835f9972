//! The forms of transaction sets and envelopes.
//!
//! # Source
//!
//! `Stellar-transaction.x` and `Stellar-ledger.x` of stellar-xdr 30.

use super::{
    entries::{
        ACCOUNT_ID, ALPHANUM4, ALPHANUM12, ASSET, CLAIMABLE_BALANCE_ID, CLAIMANT,
        CONTRACT_EXECUTABLE, LEDGER_KEY, NO_EXTENSION, SC_ADDRESS, SC_VAL, SIGNER, SIGNER_KEY,
    },
    shape::{
        Shape::{self, Choice, Fixed, List, Of, Opaque, Optional, Sequence, Tagged},
        VOID,
    },
};

/// The set of a ledger V0: the hash of the ledger before, and envelopes.
pub(super) static TRANSACTION_SET: Shape = Sequence(&[Fixed(32), List(&ENVELOPE)]);

/// The set of later ledgers, whose only version is 1.
pub(super) static GENERALIZED_TRANSACTION_SET: Shape =
    Tagged(&[(1, Sequence(&[Fixed(32), List(&PHASE)]))]);

static PHASE: Shape = Choice(&[
    List(&Choice(&[Sequence(&[
        Optional(&Fixed(8)),
        List(&ENVELOPE),
    ])])),
    Sequence(&[Optional(&Fixed(8)), List(&List(&List(&ENVELOPE)))]),
]);

static ENVELOPE: Shape = Tagged(&[
    (0, Sequence(&[Of(&TRANSACTION_V0), Of(&SIGNATURES)])),
    (2, Sequence(&[Of(&TRANSACTION), Of(&SIGNATURES)])),
    (5, Sequence(&[Of(&FEE_BUMP), Of(&SIGNATURES)])),
]);

static SIGNATURES: Shape = List(&Sequence(&[Fixed(4), Opaque]));

static TRANSACTION_V0: Shape = Sequence(&[
    Fixed(32 + 4 + 8),
    Optional(&Fixed(16)),
    Of(&MEMO),
    List(&OPERATION),
    NO_EXTENSION,
]);

static TRANSACTION: Shape = Sequence(&[
    Of(&MUXED_ACCOUNT),
    Fixed(4 + 8),
    Of(&PRECONDITIONS),
    Of(&MEMO),
    List(&OPERATION),
    Choice(&[VOID, Of(&SOROBAN_DATA)]),
]);

static FEE_BUMP: Shape = Sequence(&[
    Of(&MUXED_ACCOUNT),
    Fixed(8),
    Tagged(&[(2, Sequence(&[Of(&TRANSACTION), Of(&SIGNATURES)]))]),
    NO_EXTENSION,
]);

static MUXED_ACCOUNT: Shape = Tagged(&[(0, Fixed(32)), (256, Fixed(40))]);

static PRECONDITIONS: Shape = Choice(&[
    VOID,
    Fixed(16),
    Sequence(&[
        Optional(&Fixed(16)),
        Optional(&Fixed(8)),
        Optional(&Fixed(8)),
        Fixed(8 + 4),
        List(&SIGNER_KEY),
    ]),
]);

static MEMO: Shape = Choice(&[VOID, Opaque, Fixed(8), Fixed(32), Fixed(32)]);

static SOROBAN_DATA: Shape = Sequence(&[
    Choice(&[VOID, List(&Fixed(4))]),
    List(&LEDGER_KEY),
    List(&LEDGER_KEY),
    Fixed(3 * 4 + 8),
]);

static OPERATION: Shape = Sequence(&[Optional(&MUXED_ACCOUNT), Of(&OPERATION_BODY)]);

const PRICE: Shape = Fixed(8);

static OPERATION_BODY: Shape = Choice(&[
    Fixed(36 + 8),
    Sequence(&[Of(&MUXED_ACCOUNT), Of(&ASSET), Fixed(8)]),
    Of(&PATH_PAYMENT),
    Of(&OFFER),
    Sequence(&[Of(&ASSET), Of(&ASSET), Fixed(8), PRICE]),
    Of(&SET_OPTIONS),
    Sequence(&[Of(&CHANGE_TRUST_ASSET), Fixed(8)]),
    Sequence(&[
        ACCOUNT_ID,
        Tagged(&[(1, Fixed(4)), (2, Fixed(12))]),
        Fixed(4),
    ]),
    Of(&MUXED_ACCOUNT),
    VOID,
    Sequence(&[Opaque, Optional(&Opaque)]),
    Fixed(8),
    Of(&OFFER),
    Of(&PATH_PAYMENT),
    Sequence(&[Of(&ASSET), Fixed(8), List(&CLAIMANT)]),
    CLAIMABLE_BALANCE_ID,
    ACCOUNT_ID,
    VOID,
    Choice(&[Of(&LEDGER_KEY), Sequence(&[ACCOUNT_ID, Of(&SIGNER_KEY)])]),
    Sequence(&[Of(&ASSET), Of(&MUXED_ACCOUNT), Fixed(8)]),
    CLAIMABLE_BALANCE_ID,
    Sequence(&[ACCOUNT_ID, Of(&ASSET), Fixed(8)]),
    Sequence(&[Fixed(32 + 8 + 8), PRICE, PRICE]),
    Fixed(32 + 8 + 8 + 8),
    Sequence(&[Of(&HOST_FUNCTION), List(&AUTHORIZATION)]),
    Sequence(&[NO_EXTENSION, Fixed(4)]),
    NO_EXTENSION,
]);

static PATH_PAYMENT: Shape = Sequence(&[
    Of(&ASSET),
    Fixed(8),
    Of(&MUXED_ACCOUNT),
    Of(&ASSET),
    Fixed(8),
    List(&ASSET),
]);

static OFFER: Shape = Sequence(&[Of(&ASSET), Of(&ASSET), Fixed(8), PRICE, Fixed(8)]);

static SET_OPTIONS: Shape = Sequence(&[
    Optional(&ACCOUNT_ID),
    Optional(&Fixed(4)),
    Optional(&Fixed(4)),
    Optional(&Fixed(4)),
    Optional(&Fixed(4)),
    Optional(&Fixed(4)),
    Optional(&Fixed(4)),
    Optional(&Opaque),
    Optional(&SIGNER),
]);

static CHANGE_TRUST_ASSET: Shape = Choice(&[
    VOID,
    ALPHANUM4,
    ALPHANUM12,
    Choice(&[Sequence(&[Of(&ASSET), Of(&ASSET), Fixed(4)])]),
]);

static HOST_FUNCTION: Shape = Choice(&[
    Of(&INVOCATION),
    Of(&CREATE_CONTRACT),
    Opaque,
    Of(&CREATE_CONTRACT_V2),
]);

static INVOCATION: Shape = Sequence(&[Of(&SC_ADDRESS), Opaque, List(&SC_VAL)]);

static CREATE_CONTRACT: Shape = Sequence(&[
    Choice(&[Sequence(&[Of(&SC_ADDRESS), Fixed(32)]), Of(&ASSET)]),
    Of(&CONTRACT_EXECUTABLE),
]);

static CREATE_CONTRACT_V2: Shape = Sequence(&[Of(&CREATE_CONTRACT), List(&SC_VAL)]);

static AUTHORIZATION: Shape = Sequence(&[
    Choice(&[
        VOID,
        Of(&CREDENTIALS),
        Of(&CREDENTIALS),
        Sequence(&[Of(&CREDENTIALS), List(&DELEGATE)]),
    ]),
    Of(&AUTHORIZED_INVOCATION),
]);

static CREDENTIALS: Shape = Sequence(&[Of(&SC_ADDRESS), Fixed(8 + 4), Of(&SC_VAL)]);

static DELEGATE: Shape = Sequence(&[Of(&SC_ADDRESS), Of(&SC_VAL), List(&DELEGATE)]);

static AUTHORIZED_INVOCATION: Shape = Sequence(&[
    Choice(&[
        Of(&INVOCATION),
        Of(&CREATE_CONTRACT),
        Of(&CREATE_CONTRACT_V2),
    ]),
    List(&AUTHORIZED_INVOCATION),
]);
