use stellar_xdr::{Limited, ReadXdr, VecM};

use super::{
    super::decode::limits,
    shape::{Shape, skip},
};

/// Why a ledger could not be read for a purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// A transaction has no events of its own, and those were asked for.
    NotUnified,
    /// The bytes are not what they should be, or a form that only the full decoding knows.
    Unknown,
}

/// Reads values of XDR one after the other, or steps over them.
pub(super) struct Reader<'a>(Limited<&'a [u8]>);

impl<'a> Reader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self(Limited::new(bytes, limits(bytes)))
    }

    pub(super) fn read<T: ReadXdr>(&mut self) -> Result<T, Unread> {
        T::read_xdr(&mut self.0).map_err(|_| Unread::Unknown)
    }

    pub(super) fn skip(&mut self, shape: &Shape) -> Result<(), Unread> {
        self.0.inner = skip(self.0.inner, shape).ok_or(Unread::Unknown)?;
        Ok(())
    }

    /// Reads the value if it is wanted, else steps over it and gives the empty one.
    pub(super) fn read_if<T: ReadXdr + Default>(
        &mut self,
        wanted: bool,
        shape: &Shape,
    ) -> Result<T, Unread> {
        if wanted {
            return self.read();
        }
        self.skip(shape)?;
        Ok(T::default())
    }

    /// Reads a list, whose elements `element` reads by their index. The list grows as elements come.
    pub(super) fn list<T>(
        &mut self,
        mut element: impl FnMut(&mut Self, usize) -> Result<T, Unread>,
    ) -> Result<VecM<T>, Unread> {
        let count: u32 = self.read()?;
        let mut list = Vec::new();
        for index in 0..usize::try_from(count).map_err(|_| Unread::Unknown)? {
            list.push(element(self, index)?);
        }
        list.try_into().map_err(|_| Unread::Unknown)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.0.inner.is_empty()
    }
}
