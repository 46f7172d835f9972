//! What arrives: order, shapes of graphs, types, concurrency.

use flowctl_core::{
    Event, EventType, Payload, adapt,
    component::{ComponentError, Output, Processor},
    event::Batch,
    spec::{Excess, Input, OnFull},
    testing::{Numbers, Vault},
};

use crate::lab::{Lab, id, status};

fn pass() -> Box<dyn Processor> {
    adapt::map(|event| Ok(event.clone()))
}

/// Makes `count` events of each.
struct Times(u32);

#[async_trait::async_trait]
impl Processor for Times {
    async fn process(&mut self, batch: &Batch) -> Result<Output, ComponentError> {
        let mut output = Output::new();
        for event in batch.events() {
            for index in 0..self.0 {
                output.emit(event.derive(
                    index,
                    event.event_type().clone(),
                    event.payload().clone(),
                ));
            }
        }
        Ok(output)
    }
}

#[tokio::test]
async fn a_chain_delivers_everything_once_and_in_order() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(5_000).per_batch(7))
        .processor("step", &["in"], pass)
        .vault("out", &["step"], &vault);
    let report = lab.complete().await;
    assert_eq!(vault.sequences(), (1..=5_000).collect::<Vec<_>>());
    assert_eq!(status(&report, "step").events_in, 5_000);
    assert_eq!(status(&report, "in").durable, Some(5_000));
}

#[tokio::test]
async fn a_source_may_feed_a_sink_directly() {
    let vault = Vault::new();
    Lab::new()
        .numbers("in", Numbers::to(10))
        .vault("out", &["in"], &vault)
        .complete()
        .await;
    assert_eq!(vault.sequences(), (1..=10).collect::<Vec<_>>());
}

#[tokio::test]
async fn results_of_one_event_have_their_own_paths() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(2))
        .processor("twice", &["in"], || Box::new(Times(2)))
        .processor("thrice", &["twice"], || Box::new(Times(3)))
        .vault("out", &["thrice"], &vault);
    lab.complete().await;
    let keys: Vec<_> = vault
        .events()
        .iter()
        .map(|(_, seq, path, _)| format!("{seq}:{path}"))
        .collect();
    let expected: Vec<_> = (1..=2)
        .flat_map(|seq| (0..2).flat_map(move |a| (0..3).map(move |b| format!("{seq}:{a}.{b}"))))
        .collect();
    assert_eq!(keys, expected);
}

#[tokio::test]
async fn both_ways_around_a_diamond_meet_in_order() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(500).per_batch(3))
        .processor("left", &["in"], pass)
        .processor("right", &["in"], || Box::new(Times(2)))
        .processor("right-too", &["right"], pass)
        .vault("out", &["left", "right-too"], &vault);
    lab.complete().await;
    let events = vault.events();
    let sequences = vault.sequences();
    assert!(sequences.is_sorted(), "a source never goes back");
    assert_eq!(events.len(), 500 * 3);
    let mut keys: Vec<_> = events
        .iter()
        .map(|(_, seq, path, _)| (*seq, path.clone()))
        .collect();
    keys.dedup();
    assert_eq!(
        keys.len(),
        500 * 3,
        "every event has an identity of its own"
    );
    assert_eq!(vault.positions()[&id("in")], 500);
}

#[tokio::test]
async fn several_sources_keep_their_own_order() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("a", Numbers::to(300))
        .numbers("b", Numbers::to(200).per_batch(9))
        .vault("out", &["a", "b"], &vault);
    lab.complete().await;
    for (source, count) in [("a", 300), ("b", 200)] {
        let of: Vec<u64> = vault
            .events()
            .iter()
            .filter(|(from, ..)| *from == *source)
            .map(|(_, sequence, ..)| *sequence)
            .collect();
        assert_eq!(of, (1..=count).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn two_sources_around_a_diamond_do_not_wait_for_each_other() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("a", Numbers::to(400))
        .numbers("b", Numbers::to(3))
        .processor("left", &["a", "b"], pass)
        .processor("right", &["b", "a"], pass)
        .vault("out", &["left", "right"], &vault);
    lab.complete().await;
    assert_eq!(vault.events().len(), 2 * 403);
}

#[tokio::test]
async fn an_edge_takes_only_its_types_and_the_rest_is_counted() {
    let even: EventType = "test.even".parse().unwrap();
    let odd: EventType = "test.odd".parse().unwrap();
    let (evens, both) = (Vault::new(), even.clone());
    let lab = Lab::new()
        .numbers("in", Numbers::to(10))
        .processor("sort", &["in"], move || {
            let (even, odd) = (both.clone(), odd.clone());
            adapt::map(move |event: &Event| {
                let to = if event.sequence().is_multiple_of(2) {
                    &even
                } else {
                    &odd
                };
                Ok(event.derive(0, to.clone(), event.payload().clone()))
            })
        })
        .vault("out", &[], &evens)
        .with("out", |out| {
            out.inputs = vec![Input::new(id("sort")).types([even])]
        });
    let report = lab.complete().await;
    assert_eq!(evens.sequences(), [2, 4, 6, 8, 10]);
    assert_eq!(
        evens.positions()[&id("in")],
        10,
        "the sink knows how far the stream is"
    );
    let dropped = &status(&report, "sort").dropped;
    assert_eq!(
        dropped.get("unrouted: no edge takes `test.odd`"),
        Some(&5),
        "{dropped:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_at_once_leave_in_the_order_in_which_they_came() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(2_000))
        .processor("slow", &["in"], || {
            adapt::map(|event| {
                // Some take longer than their successors.
                let spin = if event.sequence().is_multiple_of(5) {
                    20_000
                } else {
                    10
                };
                std::hint::black_box((0..spin).sum::<u64>());
                Ok(event.clone())
            })
        })
        .with("slow", |slow| slow.concurrency = 4)
        .vault("out", &["slow"], &vault);
    lab.complete().await;
    assert_eq!(vault.sequences(), (1..=2_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn one_event_larger_than_the_bound_passes_alone() {
    let vault = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(5).sized(4_096))
        .vault("out", &["in"], &vault)
        .with("out", |out| {
            out.queue = flowctl_core::spec::Queue::new(1, flowctl_core::ByteSize::from_bytes(16))
        });
    lab.complete().await;
    assert_eq!(vault.sequences(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn an_edge_that_may_lag_drops_what_it_has_no_room_for_and_counts_it() {
    use flowctl_core::testing::VaultFault;
    let (slow, fast) = (Vault::new(), Vault::new());
    // The slow sink fails a few times first, while the other goes on.
    slow.plan(std::iter::repeat_n(VaultFault::Retry, 4));
    let bytes = flowctl_core::ByteSize::from_mib(1);
    let lag = OnFull::Lag {
        events: 10,
        bytes,
        then: Excess::Drop,
    };
    let lab = Lab::new()
        .numbers("in", Numbers::to(20_000))
        .processor("step", &["in"], pass)
        .vault("fast", &["step"], &fast)
        .vault("slow", &[], &slow)
        .with("slow", |slow| {
            slow.inputs = vec![Input::new(id("step")).on_full(lag)]
        })
        .with("slow", |slow| {
            slow.on_error.retry.backoff.base = std::time::Duration::from_millis(50)
        });
    let report = lab.complete().await;
    assert_eq!(
        fast.sequences().len(),
        20_000,
        "the other edge misses nothing"
    );
    let dropped = status(&report, "step")
        .dropped
        .get("no room on the edge to `slow`")
        .copied();
    assert_eq!(
        slow.sequences().len() as u64 + dropped.unwrap_or(0),
        20_000,
        "{dropped:?}"
    );
    assert!(
        dropped > Some(0),
        "the edge was never full: this test shows nothing"
    );
    assert!(slow.sequences().is_sorted());
    assert_eq!(
        slow.positions()[&id("in")],
        20_000,
        "it knows how far the stream is all the same"
    );
}

#[tokio::test]
async fn typed_payloads_arrive_as_they_are() {
    struct Text(String);
    let seen = Vault::new();
    let lab = Lab::new()
        .numbers("in", Numbers::to(3))
        .processor("type", &["in"], || {
            adapt::map(|event| {
                let text = format!("number {}", event.sequence());
                Ok(event.derive(
                    0,
                    event.event_type().clone(),
                    Payload::value(Text(text), 16),
                ))
            })
        })
        .processor("untype", &["type"], || {
            adapt::map(|event| {
                let text = event.payload().get::<Text>().expect("handed on as it is");
                Ok(event.derive(
                    0,
                    event.event_type().clone(),
                    Payload::bytes(text.0.clone()),
                ))
            })
        })
        .vault("out", &["untype"], &seen);
    lab.complete().await;
    assert_eq!(seen.events()[2].3, b"number 3");
}

#[tokio::test]
async fn two_runs_in_one_process_do_not_know_of_each_other() {
    let (one, other) = (Vault::new(), Vault::new());
    let first = Lab::new()
        .numbers("in", Numbers::to(1_000))
        .vault("out", &["in"], &one);
    let second = Lab::new()
        .numbers("in", Numbers::to(2_000))
        .vault("out", &["in"], &other);
    tokio::join!(first.complete(), second.complete());
    assert_eq!(
        (one.sequences().len(), other.sequences().len()),
        (1_000, 2_000)
    );
}
