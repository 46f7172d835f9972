//! Reading only what is needed gives the same events as decoding everything.

use flowctl_stellar::{
    ledger::decode,
    token_transfer::{Mode, TokenTransfers},
};

use crate::ledgers;

#[test]
fn the_sparse_reading_of_every_real_ledger_gives_the_same_events() {
    let test = "the_sparse_reading_of_every_real_ledger_gives_the_same_events";
    let Some(folder) = ledgers::folder(test) else {
        return;
    };
    let (mut compared, mut events) = (0, 0);
    for (path, network) in ledgers::every_file(&folder) {
        for bytes in ledgers::raw(&path) {
            let ledger = decode(&bytes).unwrap();
            for mode in [Mode::Auto, Mode::Derived, Mode::Unified] {
                let mut processor = TokenTransfers::new(network.clone(), mode);
                let name = format!("{}, {mode:?}", path.display());
                match (processor.events(&ledger), processor.events_of_xdr(&bytes)) {
                    (Ok(full), Ok(sparse)) => {
                        assert_eq!(full, sparse, "{name}");
                        events += sparse.events.len();
                    }
                    (Err(full), Err(sparse)) => {
                        assert_eq!(full.to_string(), sparse.to_string(), "{name}");
                    }
                    (full, sparse) => panic!("{name}: {full:?} but {sparse:?}"),
                }
                compared += 1;
            }
        }
    }
    assert_eq!(compared, 3 * 444);
    assert!(events > 30_000, "{events}");
}
