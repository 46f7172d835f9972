use std::{io, sync::Arc};

use tar::EntryType;

use super::input::Input;

/// The block that tar counts in, and the length of a member's header.
const BLOCK: usize = 512;
/// Where a POSIX or GNU header holds [`MAGIC`].
const MAGIC_AT: usize = 257;
const MAGIC: &[u8] = b"ustar";

/// A file within a tar archive.
pub(super) struct Member {
    pub(super) name: Arc<str>,
    pub(super) size: u64,
}

impl Member {
    /// How many bytes come after the content up to the next header.
    pub(super) const fn padding(&self) -> u64 {
        self.size.wrapping_neg() % BLOCK as u64
    }
}

/// Whether the content is a tar archive.
pub(super) fn is_archive(input: &mut Input) -> io::Result<bool> {
    let start = input.peek(MAGIC_AT + MAGIC.len())?;
    Ok(start.get(MAGIC_AT..).is_some_and(|magic| magic == MAGIC))
}

/// The next file, with `input` at the beginning of its content; `None` at the end of the archive.
///
/// Folders, links, devices and the records of extended headers are passed over. Files that lie in the
/// archive in an unusual way (sparse, or of a type that is not known) are errors.
pub(super) fn next_member(input: &mut Input) -> io::Result<Option<Member>> {
    loop {
        input.begin(u64::MAX);
        let block = input.read_up_to(BLOCK)?;
        if block.is_empty() {
            let problem = "the archive ends without the zeros that mark its end";
            return Err(io::Error::new(io::ErrorKind::UnexpectedEof, problem));
        }
        if block.iter().all(|byte| *byte == 0) {
            return Ok(None);
        }
        let mut header = tar::Header::new_old();
        let whole = block.len() == BLOCK;
        if whole {
            header.as_mut_bytes().copy_from_slice(&block);
        }
        if !whole || header.cksum()? != checksum(&block) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the checksum does not fit",
            ));
        }
        let name = String::from_utf8_lossy(&header.path_bytes())
            .as_ref()
            .into();
        let member = Member {
            name,
            size: header.entry_size()?,
        };
        match header.entry_type() {
            EntryType::Regular => return Ok(Some(member)),
            EntryType::Directory
            | EntryType::Link
            | EntryType::Symlink
            | EntryType::Char
            | EntryType::Block
            | EntryType::Fifo
            | EntryType::GNULongName
            | EntryType::GNULongLink
            | EntryType::XHeader
            | EntryType::XGlobalHeader => {}
            other => {
                return Err(io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!(
                        "the member `{}` is of the type `{}`, which is not read",
                        member.name,
                        char::from(other.as_byte())
                    ),
                ));
            }
        }
        input.skip(member.size.saturating_add(member.padding()))?;
    }
}

/// The sum of the header's bytes, with its own eight counted as spaces (POSIX `ustar`).
fn checksum(block: &[u8]) -> u32 {
    let bytes = block.iter().enumerate();
    bytes
        .map(|(at, byte)| {
            if (148..156).contains(&at) {
                32
            } else {
                u32::from(*byte)
            }
        })
        .sum()
}
