//! Components from closures: a simple processor is three lines.

mod each;
mod iter;

pub use self::{
    each::{filter_map, map, sink},
    iter::source,
};
