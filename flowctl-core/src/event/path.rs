use std::{cmp::Ordering, fmt, hash, sync::Arc};

/// Which of the results of one source event an event is: the index taken at each fan-out step.
///
/// A source's own events have the empty path. Each [`derive`](super::Event::derive) appends the
/// child's index, so that a deterministic pipeline gives the same event the same path on every
/// replay. Paths order lexicographically, which is the order in which one processor emits.
#[derive(Clone)]
pub struct Path(Steps);

/// Real pipelines fan out once or twice, so three steps fit without an allocation.
const INLINE: usize = 3;

#[derive(Clone)]
enum Steps {
    Inline { len: u8, steps: [u32; INLINE] },
    Shared(Arc<[u32]>),
}

impl Path {
    /// The path of a source's own event.
    #[must_use]
    pub const fn root() -> Self {
        Self(Steps::Inline {
            len: 0,
            steps: [0; INLINE],
        })
    }

    /// This path, one fan-out step further.
    #[must_use]
    pub fn child(&self, index: u32) -> Self {
        if let Steps::Inline { len, mut steps } = self.0
            && let Some(slot) = steps.get_mut(usize::from(len))
        {
            *slot = index;
            return Self(Steps::Inline {
                len: len + 1,
                steps,
            });
        }
        let mut all = Vec::with_capacity(self.steps().len() + 1);
        all.extend_from_slice(self.steps());
        all.push(index);
        Self(Steps::Shared(all.into()))
    }

    /// The index taken at each step, first step first.
    #[must_use]
    pub fn steps(&self) -> &[u32] {
        match &self.0 {
            Steps::Inline { len, steps } => steps.get(..usize::from(*len)).unwrap_or(steps),
            Steps::Shared(steps) => steps,
        }
    }
}

impl From<&[u32]> for Path {
    fn from(steps: &[u32]) -> Self {
        steps
            .iter()
            .fold(Self::root(), |path, step| path.child(*step))
    }
}

impl Default for Path {
    fn default() -> Self {
        Self::root()
    }
}

impl PartialEq for Path {
    fn eq(&self, other: &Self) -> bool {
        self.steps() == other.steps()
    }
}

impl Eq for Path {}

impl PartialOrd for Path {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Path {
    fn cmp(&self, other: &Self) -> Ordering {
        self.steps().cmp(other.steps())
    }
}

impl hash::Hash for Path {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.steps().hash(state);
    }
}

/// `0.4.1`; nothing for the empty path.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (depth, step) in self.steps().iter().enumerate() {
            if depth > 0 {
                f.write_str(".")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Path({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_keeps_every_step_inline_or_not() {
        let steps: Vec<u32> = (0..7).collect();
        for depth in 0..=steps.len() {
            let path = Path::from(&steps[..depth]);
            assert_eq!(path.steps(), &steps[..depth]);
        }
    }

    #[test]
    fn paths_order_as_one_processor_emits() {
        let first = Path::root().child(1);
        assert!(first < first.child(0));
        assert!(first.child(9) < Path::root().child(2));
    }
}
