use flowctl_core::component::{ComponentError, Meter, Resume};

use super::LedgerRange;
use crate::{
    Hash, Network,
    format::{Place, RawLedger},
    ledger::{self, ChainError, DecodeError, Envelopes, Gaps, HashChain, Link},
};

/// What every source checks of its ledgers, one after the other: that they follow one another, and
/// that they belong to the network.
#[derive(Debug)]
pub(crate) struct LedgerChecks {
    network: Network,
    /// Whether a transaction has shown that the ledgers are of the network.
    network_shown: bool,
    chain: HashChain,
    gaps: Gaps,
    /// The ledger that must come first, where there is no hash to chain to.
    first: Option<u32>,
    meter: Meter,
}

/// A ledger that a source does not hand out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// It does not follow the one before.
    #[error("the ledgers do not follow one another")]
    Chain(#[source] ChainError),
    /// Its transactions were signed for another network.
    #[error("ledger {sequence} is not of the network `{expected}`: none of its hashes fits")]
    OtherNetwork {
        /// The ledger.
        sequence: u32,
        /// The passphrase that was expected.
        expected: String,
        /// The passphrase of a well-known network that fits.
        fits: Option<String>,
    },
    /// It does not decode.
    #[error("ledger {sequence} does not decode")]
    Malformed {
        /// The ledger.
        sequence: u32,
        /// What the decoder says.
        source: DecodeError,
    },
}

impl LedgerChecks {
    /// Checks for the ledgers of `range` after `resume`.
    pub(crate) fn new(
        network: Network,
        gaps: Gaps,
        range: LedgerRange,
        resume: &Resume,
        meter: Meter,
    ) -> Self {
        let last = resume.after.as_ref().and_then(|position| {
            let hash = position.cursor.as_deref()?.try_into().ok()?;
            Some((u32::try_from(position.sequence).ok()?, Hash(hash)))
        });
        let chain = match last {
            Some((sequence, hash)) => HashChain::after(gaps, sequence, hash),
            None => HashChain::new(gaps),
        };
        Self {
            network,
            network_shown: false,
            chain,
            gaps,
            first: range.start(),
            meter,
        }
    }

    /// Takes the next ledger into the chain.
    pub(crate) fn admit(&mut self, ledger: &RawLedger) -> Result<(), ComponentError> {
        self.check(ledger)
            .map_err(|error| error.at(ledger.place.as_ref()))
    }

    fn check(&mut self, ledger: &RawLedger) -> Result<(), CheckError> {
        let sequence = ledger.header.sequence;
        // A refused ledger may be asked about again, so it must leave no trace.
        let mut chain = self.chain.clone();
        let gap = match chain.join(&ledger.header).map_err(CheckError::Chain)? {
            Link::Next => false,
            Link::First => match self.first {
                Some(first) if first < sequence && self.gaps == Gaps::Error => {
                    let gap = ChainError::Gap {
                        expected: first,
                        found: sequence,
                    };
                    return Err(CheckError::Chain(gap));
                }
                first => first.is_some_and(|first| first < sequence),
            },
            Link::AfterGap { .. } => true,
        };
        // Behind a gap no hash ties the ledger to those whose network was shown.
        self.network_shown = (self.network_shown && !gap) || self.shows_network(ledger)?;
        self.chain = chain;
        if gap {
            self.gap();
        }
        Ok(())
    }

    /// Counts a hole that is allowed.
    pub(crate) fn gap(&self) {
        self.meter.warning("gap between ledgers", 1);
    }

    /// The last ledger that was admitted.
    pub(crate) fn last(&self) -> Option<u32> {
        self.chain.last().map(|(sequence, _)| sequence)
    }

    /// What a hole means.
    pub(crate) const fn gaps(&self) -> Gaps {
        self.gaps
    }

    /// Whether the ledger's first transaction is of the network; `false` if it has none.
    ///
    /// Decodes the ledger, which is affordable because the first transaction settles it for all that
    /// are chained to its ledger.
    fn shows_network(&self, ledger: &RawLedger) -> Result<bool, CheckError> {
        let sequence = ledger.header.sequence;
        let decoded = ledger::decode(&ledger.bytes)
            .map_err(|source| CheckError::Malformed { sequence, source })?;
        let Some(first) = ledger::applied_transactions(&decoded).next() else {
            return Ok(false);
        };
        let fits = |network: &Network| Envelopes::of(&decoded, network).get(first.hash).is_some();
        if fits(&self.network) {
            return Ok(true);
        }
        let fits = Network::names().filter_map(Network::named).find(fits);
        Err(CheckError::OtherNetwork {
            sequence,
            expected: self.network.passphrase().to_owned(),
            fits: fits.map(|network| network.passphrase().to_owned()),
        })
    }
}

impl CheckError {
    /// The error as a source reports it, for a ledger that was read at `place`.
    fn at(self, place: Option<&Place>) -> ComponentError {
        let message = match place {
            Some(place) => format!("the ledger at {place} is refused"),
            None => "a ledger is refused".to_owned(),
        };
        let help = match &self {
            Self::OtherNetwork {
                fits: Some(fits), ..
            } => Some(format!("set `network_passphrase` to `{fits}`, which fits")),
            Self::OtherNetwork { fits: None, .. } => {
                Some("set `network_passphrase` to that of the network these ledgers are of".into())
            }
            Self::Chain(ChainError::Gap { .. }) => Some(
                "supply the missing ledgers, or set `gaps: allow` where the source has it".into(),
            ),
            _ => None,
        };
        let error = ComponentError::stop(message).caused_by(self);
        match help {
            Some(help) => error.help(help),
            None => error,
        }
    }
}

#[cfg(test)]
mod tests {
    use flowctl_core::event::Position;

    use super::*;
    use crate::fixtures::{ledgers, ledgers_of};

    fn raw(bytes: Vec<u8>) -> RawLedger {
        RawLedger::new(bytes.into()).unwrap()
    }

    fn checks(network: Network, gaps: Gaps, resume: &Resume) -> LedgerChecks {
        LedgerChecks::new(
            network,
            gaps,
            LedgerRange::default(),
            resume,
            Meter::default(),
        )
    }

    #[test]
    fn a_wrong_passphrase_fails_at_the_first_transaction_and_says_which_fits() {
        let mut checks = checks(Network::pubnet(), Gaps::Error, &Resume::default());
        let mut all = ledgers(7, 2);
        let testnet = ledgers_of(&Network::testnet(), 7, 1);
        checks.check(&raw(all.swap_remove(0))).unwrap();
        let mut checks = self::checks(Network::pubnet(), Gaps::Error, &Resume::default());
        let error = checks.check(&raw(testnet[0].clone())).unwrap_err();
        let CheckError::OtherNetwork {
            sequence: 7,
            expected,
            fits,
        } = error
        else {
            panic!("{error:?}")
        };
        assert_eq!(expected, Network::pubnet().passphrase());
        assert_eq!(fits.as_deref(), Some(Network::testnet().passphrase()));
        let mut checks = self::checks(Network::testnet(), Gaps::Error, &Resume::default());
        checks.check(&raw(testnet[0].clone())).unwrap();
    }

    #[test]
    fn a_refused_ledger_is_refused_for_the_same_reason_again() {
        let mut checks = checks(Network::pubnet(), Gaps::Error, &Resume::default());
        let testnet = raw(ledgers_of(&Network::testnet(), 7, 1).remove(0));
        for _ in 0..2 {
            let error = checks.check(&testnet).unwrap_err();
            assert!(
                matches!(error, CheckError::OtherNetwork { .. }),
                "{error:?}"
            );
        }
        assert_eq!(checks.last(), None);
    }

    #[test]
    fn behind_a_gap_the_network_is_looked_at_again() {
        let mut checks = checks(Network::pubnet(), Gaps::Allow, &Resume::default());
        let own = raw(ledgers_of(&Network::pubnet(), 7, 1).remove(0));
        let others = raw(ledgers_of(&Network::testnet(), 9, 1).remove(0));
        checks.check(&own).unwrap();
        let error = checks.check(&others).unwrap_err();
        assert!(
            matches!(error, CheckError::OtherNetwork { sequence: 9, .. }),
            "{error:?}"
        );
    }

    #[test]
    fn the_cursor_carries_the_chain_across_a_restart() {
        let all: Vec<_> = ledgers(7, 3).into_iter().map(raw).collect();
        let mut before = checks(Network::pubnet(), Gaps::Error, &Resume::default());
        before.check(&all[0]).unwrap();
        let hash = all[0].header.hash.0.to_vec();
        let resume = Resume::after(Position::at(7).with_cursor(hash));
        checks(Network::pubnet(), Gaps::Error, &resume)
            .check(&all[1])
            .unwrap();
        let forged = Position::at(7).with_cursor(vec![9; 32]);
        let mut after = checks(Network::pubnet(), Gaps::Error, &Resume::after(forged));
        let error = after.check(&all[1]).unwrap_err();
        assert!(
            matches!(error, CheckError::Chain(ChainError::BrokenChain { .. })),
            "{error:?}"
        );
    }

    #[test]
    fn the_first_ledger_must_be_the_one_asked_for_unless_gaps_are_allowed() {
        let range = LedgerRange::new(Some(5), None).unwrap();
        let first = raw(ledgers(7, 1).remove(0));
        for (gaps, ok) in [(Gaps::Error, false), (Gaps::Allow, true)] {
            let mut checks = LedgerChecks::new(
                Network::pubnet(),
                gaps,
                range,
                &Resume::default(),
                Meter::default(),
            );
            assert_eq!(checks.check(&first).is_ok(), ok);
        }
    }
}
