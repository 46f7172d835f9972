//! Images: what they are called, where they come from, and how flowctl makes its own.

mod credentials;
mod error;
mod images;
mod program;
mod pull;
mod recipe;
mod reference;

pub(crate) use self::pull::pull;
pub use self::{
    error::ImageError,
    images::{BuiltImage, Images, LocalImage},
    recipe::ImageRecipe,
    reference::{ImageReference, ReferenceError},
};
