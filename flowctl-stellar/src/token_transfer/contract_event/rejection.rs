use std::{collections::BTreeMap, fmt};

/// Why a contract's event with the name of a token event (`transfer`, `mint`, `burn`, `clawback`) is
/// none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Rejection {
    /// It has fewer topics than its kind needs.
    MissingTopic,
    /// A topic that should be an address is something else.
    TopicNotAddress,
    /// A mint or clawback of CAP-67's layout has a third topic that is not a string: then the second
    /// may be the administrator of the older layout and not who received or lost the tokens.
    AmbiguousTopic,
    /// The data is neither an amount nor, where the layout allows it, a map.
    DataNotAmount,
    /// The data is a map with a key that is not a symbol.
    KeyNotSymbol,
    /// The data is a map without an `amount`.
    MissingAmount,
    /// `amount` is not a 128-bit integer.
    AmountNotInteger,
    /// `to_muxed_id` is neither a number, bytes, a string nor void.
    InvalidMuxedId,
}

impl Rejection {
    /// The reason in a few words, as a label of a metric: `missing_topic`, `topic_not_address`, ….
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::MissingTopic => "missing_topic",
            Self::TopicNotAddress => "topic_not_address",
            Self::AmbiguousTopic => "ambiguous_topic",
            Self::DataNotAmount => "data_not_amount",
            Self::KeyNotSymbol => "key_not_symbol",
            Self::MissingAmount => "missing_amount",
            Self::AmountNotInteger => "amount_not_integer",
            Self::InvalidMuxedId => "invalid_muxed_id",
        }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// How many events were rejected, by reason.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rejections(BTreeMap<Rejection, u64>);

impl Rejections {
    /// Counts one more.
    pub(crate) fn add(&mut self, reason: Rejection) {
        let count = self.0.entry(reason).or_default();
        *count = count.saturating_add(1);
    }

    /// The reasons that occurred, each with its count.
    pub fn iter(&self) -> impl Iterator<Item = (Rejection, u64)> + '_ {
        self.0.iter().map(|(reason, count)| (*reason, *count))
    }

    /// How many were rejected for `reason`.
    #[must_use]
    pub fn count(&self, reason: Rejection) -> u64 {
        self.0.get(&reason).copied().unwrap_or(0)
    }

    /// Whether nothing was rejected.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}
