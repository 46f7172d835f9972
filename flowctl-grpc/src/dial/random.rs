use std::hash::{BuildHasher as _, RandomState};

/// Bytes that differ between calls and processes, from the seed of the standard library's hash maps. Not
/// for secrets.
pub(crate) fn random_bytes() -> [u8; 16] {
    let half = |salt: u8| u128::from(RandomState::new().hash_one(salt));
    (half(0) << 64 | half(1)).to_be_bytes()
}

/// A number in 0..1.
pub(super) fn jitter() -> f64 {
    let [a, b, c, d, ..] = random_bytes();
    f64::from(u32::from_be_bytes([a, b, c, d])) / (f64::from(u32::MAX) + 1.0)
}
