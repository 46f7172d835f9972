//! As much of the protobuf wire format as token-transfer events need.
//!
//! # Source
//!
//! <https://protobuf.dev/programming-guides/encoding/>: base-128 varints, and records of a tag (field
//! number and wire type) and a value. Scalars at their default are not written (proto3).

use flowctl_core::BoxError;

/// Appends a varint field, unless it is 0.
pub(crate) fn put_number(out: &mut Vec<u8>, field: u32, value: u64) {
    if value != 0 {
        put_set_number(out, field, value);
    }
}

/// Appends a varint field, also a 0: for fields with presence.
pub(crate) fn put_set_number(out: &mut Vec<u8>, field: u32, value: u64) {
    put_varint(out, u64::from(field) << 3);
    put_varint(out, value);
}

/// Appends a string or bytes field, unless it is empty.
pub(crate) fn put_bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    if !value.is_empty() {
        put_set_bytes(out, field, value);
    }
}

/// Appends a string, bytes or message field, also an empty one.
pub(crate) fn put_set_bytes(out: &mut Vec<u8>, field: u32, value: &[u8]) {
    put_varint(out, u64::from(field) << 3 | 2);
    put_varint(out, u64::try_from(value.len()).unwrap_or(u64::MAX));
    out.extend_from_slice(value);
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    loop {
        let [low, ..] = value.to_le_bytes();
        value >>= 7;
        if value == 0 {
            out.push(low & 0x7f);
            return;
        }
        out.push(low | 0x80);
    }
}

/// The value of a field, as far as the wire says what it is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Number(u64),
    Bytes(&'a [u8]),
    /// A fixed-width number, which no known field is.
    Other,
}

impl<'a> Value<'a> {
    pub(crate) fn number<T: TryFrom<u64>>(self) -> Result<T, BoxError> {
        match self {
            Self::Number(number) => number
                .try_into()
                .map_err(|_| "a number is out of range".into()),
            Self::Bytes(_) | Self::Other => Err("expected a number".into()),
        }
    }

    pub(crate) fn bytes(self) -> Result<&'a [u8], BoxError> {
        match self {
            Self::Bytes(bytes) => Ok(bytes),
            Self::Number(_) | Self::Other => Err("expected text, bytes or a message".into()),
        }
    }

    pub(crate) fn text(self) -> Result<&'a str, BoxError> {
        Ok(std::str::from_utf8(self.bytes()?)?)
    }
}

/// The fields of a message in the order of the wire.
pub(crate) struct Fields<'a>(pub(crate) &'a [u8]);

impl<'a> Fields<'a> {
    /// The next field's number and value; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Value<'a>)>, BoxError> {
        if self.0.is_empty() {
            return Ok(None);
        }
        let tag = self.varint()?;
        let value = match tag & 7 {
            0 => Value::Number(self.varint()?),
            1 => self.take(8).map(|_| Value::Other)?,
            2 => {
                let length = self.varint()?;
                Value::Bytes(self.take(length)?)
            }
            5 => self.take(4).map(|_| Value::Other)?,
            _ => return Err("a field has an unknown wire type".into()),
        };
        Ok(Some((tag >> 3, value)))
    }

    fn varint(&mut self) -> Result<u64, BoxError> {
        let mut value = 0_u64;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or("the message is cut off")?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err("a number has more than ten bytes".into())
    }

    fn take(&mut self, length: u64) -> Result<&'a [u8], BoxError> {
        let length = usize::try_from(length)?;
        let (taken, rest) = self
            .0
            .split_at_checked(length)
            .ok_or("the message is cut off")?;
        self.0 = rest;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_read(field in 1_u32..1000, number: u64, bytes: Vec<u8>) {
            let mut out = Vec::new();
            put_set_number(&mut out, field, number);
            put_set_bytes(&mut out, field, &bytes);
            let mut fields = Fields(&out);
            let (found, value) = fields.next().unwrap().unwrap();
            prop_assert_eq!((found, value.number::<u64>().unwrap()), (field.into(), number));
            let (found, value) = fields.next().unwrap().unwrap();
            prop_assert_eq!((found, value.bytes().unwrap()), (field.into(), bytes.as_slice()));
            prop_assert!(fields.next().unwrap().is_none());
        }
    }
}
