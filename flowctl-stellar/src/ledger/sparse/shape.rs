use super::super::decode::MAX_DEPTH;

/// The form of an XDR type: what it takes to step over a value without decoding it.
#[derive(Debug)]
pub(super) enum Shape {
    /// This many bytes; a multiple of four.
    Fixed(usize),
    /// A length, that many bytes, and padding to four.
    Opaque,
    /// One of the type or none.
    Optional(&'static Self),
    /// A length and that many of the type.
    List(&'static Self),
    /// One after the other.
    Sequence(&'static [Self]),
    /// A union whose arms have the discriminants 0, 1, 2, ….
    Choice(&'static [Self]),
    /// A union with other discriminants.
    Tagged(&'static [(u32, Self)]),
    /// A type described elsewhere.
    Of(&'static Self),
}

/// An arm of a union without a value.
pub(super) const VOID: Shape = Shape::Fixed(0);

/// A type that is not described: no value has this form.
pub(super) const UNKNOWN: Shape = Shape::Tagged(&[]);

/// The rest of `bytes` after a value of this form; `None` if there is no such value.
pub(super) fn skip<'a>(bytes: &'a [u8], shape: &Shape) -> Option<&'a [u8]> {
    step(bytes, shape, MAX_DEPTH)
}

/// Every list's elements take at least four bytes, so a hostile length ends at the end of the bytes.
fn step<'a>(bytes: &'a [u8], shape: &Shape, depth: u32) -> Option<&'a [u8]> {
    let deeper = depth.checked_sub(1)?;
    match shape {
        Shape::Fixed(length) => bytes.get(*length..),
        Shape::Opaque => {
            let (length, rest) = number(bytes)?;
            rest.get(usize::try_from(length).ok()?.checked_next_multiple_of(4)?..)
        }
        Shape::Optional(inner) => match number(bytes)? {
            (0, rest) => Some(rest),
            (1, rest) => step(rest, inner, deeper),
            _ => None,
        },
        Shape::List(inner) => {
            let (count, mut rest) = number(bytes)?;
            if let Shape::Fixed(length) = inner {
                return rest.get(usize::try_from(count).ok()?.checked_mul(*length)?..);
            }
            for _ in 0..count {
                rest = step(rest, inner, deeper)?;
            }
            Some(rest)
        }
        Shape::Sequence(parts) => {
            let mut rest = bytes;
            for part in *parts {
                rest = step(rest, part, deeper)?;
            }
            Some(rest)
        }
        Shape::Choice(arms) => {
            let (tag, rest) = number(bytes)?;
            step(rest, arms.get(usize::try_from(tag).ok()?)?, deeper)
        }
        Shape::Tagged(arms) => {
            let (tag, rest) = number(bytes)?;
            let (_, arm) = arms.iter().find(|(of, _)| *of == tag)?;
            step(rest, arm, deeper)
        }
        Shape::Of(shape) => step(bytes, shape, deeper),
    }
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_be_bytes(*number), rest))
}
