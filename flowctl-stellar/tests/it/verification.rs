//! Every real ledger's events explain every change of every balance.

use flowctl_stellar::token_transfer::{Mode, TokenTransfers, verify};

use crate::ledgers;

#[test]
fn the_events_of_every_real_ledger_explain_its_balances() {
    let test = "the_events_of_every_real_ledger_explain_its_balances";
    let Some(folder) = ledgers::folder(test) else {
        return;
    };
    let mut verified = 0;
    for (path, network) in ledgers::every_file(&folder) {
        let ledgers = ledgers::read(&path);
        for mode in [Mode::Auto, Mode::Derived] {
            let mut processor = TokenTransfers::new(network.clone(), mode);
            for ledger in &ledgers {
                let told = processor
                    .events(ledger)
                    .unwrap_or_else(|error| panic!("{}: {error:?}", path.display()));
                verify(ledger, &told.events)
                    .unwrap_or_else(|error| panic!("{}: {mode:?}: {error}", path.display()));
            }
        }
        verified += ledgers.len();
    }
    assert_eq!(verified, 444);
}
