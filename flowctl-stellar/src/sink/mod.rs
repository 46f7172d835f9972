//! Where events go: JSON lines.
//!
//! [`JsonLines`] keeps its position with its data: after a crash at any instant what it holds is what
//! an uninterrupted run would hold up to there, and nothing is in it twice.

mod file_error;
mod jsonl;
mod positions;

pub use self::jsonl::{JsonLines, JsonLinesConfig};
use self::{file_error::file_error, positions::Positions};
