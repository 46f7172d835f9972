//! A whole pipeline over proxied components, and the bounds of reading ahead.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use flowctl_core::{
    ComponentError, Event, Payload, Position, Source,
    component::{Next, Resume, SourceIdentity},
    event::SourceBatch,
};
use flowctl_grpc::{Offer, data::DataSource};

use crate::lab::{Lab, context, quick};

/// Counts what it hands out, without end.
struct Endless {
    next: u64,
    bytes: usize,
    handed_out: Arc<AtomicU64>,
}

#[async_trait]
impl Source for Endless {
    async fn identify(&mut self) -> Result<SourceIdentity, ComponentError> {
        Ok(SourceIdentity::new("endless"))
    }

    async fn open(&mut self, _resume: Resume) -> Result<(), ComponentError> {
        Ok(())
    }

    async fn next(&mut self) -> Result<Next, ComponentError> {
        tokio::task::yield_now().await;
        self.next += 1;
        self.handed_out.fetch_add(1, Ordering::Relaxed);
        let payload = Payload::bytes(vec![0; self.bytes]);
        let event = Event::new("e".parse().unwrap(), self.next, payload);
        Ok(Next::Batch(SourceBatch::new(
            vec![event],
            Position::at(self.next),
        )))
    }
}

/// Lets everything run until `count` stands still.
async fn settled(count: &AtomicU64) -> u64 {
    let mut last = count.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(Duration::from_millis(100)).await;
        let now = count.load(Ordering::Relaxed);
        if now == last && now > 0 {
            return now;
        }
        last = now;
    }
}

#[tokio::test]
async fn credit_bounds_what_is_read_ahead_and_comes_back() {
    for (bytes, most) in [
        (10, DataSource::AHEAD_EVENTS),
        (1 << 20, DataSource::AHEAD_BYTES >> 20),
    ] {
        let handed_out = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&handed_out);
        let offer = Offer::new("far").source(move |_| {
            Ok(Box::new(Endless {
                next: 0,
                bytes,
                handed_out: Arc::clone(&count),
            }))
        });
        let lab = Lab::data(&offer).await;
        let mut source = DataSource::new(quick(), lab.address(), context());
        source.identify().await.unwrap();
        source.open(Resume::default()).await.unwrap();
        // One is under way in the source when the credit ends.
        assert!(settled(&handed_out).await <= most + 1);
        for expected in 1..=3 * most {
            let Next::Batch(batch) = source.next().await.unwrap() else {
                panic!("it has no end");
            };
            assert_eq!(batch.through.sequence, expected);
        }
        assert!(settled(&handed_out).await <= 4 * most + 1);
        source.close().await.unwrap();
    }
}
