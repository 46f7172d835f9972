//! Whatever the graph and whatever fails: every record arrives, none twice, in order.

use std::{collections::BTreeSet, time::Duration};

use flowctl_core::{
    Outcome, Processor, adapt,
    testing::{Numbers, Vault, VaultFault},
};
use proptest::prelude::*;

use crate::lab::{Lab, id};

/// A layered graph: how many numbers, and for every processor and sink what it reads.
#[derive(Clone, Debug)]
struct Shape {
    last: u64,
    per_batch: u64,
    processors: Vec<Vec<usize>>,
    sinks: Vec<Vec<usize>>,
}

/// Node 0 is the source; node n is processor n - 1.
fn shapes() -> impl Strategy<Value = Shape> {
    let inputs = |before: usize| {
        proptest::collection::btree_set(0..before, 1..=before.min(3))
            .prop_map(|set| set.into_iter().collect::<Vec<_>>())
    };
    (1..60_u64, 1..5_u64, 0..4_usize).prop_flat_map(move |(last, per_batch, count)| {
        let processors: Vec<_> = (0..count).map(|n| inputs(n + 1)).collect();
        let sinks = proptest::collection::vec(inputs(count + 1), 1..3);
        (processors, sinks).prop_map(move |(processors, mut sinks)| {
            // What nobody reads is read by the first sink, or the spec would be refused.
            let read: BTreeSet<usize> =
                processors.iter().chain(&sinks).flatten().copied().collect();
            let first: BTreeSet<usize> = (0..=count)
                .filter(|node| !read.contains(node))
                .chain(sinks[0].clone())
                .collect();
            sinks[0] = first.into_iter().collect();
            Shape {
                last,
                per_batch,
                processors,
                sinks,
            }
        })
    })
}

fn faults() -> impl Strategy<Value = Vec<VaultFault>> {
    let fault = prop_oneof![
        6 => Just(VaultFault::None),
        2 => Just(VaultFault::Retry),
        1 => Just(VaultFault::Stop),
        1 => Just(VaultFault::Panic),
        1 => Just(VaultFault::Unspecified),
    ];
    proptest::collection::vec(fault, 0..12)
}

/// In how many ways the source's events reach each node.
fn ways(shape: &Shape) -> (Vec<usize>, Vec<usize>) {
    let mut of = vec![1];
    for inputs in &shape.processors {
        of.push(inputs.iter().map(|from| of[*from]).sum());
    }
    let sinks = shape
        .sinks
        .iter()
        .map(|inputs| inputs.iter().map(|from| of[*from]).sum());
    let sinks = sinks.collect();
    (of, sinks)
}

fn pass() -> Box<dyn Processor> {
    adapt::map(|event| Ok(event.clone()))
}

fn lab(process: &Lab, shape: &Shape, vaults: &[Vault]) -> Lab {
    let name = |node: usize| {
        if node == 0 {
            "in".to_owned()
        } else {
            format!("p{node}")
        }
    };
    let names = |inputs: &[usize]| inputs.iter().map(|n| name(*n)).collect::<Vec<_>>();
    let numbers = Numbers::to(shape.last).per_batch(shape.per_batch);
    let mut lab = process.next_process().numbers("in", numbers);
    for (index, inputs) in shape.processors.iter().enumerate() {
        let inputs = names(inputs);
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        lab = lab.processor(&name(index + 1), &inputs, pass);
    }
    for (index, (inputs, vault)) in shape.sinks.iter().zip(vaults).enumerate() {
        let inputs = names(inputs);
        let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
        lab = lab.vault(&format!("s{index}"), &inputs, vault);
    }
    // A hang must be seen as one, not ended by the deadline that follows a failure.
    lab.spec.stop_within = Duration::from_secs(3_600);
    for component in &mut lab.spec.components {
        if component.role == flowctl_core::spec::Role::Source {
            continue;
        }
        component.queue = flowctl_core::spec::Queue::new(4, flowctl_core::ByteSize::from_mib(1));
        component.on_error.retry.backoff.cap = Duration::from_millis(1);
    }
    lab
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn every_record_arrives_once_and_in_order(
        shape in shapes(),
        faults in proptest::collection::vec(faults(), 2),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let vaults: Vec<Vault> = shape.sinks.iter().map(|_| Vault::new()).collect();
            for (vault, faults) in vaults.iter().zip(&faults) {
                vault.plan(faults.clone());
            }
            let process = Lab::new();
            // Each failure uses a fault up, so the runs come to an end.
            let mut outcome = Outcome::Failed;
            for _ in 0..40 {
                let lab = lab(&process, &shape, &vaults);
                let report = tokio::time::timeout(Duration::from_secs(60), lab.run()).await.expect("hangs");
                outcome = report.outcome;
                if outcome == Outcome::Completed {
                    break;
                }
            }
            assert_eq!(outcome, Outcome::Completed);
            let (_, ways) = ways(&shape);
            for (vault, ways) in vaults.iter().zip(ways) {
                let expected: Vec<u64> =
                    (1..=shape.last).flat_map(|n| std::iter::repeat_n(n, ways)).collect();
                assert_eq!(vault.sequences(), expected);
                let mut keys: Vec<_> =
                    vault.events().into_iter().map(|(_, seq, path, _)| (seq, path)).collect();
                keys.sort();
                keys.dedup();
                assert_eq!(keys.len(), expected.len(), "two events share an identity");
                assert_eq!(vault.positions()[&id("in")], shape.last);
            }
        });
    }
}
