//! The processor `ttp-processor` as a component.

use flowctl_core::{
    Chain,
    component::{ComponentContext, Processor},
    event::{Batch, Event, Payload},
};
use flowctl_stellar::{
    Network,
    processor::{TtpProcessor, TtpProcessorConfig},
    token_transfer::Mode,
};
use stellar_xdr::{Limits, TransactionEventStage, WriteXdr};

use crate::build::*;

fn processor(network: Network, mode: Mode) -> (TtpProcessor, ComponentContext) {
    let context = ComponentContext::detached("ttp".parse().unwrap());
    let mut config = TtpProcessorConfig::new(network);
    config.mode = mode;
    (TtpProcessor::new(config, context.clone()).unwrap(), context)
}

fn event(sequence: u64, bytes: Vec<u8>) -> Event {
    let event_type = "stellar.ledger".parse().unwrap();
    Event::new(event_type, sequence, Payload::bytes(bytes))
}

fn batch(events: Vec<Event>) -> Batch {
    Batch::new("in".parse().unwrap(), 1_001, events)
}

#[tokio::test]
async fn another_network_is_told_by_its_fee_events_too() {
    let tx = Tx {
        events: vec![fee_event(TransactionEventStage::BeforeAllTxs, 1, 100)],
        ..tx([invocation(vec![])])
    };
    let ledger = ledger(23, &[tx]).to_xdr(Limits::none()).unwrap();
    for mode in [Mode::Unified, Mode::Derived] {
        let (mut processor, _) = processor(Network::testnet(), mode);
        let batch = batch(vec![event(1_000, ledger.clone())]);
        let error = processor.process(&batch).await.unwrap_err();
        assert!(!error.is_transient());
        assert!(error.help_text().unwrap().contains("network_passphrase"));
        assert!(error.to_string().contains("not of the network"), "{error}");
    }
}

#[tokio::test]
async fn rejected_events_are_counted_once_a_call_succeeds() {
    let mint = contract_event([30; 32], vec![symbol("mint")], i128_data(5));
    let tx = Tx {
        soroban: true,
        ..tx([invocation(vec![mint])])
    };
    let ledger = ledger(22, &[tx]).to_xdr(Limits::none()).unwrap();
    let (mut processor, context) = processor(network(), Mode::Derived);
    let good = event(1_000, ledger);
    let damaged = batch(vec![good.clone(), event(1_001, vec![1, 2, 3])]);
    for _ in 0..2 {
        let error = processor.process(&damaged).await.unwrap_err();
        assert!(Chain(&error).to_string().contains("is malformed"));
    }
    processor.process(&batch(vec![good])).await.unwrap();
    let counted = format!("{:?}", context.meter);
    let told = "\"rejected token event: missing_topic\": 1";
    assert!(counted.contains(told), "{counted}");
}
