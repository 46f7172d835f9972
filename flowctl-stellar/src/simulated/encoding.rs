//! Values to XDR, where neither lengths nor memory can make it fail: the generator keeps every list
//! far below its maximum.

use stellar_xdr::{BytesM, Limits, StringM, VecM, WriteXdr};

use crate::Hash;

#[expect(
    clippy::expect_used,
    reason = "the generator makes lists far shorter than their maximum"
)]
pub(super) fn list<T, const MAX: u32>(items: Vec<T>) -> VecM<T, MAX> {
    items.try_into().expect("a list shorter than its maximum")
}

#[expect(
    clippy::expect_used,
    reason = "the generator makes texts no longer than their maximum"
)]
pub(super) fn text<const MAX: u32>(bytes: &[u8]) -> StringM<MAX> {
    bytes.try_into().expect("a text no longer than its maximum")
}

#[expect(
    clippy::expect_used,
    reason = "the generator makes byte strings no longer than their maximum"
)]
pub(super) fn byte_string<const MAX: u32>(bytes: &[u8]) -> BytesM<MAX> {
    bytes
        .try_into()
        .expect("bytes no longer than their maximum")
}

#[expect(
    clippy::expect_used,
    reason = "writing to memory without limits cannot fail"
)]
pub(super) fn xdr(value: &impl WriteXdr) -> Vec<u8> {
    value.to_xdr(Limits::none()).expect("writing to memory")
}

/// The SHA-256 of the value's XDR.
pub(super) fn hash(value: &impl WriteXdr) -> stellar_xdr::Hash {
    stellar_xdr::Hash(Hash::of(xdr(value)).0)
}
