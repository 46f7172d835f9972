use std::{fmt, sync::Arc};

/// A few short labels on an event: a small map from names to text, ordered by insertion.
///
/// For what a record is about belongs in its payload; this is for what travels beside it (a trace
/// id, the reason of a dead letter). Empty metadata costs one pointer and no allocation.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Metadata(Option<Arc<Vec<(String, String)>>>);

/// An entry did not fit: metadata holds at most [`Metadata::MAX_BYTES`] bytes of names and values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("metadata is full: {} bytes is the most it holds", Metadata::MAX_BYTES)]
pub struct MetadataFull;

impl Metadata {
    /// The most that all names and values together may take, in bytes.
    pub const MAX_BYTES: usize = 8 * 1024;

    /// Sets `name` to `value`, replacing an earlier value.
    ///
    /// # Errors
    ///
    /// [`MetadataFull`] when the entry would take the map past [`Metadata::MAX_BYTES`]; the map is
    /// then unchanged.
    pub fn insert(
        &mut self,
        name: impl Into<String>,
        value: impl Into<String>,
    ) -> Result<(), MetadataFull> {
        let (name, value) = (name.into(), value.into());
        let kept: usize = self
            .iter()
            .filter(|(known, _)| *known != name)
            .map(|(n, v)| n.len() + v.len())
            .sum();
        if kept + name.len() + value.len() > Self::MAX_BYTES {
            return Err(MetadataFull);
        }
        let entries = Arc::make_mut(self.0.get_or_insert_default());
        match entries.iter_mut().find(|(known, _)| *known == name) {
            Some((_, slot)) => *slot = value,
            None => entries.push((name, value)),
        }
        Ok(())
    }

    /// The value of `name`, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// All entries, in the order in which their names were first set.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .flat_map(|entries| entries.iter())
            .map(|(n, v)| (n.as_str(), v.as_str()))
    }

    pub(crate) fn size(&self) -> usize {
        self.iter()
            .map(|(name, value)| name.len() + value.len())
            .sum()
    }
}

impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_value_replaces_an_earlier_one_in_place() {
        let mut metadata = Metadata::default();
        metadata.insert("a", "1").unwrap();
        metadata.insert("b", "2").unwrap();
        metadata.insert("a", "3").unwrap();
        assert_eq!(
            metadata.iter().collect::<Vec<_>>(),
            [("a", "3"), ("b", "2")]
        );
        assert_eq!(metadata.get("c"), None);
    }

    #[test]
    fn an_entry_that_does_not_fit_changes_nothing() {
        let mut metadata = Metadata::default();
        metadata
            .insert("a", "x".repeat(Metadata::MAX_BYTES - 1))
            .unwrap();
        assert_eq!(metadata.insert("b", ""), Err(MetadataFull));
        metadata.insert("a", "small").unwrap();
        metadata.insert("b", "fits now").unwrap();
    }
}
