use std::ops::RangeInclusive;

/// How the ledgers of a lake are spread over its objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LakeSchema {
    ledgers_per_batch: u32,
    batches_per_partition: u32,
}

impl LakeSchema {
    /// Objects of `ledgers_per_batch` ledgers, in folders of `batches_per_partition` objects (1: in no
    /// folders). `None` if one of them is 0, or a folder would hold more ledgers than there can be.
    #[must_use]
    pub const fn new(ledgers_per_batch: u32, batches_per_partition: u32) -> Option<Self> {
        match ledgers_per_batch.checked_mul(batches_per_partition) {
            None | Some(0) => None,
            Some(_) => Some(Self {
                ledgers_per_batch,
                batches_per_partition,
            }),
        }
    }

    /// How many ledgers are in an object.
    #[must_use]
    pub const fn ledgers_per_batch(self) -> u32 {
        self.ledgers_per_batch
    }

    /// How many objects are in a folder.
    #[must_use]
    pub const fn batches_per_partition(self) -> u32 {
        self.batches_per_partition
    }

    /// The range of the object that holds the ledger.
    #[must_use]
    pub const fn batch(self, sequence: u32) -> RangeInclusive<u32> {
        Self::stretch(sequence, self.ledgers_per_batch)
    }

    /// The key of the object that holds the ledger, below the lake's root, without its suffix.
    #[must_use]
    pub fn key(self, sequence: u32) -> String {
        let batch = self.batch(sequence);
        let name = ObjectName {
            start: *batch.start(),
            end: *batch.end(),
        };
        if self.batches_per_partition == 1 {
            return name.to_string();
        }
        // `new` has checked the product.
        let size = self
            .ledgers_per_batch
            .saturating_mul(self.batches_per_partition);
        let partition = Self::stretch(sequence, size);
        let (start, end) = (*partition.start(), *partition.end());
        format!("{:08X}--{start}-{end}/{name}", u32::MAX - start)
    }

    const fn stretch(sequence: u32, size: u32) -> RangeInclusive<u32> {
        let start = sequence - sequence % size;
        start..=start.saturating_add(size - 1)
    }
}

/// What the name of an object says: the range of ledgers in it.
///
/// The name begins with the complement of the start, so that the newest object is listed first. A
/// single ledger stands alone: `FCD285FF--53312000`; several: `FCD285FF--53312000-53312063`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectName {
    /// The first ledger.
    pub start: u32,
    /// The last ledger.
    pub end: u32,
}

impl ObjectName {
    /// Reads a key of any lake, with or without folders and suffix; `None` if it is no object's.
    #[must_use]
    pub fn parse(key: &str) -> Option<Self> {
        let name = key.rsplit('/').next()?;
        let name = SUFFIXES
            .iter()
            .find_map(|suffix| name.strip_suffix(suffix))
            .unwrap_or(name);
        let (complement, range) = name.split_once("--")?;
        let (start, end) = range.split_once('-').unwrap_or((range, range));
        let parsed = Self {
            start: start.parse().ok()?,
            end: end.parse().ok()?,
        };
        let canonical = parsed.start <= parsed.end
            && complement == format!("{:08X}", u32::MAX - parsed.start)
            && name == parsed.to_string();
        canonical.then_some(parsed)
    }
}

impl std::fmt::Display for ObjectName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { start, end } = *self;
        write!(f, "{:08X}--{start}", u32::MAX - start)?;
        if end != start {
            write!(f, "-{end}")?;
        }
        Ok(())
    }
}

/// What keys end with: as SEP-54 has it, and as lakes had it before.
pub(super) const SUFFIXES: [&str; 2] = [".xdr.zst", ".xdr.zstd"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn keys_are_those_of_real_lakes() {
        let galexie = LakeSchema::new(1, 64_000).unwrap();
        assert_eq!(
            galexie.key(53_312_000),
            "FCD285FF--53312000-53375999/FCD285FF--53312000"
        );
        let batches = LakeSchema::new(64, 10).unwrap();
        assert_eq!(batches.key(2), "FFFFFFFF--0-639/FFFFFFFF--0-63");
        assert_eq!(batches.key(700), "FFFFFD7F--640-1279/FFFFFD7F--640-703");
        assert_eq!(LakeSchema::new(1, 1).unwrap().key(7), "FFFFFFF8--7");
        let old = ObjectName::parse("FCD285FF--53312000.xdr.zstd");
        assert_eq!(
            old,
            Some(ObjectName {
                start: 53_312_000,
                end: 53_312_000
            })
        );
    }

    #[test]
    fn a_layout_of_nothing_is_none() {
        assert_eq!(LakeSchema::new(0, 5), None);
        assert_eq!(LakeSchema::new(5, 0), None);
        assert_eq!(LakeSchema::new(u32::MAX, 2), None);
    }

    proptest! {
        #[test]
        fn the_key_of_a_ledger_names_a_range_that_holds_it(
            sequence: u32, ledgers in 1_u32..2000, batches in 1_u32..70_000, suffix in 0_usize..3,
        ) {
            let schema = LakeSchema::new(ledgers, batches).unwrap();
            let suffix = SUFFIXES.get(suffix).copied().unwrap_or("");
            let name = ObjectName::parse(&(schema.key(sequence) + suffix)).unwrap();
            prop_assert_eq!(schema.batch(sequence), name.start..=name.end);
            prop_assert!(schema.batch(sequence).contains(&sequence));
            prop_assert_eq!(schema.key(name.start), schema.key(name.end));
        }

        #[test]
        fn newer_objects_come_first(sequence in 0_u32..u32::MAX - 5000, ledgers in 1_u32..2000) {
            let schema = LakeSchema::new(ledgers, 1).unwrap();
            prop_assert!(schema.key(sequence + ledgers) < schema.key(sequence));
        }

        #[test]
        fn no_name_panics(name: String, start in "[0-9A-F]{8}", rest in "-{0,3}[0-9-]{0,24}") {
            let _ = ObjectName::parse(&name);
            let _ = ObjectName::parse(&format!("{start}{rest}.xdr.zst"));
        }
    }
}
