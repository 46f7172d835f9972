use flowctl_core::executor::ExecutorError;

use super::ReferenceError;

/// Why an image could not be made, listed, pushed or removed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// A name of an image is none.
    #[error(transparent)]
    Reference(#[from] ReferenceError),
    /// The program is none for containers of the engine.
    #[error("`{program}` cannot be put into an image: {reason}")]
    Program {
        /// The program's name.
        program: String,
        /// Why not, and what to do.
        reason: String,
    },
    /// A path in the image is none.
    #[error("`{path}` is no path of an image: it has to be absolute, without `..`")]
    Path {
        /// The path.
        path: String,
    },
    /// The engine failed, or refused.
    #[error("the engine failed")]
    Engine(#[from] ExecutorError),
}
