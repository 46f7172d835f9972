use std::fmt;

use bytes::Bytes;

use crate::{ComponentId, RunId};

/// What a backend needs to find an instance again, in this process or in a later one.
///
/// Opaque to everybody else, and stored before anything is done with the instance.
#[derive(Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Handle {
    /// The run that the instance belongs to.
    pub run: RunId,
    /// The component that it is an instance of.
    pub component: ComponentId,
    /// Which of the component's instances it is, from 0.
    pub index: u32,
    /// Which start of that instance it is, from 1.
    pub generation: u32,
    /// The backend's own bytes.
    pub token: Bytes,
}

impl Handle {
    /// A handle of a backend on one of its instances.
    #[must_use]
    pub fn new(instance: &super::Instance, token: impl Into<Bytes>) -> Self {
        Self {
            run: instance.run.id.clone(),
            component: instance.component.id.clone(),
            index: instance.index,
            generation: instance.generation,
            token: token.into(),
        }
    }

    /// A handle of a backend on an instance that it has found, by what the backend keeps with it (E8).
    #[must_use]
    pub fn found(
        run: RunId,
        component: ComponentId,
        index: u32,
        generation: u32,
        token: impl Into<Bytes>,
    ) -> Self {
        Self {
            run,
            component,
            index,
            generation,
            token: token.into(),
        }
    }
}

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Handle({}/{}-{} generation {})",
            self.run, self.component, self.index, self.generation
        )
    }
}

/// What `recover` found behind a handle.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Recovery {
    /// The instance is there, running or ended, and it is provably this one.
    Mine,
    /// There is no such instance.
    Gone,
    /// Something is there, and it cannot be proven to be this instance.
    CannotTell {
        /// What is in the way of the proof.
        reason: String,
    },
}
