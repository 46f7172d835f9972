use std::{
    any::Any,
    fmt,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;

/// What an event carries: encoded bytes, or a shared value of some Rust type.
///
/// Cheap to clone. Between components of one process a typed value is handed on as it is; it is
/// encoded at most once, when somebody first needs bytes (see [`Codecs`](super::Codecs)).
#[derive(Clone)]
pub struct Payload(Inner);

#[derive(Clone)]
enum Inner {
    Bytes(Bytes),
    Value(Arc<Shared<dyn Any + Send + Sync>>),
}

struct Shared<T: ?Sized> {
    size: usize,
    encoded: OnceLock<Bytes>,
    value: T,
}

impl Payload {
    /// A payload that is already encoded.
    #[must_use]
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Inner::Bytes(bytes.into()))
    }

    /// A typed payload that counts as `size` bytes against the bounds of queues.
    ///
    /// An estimate is enough; include what the value owns on the heap.
    #[must_use]
    pub fn value<T: Any + Send + Sync>(value: T, size: usize) -> Self {
        Self(Inner::Value(Arc::new(Shared {
            size,
            encoded: OnceLock::new(),
            value,
        })))
    }

    /// The typed value, when this payload was made from a `T` in this process.
    #[must_use]
    pub fn get<T: Any>(&self) -> Option<&T> {
        match &self.0 {
            Inner::Bytes(_) => None,
            Inner::Value(shared) => shared.value.downcast_ref(),
        }
    }

    /// The encoded form, when there is one already.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&Bytes> {
        match &self.0 {
            Inner::Bytes(bytes) => Some(bytes),
            Inner::Value(shared) => shared.encoded.get(),
        }
    }

    /// What this payload counts against the bounds of queues, in bytes.
    #[must_use]
    pub fn size(&self) -> usize {
        match &self.0 {
            Inner::Bytes(bytes) => bytes.len(),
            Inner::Value(shared) => shared.size,
        }
    }

    /// The encoded form, made with `encode` and kept if there was none yet.
    pub(super) fn encode_with<E>(
        &self,
        encode: impl FnOnce(&(dyn Any + Send + Sync)) -> Result<Bytes, E>,
    ) -> Result<Bytes, E> {
        match &self.0 {
            Inner::Bytes(bytes) => Ok(bytes.clone()),
            Inner::Value(shared) => match shared.encoded.get() {
                Some(bytes) => Ok(bytes.clone()),
                None => {
                    let bytes = encode(&shared.value)?;
                    Ok(shared.encoded.get_or_init(|| bytes).clone())
                }
            },
        }
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Inner::Bytes(bytes) => write!(f, "Payload({} bytes)", bytes.len()),
            Inner::Value(shared) => write!(f, "Payload(value, about {} bytes)", shared.size),
        }
    }
}
