use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
    time::Duration,
};

use flowctl_core::{
    Chain, Registry,
    component::{ComponentContext, Sink},
    event::{Batch, Event, Payload},
};

use super::{Console, ConsoleConfig, ConsoleFormat};
use crate::{
    Address, Asset, Hash,
    token_transfer::{EventKind, EventMeta, TokenTransferEvent},
};

#[derive(Clone, Default)]
struct Screen(Arc<Mutex<Vec<u8>>>);

impl Screen {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Screen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Closed;

impl Write for Closed {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn console(config: ConsoleConfig, writer: impl Write + Send + 'static) -> Console {
    let mut registry = Registry::new();
    crate::register(&mut registry).unwrap();
    let context = ComponentContext::detached("out".parse().unwrap());
    let context = context.with_codecs(registry.codecs().clone());
    Console::new(config, context, Box::new(writer)).unwrap()
}

fn batch(events: Vec<Event>) -> [Batch; 1] {
    [Batch::new("in".parse().unwrap(), 9, events)]
}

fn raw(count: u64) -> [Batch; 1] {
    let event = |n| Event::new("test.raw".parse().unwrap(), n, Payload::bytes(vec![0; 5]));
    batch((1..=count).map(event).collect())
}

fn fee() -> Event {
    let event = TokenTransferEvent {
        meta: EventMeta {
            ledger_sequence: 7,
            closed_at_seconds: 1_700_000_000,
            tx_hash: Hash([9; 32]),
            transaction_index: 2,
            operation_index: None,
            contract_address: Address::Contract([3; 32]),
            to_muxed_info: None,
        },
        kind: EventKind::Fee {
            from: Address::Account([1; 32]),
            asset: Some(Asset::Native),
            amount: -12_300_000,
        },
    };
    Event::new(
        "token.transfer".parse().unwrap(),
        7,
        Payload::value(event, 1),
    )
}

#[tokio::test]
async fn text_says_in_short_what_happened() {
    let screen = Screen::default();
    let mut console = console(ConsoleConfig::default(), screen.clone());
    console.write(&batch(vec![fee()])).await.unwrap();
    console.write(&raw(1)).await.unwrap();
    let text = screen.text();
    let words: Vec<_> = text.split_whitespace().collect();
    let from = Address::Account([1; 32]).to_string();
    let from = format!("{}…{}", &from[..4], &from[52..]);
    assert_eq!(
        words,
        [
            "2023-11-14T22:13:20Z",
            "7/2",
            "fee",
            "-1.23",
            "XLM",
            "from",
            &from,
            "test.raw",
            "1,",
            "5",
            "bytes"
        ]
    );
}

#[tokio::test]
async fn json_is_the_codecs_or_an_outline() {
    let screen = Screen::default();
    let config = ConsoleConfig {
        format: ConsoleFormat::Json,
        ..ConsoleConfig::default()
    };
    let mut console = console(config, screen.clone());
    console.write(&batch(vec![fee()])).await.unwrap();
    console.write(&raw(1)).await.unwrap();
    let text = screen.text();
    let lines: Vec<serde_json::Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines[0]["fee"]["amount"], "-12300000");
    assert_eq!(lines[1]["bytes"], 5);
}

#[tokio::test(start_paused = true)]
async fn a_flood_is_cut_to_the_limit_and_the_rest_is_counted() {
    let screen = Screen::default();
    let config = ConsoleConfig {
        limit: 2,
        ..ConsoleConfig::default()
    };
    let mut console = console(config, screen.clone());
    console.write(&raw(10)).await.unwrap();
    console.write(&raw(10)).await.unwrap();
    assert_eq!(screen.text().lines().count(), 2);
    tokio::time::advance(Duration::from_secs(2)).await;
    console.write(&raw(1)).await.unwrap();
    let text = screen.text();
    assert_eq!(text.lines().nth(2), Some("… and 18 more"));
    console.write(&raw(5)).await.unwrap();
    console.close().await.unwrap();
    assert_eq!(screen.text().lines().last(), Some("… and 4 more"));
}

#[tokio::test]
async fn a_sample_shows_one_in_so_many() {
    let screen = Screen::default();
    let config = ConsoleConfig {
        sample: 4,
        limit: 0,
        ..ConsoleConfig::default()
    };
    let mut console = console(config, screen.clone());
    console.write(&raw(40)).await.unwrap();
    assert_eq!(
        screen
            .text()
            .lines()
            .filter(|line| line.starts_with("test.raw"))
            .count(),
        10
    );
}

#[tokio::test]
async fn a_reader_that_went_away_stops_the_sink() {
    let mut console = console(ConsoleConfig::default(), Closed);
    let error = console.write(&raw(1)).await.unwrap_err();
    assert!(!error.is_transient());
    assert!(
        Chain(&error)
            .to_string()
            .contains("nobody reads the output")
    );
}
