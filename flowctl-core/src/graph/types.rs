use std::{collections::BTreeSet, fmt};

use crate::EventType;

/// A set of event types: all, or those named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EventTypes {
    /// Every type.
    All,
    /// These, and no other.
    Only(BTreeSet<EventType>),
}

impl EventTypes {
    /// The types of a list in which nothing means all.
    pub(super) fn listed(types: impl IntoIterator<Item = EventType>) -> Self {
        let types: BTreeSet<_> = types.into_iter().collect();
        if types.is_empty() {
            Self::All
        } else {
            Self::Only(types)
        }
    }

    /// Whether events of this type belong to it.
    #[must_use]
    pub fn contains(&self, event_type: &EventType) -> bool {
        match self {
            Self::All => true,
            Self::Only(types) => types.contains(event_type),
        }
    }

    /// Whether nothing belongs to it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Only(types) if types.is_empty())
    }

    /// What belongs to both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        match (self, other) {
            (Self::All, types) | (types, Self::All) => types.clone(),
            (Self::Only(a), Self::Only(b)) => Self::Only(a.intersection(b).cloned().collect()),
        }
    }
}

/// Displays `all` or the names, separated by commas.
impl fmt::Display for EventTypes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.write_str("all"),
            Self::Only(types) => {
                for (n, event_type) in types.iter().enumerate() {
                    f.write_str(if n == 0 { "" } else { ", " })?;
                    f.write_str(event_type.as_str())?;
                }
                Ok(())
            }
        }
    }
}
