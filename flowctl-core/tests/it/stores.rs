//! Both stores keep the contract of `Store`; the one in a folder also across processes.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use flowctl_core::{
    Store,
    store::{Change, FileStore, MemoryStore, StoreError},
};
use proptest::prelude::*;

fn put(name: &str, value: &str) -> Change {
    Change::Put(name.to_owned(), Bytes::copy_from_slice(value.as_bytes()))
}

fn changes() -> impl Strategy<Value = Vec<Vec<Change>>> {
    let name = "[ab]/?[ab]{0,2}";
    let change = prop_oneof![
        (name, "[0-9]{0,3}").prop_map(|(name, value)| put(&name, &value)),
        name.prop_map(Change::Remove),
    ];
    proptest::collection::vec(proptest::collection::vec(change, 0..5), 0..8)
}

/// Writes go through; reads and scans answer as a sorted map would (T2, T3).
async fn behaves_as_a_sorted_map(store: &dyn Store, writes: Vec<Vec<Change>>) {
    let mut model = BTreeMap::new();
    for write in writes {
        for change in &write {
            match change {
                Change::Put(name, value) => model.insert(name.clone(), value.clone()),
                Change::Remove(name) => model.remove(name),
                _ => unreachable!("no other change is made here"),
            };
        }
        store.write(write).await.unwrap();
    }
    for prefix in ["", "a", "a/", "b"] {
        let found = store.scan(prefix).await.unwrap();
        let expected = model.iter().filter(|(name, _)| name.starts_with(prefix));
        let expected: Vec<_> = expected.map(|(n, v)| (n.clone(), v.clone())).collect();
        assert_eq!(found, expected, "prefix `{prefix}`");
    }
    for name in ["a", "b/a", "c"] {
        assert_eq!(store.read(name).await.unwrap(), model.get(name).cloned());
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_store_in_memory_is_a_sorted_map(writes in changes()) {
        block_on(behaves_as_a_sorted_map(&MemoryStore::new(), writes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8, ..ProptestConfig::default() })]

    #[test]
    fn the_store_in_a_folder_is_a_sorted_map(writes in changes()) {
        let folder = tempfile::tempdir().unwrap();
        block_on(behaves_as_a_sorted_map(&FileStore::open(folder.path()).unwrap(), writes));
    }
}

#[tokio::test]
async fn what_was_written_is_there_when_the_folder_is_opened_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = FileStore::open(folder.path()).unwrap();
    store
        .write(vec![put("checkpoint/in", "7"), put("other", "x")])
        .await
        .unwrap();
    drop(store);
    let store = FileStore::open(folder.path()).unwrap();
    assert_eq!(
        store.read("checkpoint/in").await.unwrap(),
        Some(Bytes::from_static(b"7"))
    );
}

#[tokio::test]
async fn a_folder_that_is_open_is_refused_with_who_holds_it() {
    let folder = tempfile::tempdir().unwrap();
    let held: Arc<dyn Store> = Arc::new(FileStore::open(folder.path()).unwrap());
    match FileStore::open(folder.path()) {
        Err(StoreError::InUse { holder, .. }) => {
            assert_eq!(holder, format!("process {}", std::process::id()));
        }
        other => panic!("{other:?}"),
    }
    drop(held);
    FileStore::open(folder.path()).unwrap();
}

#[test]
fn what_a_process_left_half_made_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder.path().join("state.redb.new-1");
    std::fs::write(&unfinished, [0; 4096]).unwrap();
    let own = format!("state.redb.new-{}", std::process::id());
    std::fs::write(folder.path().join(own), "half").unwrap();
    drop(FileStore::open(folder.path()).unwrap());
    let names = std::fs::read_dir(folder.path()).unwrap();
    let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["holder", "state.redb"]);
}

#[test]
fn a_file_that_is_not_a_store_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state.redb"), b"not a store at all").unwrap();
    assert!(matches!(
        FileStore::open(folder.path()),
        Err(StoreError::Failed { .. })
    ));
}
