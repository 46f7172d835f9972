//! The terminal: what it can do, colours, and the block that is painted again and again.

mod choice;
mod screen;
mod style;

pub(crate) use self::{
    choice::Surroundings,
    screen::{Screen, ScreenWriter, Stream},
    style::{Palette, Tone},
};
