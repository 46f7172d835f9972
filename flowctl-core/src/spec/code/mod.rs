//! Stable codes of problems, and a page on each.

#[expect(clippy::module_inception, reason = "the file is named after its type")]
mod code;
mod meaning_pages;
pub(crate) mod names;
mod text_pages;
mod warning_pages;

pub use self::code::{Code, CodePage};
