use std::io::Cursor;

use flowctl_core::Chain;
use proptest::prelude::*;

use super::{DEFAULT_MAX_LEDGER_BYTES, FormatError, LedgerReader, RawLedger};
use crate::fixtures::{batch, framed, gzip, ledgers, tar, zstandard};

fn reader(content: &[u8]) -> Result<LedgerReader, FormatError> {
    LedgerReader::new(
        "f",
        Box::new(Cursor::new(content.to_vec())),
        DEFAULT_MAX_LEDGER_BYTES,
    )
}

fn read(content: &[u8]) -> Result<Vec<Vec<u8>>, FormatError> {
    let bytes = |ledger: RawLedger| ledger.bytes.to_vec();
    reader(content)?.map(|ledger| ledger.map(bytes)).collect()
}

fn sequences(content: &[u8]) -> Result<Vec<u32>, FormatError> {
    let mut reader = reader(content)?;
    std::iter::from_fn(|| reader.next_header())
        .map(|h| h.map(|h| h.sequence))
        .collect()
}

fn error(content: &[u8]) -> String {
    Chain(&read(content).unwrap_err()).to_string()
}

/// Every shape, with the ledgers that are in it.
fn shapes() -> Vec<(Vec<u8>, Vec<Vec<u8>>)> {
    let ledgers = ledgers(7, 5);
    let single = ledgers[0].clone();
    let archive = tar(&[
        ("folder/a.xdr", &single),
        ("b", &batch(8, 9, &ledgers[1..3])),
        ("c", &framed(&ledgers[3..])),
    ]);
    vec![
        (single, ledgers[..1].to_vec()),
        (batch(7, 7, &ledgers[..1]), ledgers[..1].to_vec()),
        (batch(7, 11, &ledgers), ledgers.clone()),
        (framed(&ledgers), ledgers.clone()),
        (archive, ledgers),
    ]
}

#[test]
fn every_shape_gives_its_ledgers_byte_for_byte_however_it_is_compressed() {
    for (content, expected) in shapes() {
        for content in [gzip(&content), zstandard(&content), content] {
            assert_eq!(read(&content).unwrap(), expected);
        }
    }
}

#[test]
fn reading_headers_alone_finds_the_same_ledgers() {
    for (content, expected) in shapes() {
        let expected: Vec<u32> = (7..).take(expected.len()).collect();
        assert_eq!(sequences(&content).unwrap(), expected);
        assert_eq!(sequences(&gzip(&content)).unwrap(), expected);
    }
}

#[test]
fn compressed_streams_that_follow_each_other_are_one() {
    let ledgers = ledgers(7, 2);
    let parts = |press: fn(&[u8]) -> Vec<u8>| {
        [press(&framed(&ledgers[..1])), press(&framed(&ledgers[1..]))].concat()
    };
    assert_eq!(read(&parts(gzip)).unwrap(), ledgers);
    assert_eq!(read(&parts(zstandard)).unwrap(), ledgers);
}

#[test]
fn an_error_says_which_file_which_member_and_which_byte() {
    let ledgers = ledgers(7, 2);
    let mut second_frame_cut = framed(&ledgers);
    second_frame_cut.pop();
    let archive = tar(&[("a.xdr", &ledgers[0]), ("b.xdr", &second_frame_cut)]);
    let at = 4 + ledgers[0].len() + 4 + ledgers[1].len() - 1;
    assert_eq!(
        error(&archive),
        format!(
            "cannot read a ledger at `f`, member `b.xdr`, byte {at}: the content ends after {} of {} bytes",
            ledgers[1].len() - 1,
            ledgers[1].len()
        )
    );
}

#[test]
fn an_archive_that_is_cut_between_two_members_is_damaged() {
    let ledgers = ledgers(7, 2);
    let archive = tar(&[("a.xdr", &ledgers[0]), ("b.xdr", &ledgers[1])]);
    let first = 512 + ledgers[0].len().next_multiple_of(512);
    let error = error(&archive[..first]);
    assert!(error.contains("ends without the zeros"), "{error}");
    assert!(sequences(&archive[..first]).is_err());
}

#[test]
fn a_member_of_an_unusual_type_is_not_passed_over_in_silence() {
    for kind in *b"7S" {
        let ledger = ledgers(7, 1).remove(0);
        let mut header = ::tar::Header::new_gnu();
        header.set_size(ledger.len() as u64);
        header.set_entry_type(::tar::EntryType::new(kind));
        let mut archive = ::tar::Builder::new(Vec::new());
        archive
            .append_data(&mut header, "odd", ledger.as_slice())
            .unwrap();
        let error = error(&archive.into_inner().unwrap());
        let told = format!("the member `odd` is of the type `{}`", char::from(kind));
        assert!(error.contains(&told), "{error}");
    }
}

#[test]
fn what_holds_no_ledger_is_refused_with_what_it_begins_with() {
    let json = error(b"{\"ledger\": 7}");
    assert!(
        json.ends_with(
            "the bytes `7b226c6564676572223a2037` begin no ledger, no batch of ledgers and no frame"
        ),
        "{json}"
    );
    assert!(error(b"").ends_with("byte 0: there is no content"));
}

#[test]
fn a_batch_is_held_to_its_range() {
    let ledgers = ledgers(7, 2);
    let count = error(&batch(7, 9, &ledgers));
    assert!(
        count.ends_with("a batch of the ledgers 7 to 9 holds 2 ledgers"),
        "{count}"
    );
    let sequence = error(&batch(8, 9, &ledgers));
    assert!(
        sequence.ends_with("ledger 7 stands where the batch says that ledger 8 is"),
        "{sequence}"
    );
}

#[test]
fn a_frame_in_several_pieces_is_refused() {
    let mut content = framed(&ledgers(7, 2));
    let second = 4 + ledgers(7, 1)[0].len();
    content[second] &= 0x7f;
    let error = error(&content);
    assert!(error.contains(&format!("byte {}", second + 4)), "{error}");
    assert!(
        error.ends_with("is not the mark of a whole frame: its high bit is not set"),
        "{error}"
    );
}

#[test]
fn a_ledger_above_the_limit_is_refused_before_it_is_read() {
    for (content, _) in shapes() {
        let limit = 100;
        let mut reader = LedgerReader::new("f", Box::new(Cursor::new(content)), limit).unwrap();
        let error = reader.next().unwrap().unwrap_err();
        assert!(
            Chain(&error)
                .to_string()
                .ends_with("larger than the limit of 100 bytes")
        );
        assert!(reader.next().is_none(), "nothing follows an error");
    }
}

proptest! {
    #[test]
    fn cut_content_is_never_taken_for_whole(shape in 0_usize..5, cut in any::<prop::sample::Index>()) {
        let (content, expected) = shapes().swap_remove(shape);
        let cut = cut.index(content.len());
        // The last ledger of a batch ends where the content ends; only decoding it can tell more.
        if let Ok(found) = read(&content[..cut]) {
            prop_assert!(found.len() <= expected.len());
            for (found, expected) in found.iter().zip(&expected) {
                prop_assert!(expected.starts_with(found));
            }
        }
        for press in [gzip, zstandard] {
            let pressed = press(&content);
            let cut = cut * pressed.len() / content.len();
            if let Ok(found) = read(&pressed[..cut]) {
                prop_assert_eq!(found, expected.clone());
            }
        }
    }

    #[test]
    fn no_content_panics(mut content in prop::collection::vec(any::<u8>(), 0..600), start in 0_u8..6) {
        let starts: [&[u8]; 6] =
            [&[], &[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd], &[0x80, 0, 0, 9], &[0, 0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 3], &[0, 0, 0, 1]];
        let start = starts[usize::from(start)];
        let n = start.len().min(content.len());
        content[..n].copy_from_slice(&start[..n]);
        let _ = (read(&content), sequences(&content));
    }

    #[test]
    fn changed_bytes_never_panic(shape in 0_usize..5, at in any::<prop::sample::Index>(), byte: u8) {
        let (mut content, _) = shapes().swap_remove(shape);
        let at = at.index(content.len());
        content[at] = byte;
        let _ = (read(&content), sequences(&content));
    }
}
